#include "link/row_text.h"

#include "pg/session.h"
#include "support/check.h"

using namespace bgdb;
using replication::Field;
using replication::FieldKind;

namespace {

const std::vector<std::string> kTexts = {"",    "NULL", "null",      "a,b",          "{}",  "\"",  "\\",
                                         "\\N", "\\\"", "tab\there", "two\nlines\r", " x ", "漢字"};

}  // namespace

TEST_CASE("row text: arrays read back as what was written, whatever is in them") {
  std::vector<Field> fields;
  for (const auto& text : kTexts) fields.push_back({FieldKind::text, text});
  fields.push_back({FieldKind::null, {}});
  std::vector<const Field*> rows;
  for (const Field& field : fields) rows.push_back(&field);
  const auto parsed = REQUIRE_OK(pg::parse_array_literal(link::array_literal(rows, 0)));
  REQUIRE(parsed.size() == fields.size());
  for (size_t i = 0; i < kTexts.size(); ++i) CHECK(parsed[i] == kTexts[i]);
  CHECK_FALSE(parsed.back());
  CHECK(link::array_literal(fields[5]) == "{\"\\\"\"}");
  CHECK(link::array_literal(Field{FieldKind::null, {}}) == "{NULL}");
}

TEST_CASE("row text: COPY lines take columns in the order asked for and escape what ends a value") {
  const std::vector<Field> row = {{FieldKind::text, "a\tb\\"}, {FieldKind::null, {}}, {FieldKind::text, "x\ny\rz"}};
  const std::vector<uint16_t> columns = {2, 0, 1};
  std::string out;
  link::append_copy_row(out, row.data(), columns);
  CHECK(out == "x\\ny\\rz\ta\\tb\\\\\t\\N\n");
}
