#include "replication/pgoutput.h"

#include <random>

#include "support/check.h"

using namespace bgdb;
using namespace bgdb::replication;

namespace {

std::string be(uint64_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}
std::string text(std::string_view value) {
  return std::string("t") + be(value.size(), 4) + std::string(value);
}
std::string zero(std::string_view value) {
  return std::string(value) + '\0';
}

std::string begin_bytes() {
  return "B" + be(0x1122334455667788, 8) + be(42, 8) + be(7, 4);
}
std::string commit_bytes() {
  return std::string("C") + '\0' + be(100, 8) + be(200, 8) + be(43, 8);
}
std::string relation_bytes() {
  return "R" + be(16384, 4) + zero("public") + zero("accounts") + "d" + be(2, 2) + "\1" + zero("id") + be(23, 4) +
         be(0xffffffff, 4) + std::string(1, '\0') + zero("na\"me") + be(25, 4) + be(20, 4);
}
std::string insert_bytes() {
  return "I" + be(16384, 4) + "N" + be(3, 2) + text("1") + "n" + text("");
}
std::string update_bytes() {
  return "U" + be(16384, 4) + "K" + be(2, 2) + text("1") + "n" + "N" + be(2, 2) + text("2") + "u";
}
std::string delete_bytes() {
  return "D" + be(16384, 4) + "O" + be(1, 2) + text("9");
}
std::string truncate_bytes() {
  return "T" + be(2, 4) + "\3" + be(16384, 4) + be(16385, 4);
}
std::string logical_bytes() {
  return "M\1" + be(77, 8) + zero("bgdb") + be(8, 4) + "marker:x";
}
std::string origin_bytes() {
  return "O" + be(5, 8) + zero("bgdb_shop_forward");
}
std::string type_bytes() {
  return "Y" + be(16500, 4) + zero("public") + zero("mood");
}

std::vector<std::string> all_messages() {
  return {begin_bytes(),  commit_bytes(),   relation_bytes(), insert_bytes(), update_bytes(),
          delete_bytes(), truncate_bytes(), logical_bytes(),  origin_bytes(), type_bytes()};
}

Message decoded(const std::string& bytes) {
  static std::string kept;  // views of the message point into it
  kept = bytes;
  Message message;
  CHECK_OK(decode(kept, message));
  return message;
}

}  // namespace

TEST_CASE("pgoutput: the frame of a transaction") {
  const auto begin = decoded(begin_bytes());
  CHECK(begin.kind == MessageKind::begin);
  CHECK(begin.lsn.value == 0x1122334455667788);
  CHECK(begin.commit_time_us == 42);
  CHECK(begin.xid == 7);
  const auto commit = decoded(commit_bytes());
  CHECK(commit.lsn.value == 100);
  CHECK(commit.end_lsn.value == 200);
  CHECK(commit_end(commit_bytes()).value == 200);
  CHECK_FALSE(commit_end(begin_bytes()).valid());
  CHECK(is_begin(begin_bytes()));
  const auto origin = decoded(origin_bytes());
  CHECK(origin.lsn.value == 5);
  CHECK(origin.name == "bgdb_shop_forward");
}

TEST_CASE("pgoutput: a relation with its key flags and type modifiers") {
  const auto message = decoded(relation_bytes());
  CHECK(message.relation.oid == 16384);
  CHECK(message.relation.schema == "public");
  CHECK(message.relation.name == "accounts");
  REQUIRE(message.relation.columns.size() == 2);
  CHECK(message.relation.columns[0].key);
  CHECK_FALSE(message.relation.columns[1].key);
  CHECK(message.relation.columns[1].name == "na\"me");
  CHECK(message.relation.columns[0].type_modifier == -1);
  CHECK(message.relation.columns[1].type_modifier == 20);
}

TEST_CASE("pgoutput: rows tell null, empty, unchanged and text apart") {
  const auto insert = decoded(insert_bytes());
  REQUIRE(insert.new_tuple.size() == 3);
  CHECK(insert.new_tuple[0].text == "1");
  CHECK(insert.new_tuple[1].kind == FieldKind::null);
  CHECK(insert.new_tuple[2].kind == FieldKind::text);
  CHECK(insert.new_tuple[2].text.empty());
  const auto update = decoded(update_bytes());
  CHECK(update.old_kind == OldTuple::key);
  CHECK(update.old_tuple[0].text == "1");
  CHECK(update.new_tuple[0].text == "2");
  CHECK(update.new_tuple[1].kind == FieldKind::unchanged);
  const auto removed = decoded(delete_bytes());
  CHECK(removed.old_kind == OldTuple::full);
  CHECK(removed.old_tuple[0].text == "9");
}

TEST_CASE("pgoutput: truncate and logical messages") {
  const auto truncate = decoded(truncate_bytes());
  CHECK(truncate.truncated == std::vector<uint32_t>{16384, 16385});
  CHECK(truncate.truncate_cascade);
  CHECK(truncate.truncate_restart_identity);
  const auto logical = decoded(logical_bytes());
  CHECK(logical.transactional);
  CHECK(logical.name == "bgdb");
  CHECK(logical.content == "marker:x");
}

TEST_CASE("pgoutput: every truncation and every trailing byte is an error") {
  for (const std::string& bytes : all_messages()) {
    Message message;
    for (size_t length = 0; length < bytes.size(); ++length) {
      INFO(bytes[0] << " cut to " << length);
      // Exact copies on the heap, so that a sanitizer sees any read past the end.
      const std::vector<char> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      const auto result = decode({exact.data(), exact.size()}, message);
      // A delete with a key tuple is complete before the optional rest, an update never is.
      CHECK_FALSE(result);
    }
    CHECK_FALSE(decode(bytes + "x", message));
  }
}

TEST_CASE("pgoutput: corrupted bytes never crash") {
  std::mt19937 random(20260131);
  const auto messages = all_messages();
  size_t refused = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::string& original = messages[random() % messages.size()];
    std::vector<char> bytes(original.begin(), original.end());
    for (size_t flips = 1 + random() % 3; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % (bytes.size() + 1));
    Message message;
    if (!decode({bytes.data(), bytes.size()}, message)) {
      ++refused;
      continue;
    }
    for (const Field& field : message.new_tuple) {
      const bool inside = field.text.empty() || (field.text.data() >= bytes.data() &&
                                                 field.text.data() + field.text.size() <= bytes.data() + bytes.size());
      if (!inside) FAIL("a field outside of the payload");
    }
  }
  CHECK(refused > 10'000);
}
