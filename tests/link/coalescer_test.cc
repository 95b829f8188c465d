#include "link/coalescer.h"

#include <deque>

#include "support/check.h"

using namespace bgdb;
using link::Coalescer;
using link::Operation;
using replication::Field;
using replication::FieldKind;

namespace {

std::string shown(const Field& field) {
  if (field.kind == FieldKind::null) return "-";
  return field.kind == FieldKind::unchanged ? "~" : std::string(field.text);
}

std::string joined(const Field* fields, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i > 0 ? "," : "") + shown(fields[i]);
  return out;
}

// Rows of (id, a, b); "-" is NULL, "~" is an unchanged large value. Table 1 has the key (a, id), table 2 none.
class Piece {
 public:
  Piece() {
    coalescer.set_table(0, {0});
    coalescer.set_table(1, {1, 0});
    coalescer.set_table(2, {});
    coalescer.set_table(3, {0}, {0, 0, 2});  // parts of one table
    coalescer.set_table(4, {0}, {0, 1, 2});
  }
  bool insert(const std::vector<std::string_view>& row, uint32_t table = 0) {
    return coalescer.add({table, Operation::insert, {}, {}, fields(row)});
  }
  bool update(const std::vector<std::string_view>& key, const std::vector<std::string_view>& row, uint32_t table = 0) {
    return coalescer.add({table, Operation::update, {}, fields(key), fields(row)});
  }
  bool remove(const std::vector<std::string_view>& key, uint32_t table = 0) {
    return coalescer.add({table, Operation::remove, {}, fields(key), {}});
  }
  // "D[3] U[1](1,~,z) I(2,x,y)"
  std::string text() const {
    std::string out;
    for (const auto& group : coalescer.groups()) {
      for (size_t row = 0; row < group.size(); ++row) {
        out += out.empty() ? "" : " ";
        out += "IUD"[static_cast<size_t>(group.operation)];
        if (group.operation != Operation::insert) out += "[" + joined(group.keys[row], group.table == 1 ? 2 : 1) + "]";
        if (group.operation != Operation::remove) out += "(" + joined(group.rows[row], group.sent.size()) + ")";
        for (const auto& other : group.others) out += "+(" + joined(other.rows[row], 2) + ")";
      }
    }
    return out;
  }
  Coalescer coalescer;

 private:
  std::span<const Field> fields(const std::vector<std::string_view>& texts) {
    auto& kept = kept_.emplace_back();
    for (const auto text : texts) {
      kept.push_back(text == "-"   ? Field{FieldKind::null, {}}
                     : text == "~" ? Field{FieldKind::unchanged, {}}
                                   : Field{FieldKind::text, text});
    }
    return kept;
  }
  std::deque<std::vector<Field>> kept_;
};

}  // namespace

TEST_CASE("coalescer: changes of different keys stay, grouped as deletes, updates, inserts") {
  Piece piece;
  CHECK(piece.insert({"1", "a", "b"}));
  CHECK(piece.update({"2"}, {"2", "c", "-"}));
  CHECK(piece.remove({"3"}));
  CHECK(piece.insert({"4", "a", "b"}));
  CHECK(piece.text() == "D[3] U[2](2,c,-) I(1,a,b) I(4,a,b)");
  CHECK(piece.coalescer.groups().size() == 3);
}

TEST_CASE("coalescer: changes of one key fold") {
  Piece piece;
  SECTION("insert, update = insert") {
    piece.insert({"1", "a", "b"});
    piece.update({"1"}, {"1", "c", "d"});
    CHECK(piece.text() == "I(1,c,d)");
  }
  SECTION("update, update = the last update") {
    piece.update({"1"}, {"1", "c", "d"});
    piece.update({"1"}, {"1", "e", "-"});
    CHECK(piece.text() == "U[1](1,e,-)");
  }
  SECTION("delete, insert = both: columns that only the target has begin again") {
    piece.remove({"1"});
    piece.insert({"1", "c", "d"});
    CHECK(piece.text() == "D[1] I(1,c,d)");
  }
  SECTION("update, delete = delete") {
    piece.update({"1"}, {"1", "c", "d"});
    piece.remove({"1"});
    CHECK(piece.text() == "D[1]");
  }
  SECTION("insert, delete = nothing; and an insert after that = insert") {
    piece.insert({"1", "a", "b"});
    piece.remove({"1"});
    CHECK(piece.text().empty());
    piece.insert({"1", "x", "y"});
    CHECK(piece.text() == "I(1,x,y)");
  }
  SECTION("delete, insert, update, delete = delete") {
    piece.remove({"1"});
    piece.insert({"1", "a", "b"});
    piece.update({"1"}, {"1", "c", "~"});
    CHECK(piece.text() == "D[1] I(1,c,b)");
    piece.remove({"1"});
    CHECK(piece.text() == "D[1]");
  }
  CHECK_FALSE(piece.coalescer.irregular());
}

TEST_CASE("coalescer: unchanged large values keep what is known and stay unsent where nothing is") {
  Piece piece;
  piece.insert({"1", "big", "x"});
  piece.update({"1"}, {"1", "~", "y"});
  piece.update({"2"}, {"2", "~", "y"});
  piece.update({"3"}, {"3", "~", "y"});
  piece.update({"3"}, {"3", "new", "~"});
  piece.update({"4"}, {"4", "~", "y"});
  piece.update({"4"}, {"4", "~", "z"});
  CHECK(piece.text() == "U[2](2,~,y) U[4](4,~,z) U[3](3,new,y) I(1,big,y)");
  REQUIRE(piece.coalescer.groups().size() == 3);
  CHECK(piece.coalescer.groups()[0].sent == std::vector<bool>{false, false, true});  // the key does not change
}

