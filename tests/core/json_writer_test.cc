#include "core/json_writer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

using bgdb::core::JsonWriter;

TEST_CASE("JSON is written as a parser reads it") {
  JsonWriter json;
  json.open_object();
  json.field("number", -5);
  json.field("flag", true);
  json.field("text", std::string("a\"b\\c\n\r\t\b\f\x01\x7f /"));
  json.texts("none", std::vector<std::string>{});
  json.key("list");
  json.open_array();
  json.open_object();
  json.close_object();
  json.open_object();
  json.field("[{:,", "[{:,");
  json.close_object();
  json.value(size_t{7});
  json.close_array();
  json.close_object();
  const auto read = nlohmann::json::parse(json.text());
  CHECK(read == nlohmann::json{{"number", -5},
                               {"flag", true},
                               {"text", "a\"b\\c\n\r\t\b\f\x01\x7f /"},
                               {"none", nlohmann::json::array()},
                               {"list", {nlohmann::json::object(), {{"[{:,", "[{:,"}}, 7}}});
}

TEST_CASE("every byte in every place stays readable JSON, and good UTF-8 stays as it is") {
  for (const char* good : {"é", "€", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    JsonWriter json;
    json.value(good);
    CHECK(nlohmann::json::parse(json.text()) == good);
  }
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF", "a\x80", "\xF0\x9F\x98"}) {
    JsonWriter json;
    json.value(bad);
    const auto read = nlohmann::json::parse(json.text(), nullptr, false);
    REQUIRE(read.is_string());
    CHECK(read.get<std::string>().find("\xEF\xBF\xBD") != std::string::npos);
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      JsonWriter json;
      json.value(std::string{static_cast<char>(first), static_cast<char>(second), 'x'});
      REQUIRE(nlohmann::json::accept(json.text()));
    }
  }
}

TEST_CASE("a document goes on behind a part that was written out") {
  std::ostringstream out;
  JsonWriter json;
  json.open_object();
  json.key("list");
  json.open_array();
  for (int i = 0; i < 3; ++i) {
    json.value(i);
    json.drain(out);
    CHECK(json.text().empty());
  }
  json.close_array();
  json.fields(R"("ready":[],"made":1)");
  json.field("last", true);
  json.close_object();
  json.drain(out);
  CHECK(out.str() == R"({"list":[0,1,2],"ready":[],"made":1,"last":true})");
}
