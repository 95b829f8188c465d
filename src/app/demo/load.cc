#include "app/demo/load.h"

#include <fmt/format.h>

#include "core/interrupt.h"

namespace bgdb::app::demo {
namespace {

using namespace std::chrono_literals;
constexpr auto kReconnectPause = 20ms;
constexpr int kThinkMsMin = 3;
constexpr int kThinkMsMax = 13;

const char* const kFirstNames[] = {"Ada", "Grace", "Alan", "Barbara", "Zoë", "José", "Hedy", "Ken", "美咲", "Łukasz"};
const char* const kLastNames[] = {"Lovelace", "Hopper", "Turing", "van Rossum", "O'Neil", "佐藤", "Wałęsa", "Knuth"};

template <size_t size>
std::string pick(const char* const (&names)[size], uint64_t number) {
  return names[number % size];
}

}  // namespace

enum class Kind { transfer, order, new_customer, change_customer };

struct Load::Operation {
  Kind kind = Kind::transfer;
  std::string table;  // the one that carries `ref`; empty for changes
  std::string ref;
  int64_t first = 0;   // account or customer
  int64_t second = 0;  // account
  int64_t amount_cents = 0;
  std::string first_name, last_name, email;
  struct Item {
    int64_t product = 0;
    int64_t quantity = 0;
    int64_t price_cents = 0;
  };
  std::vector<Item> items;
};

struct Load::Client {
  int number = 0;
  std::mt19937_64 random;
  int64_t sequence = 0;
  std::optional<pg::Session> session;
  std::thread thread;
  mutable std::mutex mutex;  // guards ledger
  Ledger ledger;
};

Load::Load(std::string dsn, ShopSize size, int clients) : dsn_(std::move(dsn)), size_(size) {
  for (int i = 0; i < clients; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->number = i;
    clients_.back()->random.seed(static_cast<uint64_t>(i) + 1);
  }
}

Load::~Load() {
  stop();
}

void Load::start() {
  for (auto& client : clients_) {
    client->thread = std::thread([this, c = client.get()] { run(*c); });
  }
}

bool Load::pause() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  return changed_.wait_for(lock, 10s, [&] { return waiting_ == clients() || stopping_; });
}

void Load::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  changed_.notify_all();
}

void Load::stop() {
  stopping_ = true;
  resume();
  for (auto& client : clients_) {
    if (client->thread.joinable()) client->thread.join();
  }
}

Ledger Load::ledger() const {
  Ledger all;
  for (const auto& client : clients_) {
    const std::lock_guard lock(client->mutex);
    all.merge(client->ledger);
  }
  return all;
}

bool Load::wait_while_paused() {
  std::unique_lock lock(mutex_);
  if (!paused_) return !stopping_;
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !paused_ || stopping_; });
  --waiting_;
  return !stopping_;
}

void Load::run(Client& client) {
  std::uniform_int_distribution<int> think_ms(kThinkMsMin, kThinkMsMax);
  while (!stopping_ && wait_while_paused()) {
    perform(client, next_operation(client));
    std::this_thread::sleep_for(std::chrono::milliseconds(think_ms(client.random)));
  }
  client.session.reset();
}

