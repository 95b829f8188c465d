// JSON written straight into a text, without a tree in between: for output that is large and made once. Bytes that are
// no UTF-8 become U+FFFD. The caller keeps objects and arrays balanced.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace bgdb::core {

class JsonWriter {
 public:
  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }
  void key(std::string_view name);
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral Number>
  void value(Number number) {
    raw(std::to_string(number));
  }
  template <class Value>
  void field(std::string_view name, const Value& one) {
    key(name);
    value(one);
  }
  template <class List>
  void texts(std::string_view name, const List& list) {
    key(name);
    open_array();
    for (const auto& one : list) value(one);
    close_array();
  }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }
  void clear() { text_.clear(); }

 private:
  void open(char bracket);
  void close(char bracket);
  void raw(std::string_view token);
  void separate();

  std::string text_;
};

}  // namespace bgdb::core