TEST_CASE("coalescer: a changed key stands alone") {
  Piece piece;
  CHECK(piece.insert({"1", "a", "b"}));
  CHECK_FALSE(piece.update({"1"}, {"2", "a", "b"}));
  piece.coalescer.clear();
  CHECK(piece.update({"1"}, {"2", "a", "b"}));
  CHECK_FALSE(piece.insert({"1", "a", "b"}));
  CHECK(piece.text() == "U[1](2,a,b)");
  CHECK(piece.coalescer.groups()[0].sent == std::vector<bool>{true, true, true});
  piece.coalescer.clear();
  CHECK(piece.insert({"1", "a", "b"}));
}

TEST_CASE("coalescer: an unchanged large key is no changed key") {
  Piece piece;
  CHECK(piece.insert({"9", "a", "b"}));
  CHECK(piece.update({"k"}, {"~", "a", "b"}));
}

TEST_CASE("coalescer: without a key every row stands alone") {
  Piece piece;
  CHECK(piece.insert({"1", "a", "b"}, 2));
  CHECK_FALSE(piece.insert({"1", "a", "b"}, 2));
  CHECK(piece.text() == "I(1,a,b)");
}

TEST_CASE("coalescer: what a source cannot do is irregular, to be looked at row by row") {
  Piece piece;
  SECTION("insert after delete and insert") {
    piece.remove({"1"});
    piece.insert({"1", "a", "b"});
    piece.insert({"1", "a", "b"});
  }
  SECTION("insert twice") {
    piece.insert({"1", "a", "b"});
    piece.insert({"1", "a", "b"});
  }
  SECTION("delete twice") {
    piece.remove({"1"});
    piece.remove({"1"});
  }
  SECTION("update after delete") {
    piece.remove({"1"});
    piece.update({"1"}, {"1", "a", "b"});
  }
  SECTION("update after a row came and went") {
    piece.insert({"1", "a", "b"});
    piece.remove({"1"});
    piece.update({"1"}, {"1", "a", "b"});
  }
  CHECK(piece.coalescer.irregular());
  CHECK(piece.coalescer.log().size() >= 2);
  piece.coalescer.clear();
  CHECK_FALSE(piece.coalescer.irregular());
}

TEST_CASE("coalescer: keys of several columns, in key order, not column order") {
  Piece piece;
  piece.insert({"1", "x", "v"}, 1);
  piece.insert({"x", "1", "v"}, 1);
  piece.update({"x", "1"}, {"1", "x", "w"}, 1);
  CHECK(piece.text() == "I(1,x,w) I(x,1,v)");
  CHECK_FALSE(piece.coalescer.irregular());
}

TEST_CASE("coalescer: many keys in order of first touch, and nothing left after clear") {
  Piece piece;
  std::deque<std::string> numbers;
  const auto number = [&](int n) -> std::string_view { return numbers.emplace_back(std::to_string(n)); };
  piece.insert({"1", "a", "b"}, 1);
  for (int i = 0; i < 5000; ++i) piece.insert({number(i), "a", "b"});
  for (int i = 0; i < 5000; i += 2) piece.update({number(i)}, {number(i), "c", "d"});
  for (int i = 0; i < 5000; i += 5) piece.remove({number(i)});
  const auto groups = piece.coalescer.groups();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].table == 1);
  CHECK(groups[1].rows.size() == 4000);
  size_t updated = 0;
  for (const Field* row : groups[1].rows) updated += row[1].text == "c" ? 1 : 0;
  CHECK(updated == 2000);
  CHECK(piece.coalescer.changes() == 1 + 5000 + 2500 + 1000);
  piece.coalescer.clear();
  CHECK(piece.coalescer.empty());
  CHECK(piece.text().empty());
}

TEST_CASE("coalescer: parts of one row are paired by key, whatever their order, the others are left apart") {
  Piece piece;
  CHECK(piece.insert({"1", "a"}, 3));
  CHECK(piece.insert({"2", "b"}, 4));
  CHECK(piece.insert({"2", "a"}, 3));
  CHECK(piece.remove({"3"}, 4));
  CHECK(piece.remove({"3"}, 3));
  CHECK(piece.update({"4"}, {"4", "x"}, 3));
  CHECK(piece.update({"1"}, {"1", "later"}, 3));
  CHECK(piece.text() == "D[3] U[4](4,x) I(2,a)+(2,b)");
  CHECK(piece.coalescer.apart().size() == 2);  // both changes of key 1
  CHECK(piece.insert({"1", "b"}, 4));
  CHECK(piece.text() == "D[3] U[4](4,x) I(1,later)+(1,b) I(2,a)+(2,b)");
  CHECK(piece.coalescer.apart().empty());
}

TEST_CASE("coalescer: a part that is replaced alone, or changes while its sibling comes, is left apart") {
  Piece piece;
  CHECK(piece.remove({"1"}, 3));
  CHECK(piece.insert({"1", "new"}, 3));
  CHECK(piece.update({"2"}, {"2", "x"}, 3));
  CHECK(piece.insert({"2", "y"}, 4));
  CHECK(piece.text().empty());
  CHECK(piece.coalescer.apart().size() == 4);
  CHECK(piece.remove({"1"}, 4));
  CHECK(piece.insert({"1", "both"}, 4));
  CHECK(piece.text() == "D[1] I(1,new)+(1,both)");
  CHECK(!piece.coalescer.irregular());
}

TEST_CASE("coalescer: a part whose key changes stands alone and apart") {
  Piece piece;
  CHECK(piece.update({"1"}, {"9", "a"}, 3));
  CHECK(!piece.update({"1"}, {"9", "b"}, 4));
  CHECK(piece.text().empty());
  CHECK(piece.coalescer.apart().size() == 1);
}
