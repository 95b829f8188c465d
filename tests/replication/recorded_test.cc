// Streams that real servers sent (testdata/pgoutput): whatever the protocol version, what commits is the same.
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "replication/pgoutput.h"
#include "support/check.h"

using namespace bgdb;
using namespace bgdb::replication;

namespace {

std::vector<std::string> recorded(int version) {
  std::ifstream in(std::string(BGDB_SOURCE_DIR) + "/testdata/pgoutput/protocol_" + std::to_string(version) + ".hex");
  std::vector<std::string> messages;
  for (std::string line; std::getline(in, line);) {
    std::string bytes;
    for (size_t i = 0; i + 1 < line.size(); i += 2)
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    messages.push_back(std::move(bytes));
  }
  REQUIRE(messages.size() > 800);
  return messages;
}

std::string text_of(const std::vector<Field>& tuple) {
  std::string text;
  for (const Field& field : tuple) {
    text += field.kind == FieldKind::text ? " '" + std::string(field.text.substr(0, 20)) + "'"
                                          : std::string(" ") + static_cast<char>(field.kind);
  }
  return text;
}

// A subscriber that keeps what has not committed by transaction and savepoint, as the protocol asks for.
class Subscriber {
 public:
  std::multiset<std::string> committed;
  std::set<MessageKind> seen;
  std::vector<std::string> rolled_back;  // global identifiers

  void take(const Message& message) {
    seen.insert(message.kind);
    switch (message.kind) {
      case MessageKind::begin:
      case MessageKind::begin_prepare:
        top_ = message.xid;
        return;
      case MessageKind::stream_start:
        top_ = message.xid;
        streaming_ = true;
        return;
      case MessageKind::stream_stop:
        streaming_ = false;
        return;
      case MessageKind::stream_abort:
        if (message.sub_xid == message.xid) {
          pending_.erase(message.xid);
        } else {
          pending_[message.xid].erase(message.sub_xid);
        }
        return;
      case MessageKind::commit:
        return commit(top_);
      case MessageKind::stream_commit:
        return commit(message.xid);
      case MessageKind::prepare:
      case MessageKind::stream_prepare:
        prepared_[std::string(message.name)] = message.xid;
        return;
      case MessageKind::commit_prepared:
        return commit(prepared_.at(std::string(message.name)));
      case MessageKind::rollback_prepared:
        rolled_back.emplace_back(message.name);
        pending_.erase(prepared_.at(std::string(message.name)));
        return;
      case MessageKind::relation:
        names_[message.relation.oid] = message.relation.name;
        return;
      case MessageKind::origin:
        return keep(message, "origin " + std::string(message.name));
      case MessageKind::type:
        return;
      case MessageKind::truncate: {
        std::string text = "truncate";
        for (const auto oid : message.truncated) text += " " + names_.at(oid);
        return keep(message, text);
      }
      case MessageKind::logical:
        if (!message.transactional) {
          committed.insert("message " + std::string(message.content));
          return;
        }
        return keep(message, "message " + std::string(message.content));
      default:
        return keep(message, static_cast<char>(message.kind) + names_.at(message.relation_oid) +
                                 text_of(message.old_tuple) + " ->" + text_of(message.new_tuple));
    }
  }
  bool all_ended() const { return pending_.empty(); }

 private:
  void keep(const Message& message, const std::string& text) {
    pending_[top_][streaming_ ? message.xid : top_].push_back(text);
  }
  void commit(uint32_t xid) {
    for (const auto& [sub, changes] : pending_[xid]) committed.insert(changes.begin(), changes.end());
    pending_.erase(xid);
  }

  std::map<uint32_t, std::map<uint32_t, std::vector<std::string>>> pending_;  // by transaction, by savepoint
  std::map<std::string, uint32_t> prepared_;
  std::map<uint32_t, std::string> names_;
  uint32_t top_ = 0;
  bool streaming_ = false;
};

Subscriber subscribe(int version) {
  Subscriber subscriber;
  Decoder decoder(version);
  Message message;
  for (const auto& bytes : recorded(version)) {
    const auto decoded = decoder.decode(bytes, message);
    if (!decoded) FAIL("version " << version << ": " << decoded.error().message);
    subscriber.take(message);
  }
  return subscriber;
}

}  // namespace

TEST_CASE("pgoutput: recorded streams of every protocol version say the same of what committed") {
  const auto plain = subscribe(1);
  CHECK(plain.all_ended());
  // Three rows, one elsewhere, 401 streamed, 401 streamed and prepared, one prepared; what was rolled back is not
  // there.
  CHECK(std::count_if(plain.committed.begin(), plain.committed.end(), [](auto& text) { return text[0] == 'I'; }) ==
        808);
  CHECK(plain.committed.count("Ut -> '3' u 'fine'") == 1);
  CHECK(plain.committed.count("Ut '2' n n -> '20' n 'bad'") == 1);
  CHECK(plain.committed.count("Uf '1' 'a' -> '1' 'b'") == 1);
  CHECK(plain.committed.count("origin elsewhere") == 1);
  CHECK(plain.committed.count("message in a stream") == 1);
  const std::map<int, std::vector<MessageKind>> brings = {
      {2, {MessageKind::stream_start, MessageKind::stream_stop, MessageKind::stream_commit, MessageKind::stream_abort}},
      {3,
       {MessageKind::begin_prepare, MessageKind::prepare, MessageKind::commit_prepared, MessageKind::rollback_prepared,
        MessageKind::stream_prepare}},
      {4, {MessageKind::stream_start, MessageKind::stream_abort, MessageKind::commit_prepared}}};
  for (const auto& [version, kinds] : brings) {
    INFO("version " << version);
    const auto other = subscribe(version);
    CHECK(other.all_ended());
    CHECK(other.committed == plain.committed);
    CHECK(other.rolled_back == (version >= 3 ? std::vector<std::string>{"gid two"} : std::vector<std::string>{}));
    for (const auto kind : kinds) CHECK(other.seen.count(kind) == 1);
  }
}

TEST_CASE("pgoutput: a stream of a later version is refused by an earlier one, not misread") {
  for (const int version : {2, 3, 4}) {
    Decoder earlier(version == 4 ? 1 : version - 1);
    Message message;
    size_t refused = 0;
    for (const auto& bytes : recorded(version)) refused += earlier.decode(bytes, message) ? 0 : 1;
    CHECK(refused > 0);
  }
}

TEST_CASE("pgoutput: recorded bytes that were cut or changed are an error or a message, never a crash") {
  std::mt19937 random(20261121);
  size_t refused = 0;
  for (const int version : {1, 2, 3, 4}) {
    Decoder decoder(version);
    for (const auto& bytes : recorded(version)) {
      std::vector<char> changed(bytes.begin(), bytes.end());
      if (random() % 2 == 0) {
        changed.resize(random() % changed.size());
      } else {
        changed[random() % changed.size()] = static_cast<char>(random());
      }
      Message message;
      if (!decoder.decode({changed.data(), changed.size()}, message)) ++refused;
    }
  }
  CHECK(refused > 1'000);
}