Load::Operation Load::next_operation(Client& client) {
  auto& random = client.random;
  const auto number = [&](int64_t lowest, int64_t highest) {
    return std::uniform_int_distribution<int64_t>(lowest, highest)(random);
  };
  Operation operation;
  const auto dice = number(1, 100);
  operation.ref = fmt::format("c{}-{:06}", client.number, ++client.sequence);
  if (dice <= 55) {
    operation.table = "transfers";
    operation.first = number(1, size_.accounts);
    operation.second = 1 + (operation.first + number(0, size_.accounts - 2)) % size_.accounts;
    operation.amount_cents = number(1, 5'000);
    return operation;
  }
  if (dice <= 80) {
    operation.kind = Kind::order;
    operation.table = "orders";
    operation.first = number(1, size_.customers);
    for (auto i = number(1, 3); i > 0; --i)
      operation.items.push_back({number(1, 500), number(1, 3), number(199, 20'000)});
    for (const auto& item : operation.items) operation.amount_cents += item.quantity * item.price_cents;
    return operation;
  }
  operation.first_name = pick(kFirstNames, random());
  operation.last_name = pick(kLastNames, random());
  operation.email = operation.ref + "@example.org";
  if (dice <= 90) {
    operation.kind = Kind::new_customer;
    operation.table = "customers";
    return operation;
  }
  // Each client changes its own customers only, so that the last acknowledged change is known.
  operation.kind = Kind::change_customer;
  const auto slots = size_.customers / clients();
  operation.first = 1 + client.number + clients() * number(0, slots - 1);
  return operation;
}

void Load::perform(Client& client, const Operation& operation) {
  Sample sample{.wanted = std::chrono::steady_clock::now(), .begun = {}, .acked = {}, .version = 0};
  while (!stopping_) {
    Result<int> result = 0;
    if (!client.session || !client.session->alive()) {
      auto opened = pg::Session::open({.dsn = dsn_, .application_name = "shop", .plain = true});
      if (opened) {
        client.session = *std::move(opened);
      } else {
        result = fail(std::move(opened).error());
      }
    }
    if (result) result = attempt(*client.session, operation, sample.begun);
    if (result) {
      sample.acked = std::chrono::steady_clock::now();
      sample.version = *result;
      record(client, operation, sample);
      return;
    }
    const auto& error = result.error();
    if (stopping_ || core::interrupted()) return;
    ++failed_;
    {
      const std::lock_guard lock(client.mutex);
      const auto state = error.sqlstate.empty() ? std::string("connection") : error.sqlstate;
      ++client.ledger.failed[fmt::format("{} {}", state, error.message.substr(0, error.message.find('\n')))];
    }
    if (client.session && client.session->alive() && client.session->in_transaction()) (void)client.session->rollback();
    if (error.retry == Retry::outcome_unknown) {
      record_unknown(client, operation);
      client.session.reset();
      return;
    }
    if (client.session && !client.session->alive()) {
      client.session.reset();
      const std::lock_guard lock(client.mutex);
      ++client.ledger.reconnects;
    }
    std::this_thread::sleep_for(kReconnectPause);
  }
}

Result<int> Load::attempt(pg::Session& session, const Operation& operation, Instant& begun) {
  begun = std::chrono::steady_clock::now();
  BGDB_CHECK(session.begin());
  const auto version = BGDB_TRY(session.scalar("select version from app_schema"));
  const int spoken = version == "1" ? 1 : 2;
  BGDB_CHECK(write(session, operation, spoken));
  BGDB_CHECK(session.commit());
  return spoken;
}

Result<void> Load::write(pg::Session& session, const Operation& operation, int version) {
  const auto text = [](int64_t number) { return std::to_string(number); };
  switch (operation.kind) {
    case Kind::transfer: {
      // In order of the key, so that two transfers never wait for each other.
      const bool ascending = operation.first < operation.second;
      const auto low = ascending ? operation.first : operation.second;
      const auto high = ascending ? operation.second : operation.first;
      const auto low_gains = ascending ? -operation.amount_cents : operation.amount_cents;
      const char* move = "update accounts set balance_cents = balance_cents + $2 where id = $1";
      BGDB_CHECK(session.execute(move, {text(low), text(low_gains)}));
      BGDB_CHECK(session.execute(move, {text(high), text(-low_gains)}));
      return session.execute(
          "insert into transfers (from_account, to_account, amount_cents, ref) values ($1, $2, $3, $4)",
          {text(operation.first), text(operation.second), text(operation.amount_cents), operation.ref});
    }
    case Kind::order: {
      const char* old_sql =
          "insert into orders (customer_id, total_cents, ref) values ($1, $2::integer, $3) returning id";
      const char* new_sql =
          "insert into orders (customer_id, total_cents, ref) values ($1, $2::bigint, $3) returning id";
      const auto id = BGDB_TRY(session.scalar(version == 1 ? old_sql : new_sql,
                                              {text(operation.first), text(operation.amount_cents), operation.ref}));
      for (const auto& item : operation.items) {
        BGDB_CHECK(session.execute(
            "insert into order_items (order_id, product_id, quantity, price_cents) values ($1, $2, $3, $4)",
            {id, text(item.product), text(item.quantity), text(item.price_cents)}));
      }
      return {};
    }
    case Kind::new_customer:
      if (version == 1) {
        return session.execute("insert into customers (name, email, ref) values ($1, $2, $3)",
                               {operation.first_name + " " + operation.last_name, operation.email, operation.ref});
      }
      return session.execute(
          "insert into customers (first_name, last_name, email_address, ref) values ($1, $2, $3, $4)",
          {operation.first_name, operation.last_name, operation.email, operation.ref});
    case Kind::change_customer:
      if (version == 1) {
        return session.execute(
            "update customers set name = $2, email = $3 where id = $1",
            {text(operation.first), operation.first_name + " " + operation.last_name, operation.email});
      }
      return session.execute("update customers set first_name = $2, last_name = $3, email_address = $4 where id = $1",
                             {text(operation.first), operation.first_name, operation.last_name, operation.email});
  }
  return {};
}

void Load::record(Client& client, const Operation& operation, const Sample& sample) {
  ++acknowledged_;
  const std::lock_guard lock(client.mutex);
  client.ledger.samples.push_back(sample);
  if (operation.table.empty()) {
    client.ledger.emails[operation.first] = {operation.email};
  } else {
    client.ledger.acknowledged[operation.table].insert(operation.ref);
  }
}

void Load::record_unknown(Client& client, const Operation& operation) {
  const std::lock_guard lock(client.mutex);
  if (!operation.table.empty()) {
    client.ledger.unknown[operation.table].insert(operation.ref);
    return;
  }
  auto& candidates = client.ledger.emails[operation.first];
  if (candidates.empty()) candidates.emplace_back();  // "": the address it was loaded with
  candidates.push_back(operation.email);
}

}  // namespace bgdb::app::demo
