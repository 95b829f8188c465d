// JSON written straight into a text, without a tree in between: for output that is large and made once. Bytes that are
// no UTF-8 become U+FFFD. The caller keeps objects and arrays balanced.
#pragma once

#include <charconv>
#include <concepts>
#include <cstring>
#include <ostream>
#include <string>
#include <string_view>

namespace bgdb::core {

class JsonWriter {
 public:
  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }
  // REQUIRES: nothing in the name needs an escape.
  void key(std::string_view name) {
    char* at = next(name.size() + 3, ':');
    *at = '"';
    std::memcpy(at + 1, name.data(), name.size());
    std::memcpy(at + 1 + name.size(), "\":", 2);
  }
  // Fields as they stand in a document: "a":1,"b":[]
  void fields(std::string_view ready) { raw(ready); }
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag) { raw(flag ? "true" : "false"); }
  template <std::integral Number>
  void value(Number number) {
    char digits[24];
    raw({digits, static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits)});
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

  std::string_view text() const { return {text_.data(), size_}; }
  // Writes out what there is; the document goes on behind it.
  void drain(std::ostream& out);
  // The next document.
  void clear();

 private:
  void open(char bracket) { *next(1, bracket) = bracket; }
  void close(char bracket) {
    *room(1) = bracket;
    ++size_;
    last_ = bracket;
  }
  void raw(std::string_view token) { std::memcpy(next(token.size(), token.back()), token.data(), token.size()); }
  void grow(size_t bytes);
  char* room(size_t bytes) {
    if (text_.size() - size_ < bytes) [[unlikely]]
      grow(bytes);
    return text_.data() + size_;
  }
  // Puts a comma where one belongs, then `bytes` that the caller writes; `last` is what they end in.
  char* next(size_t bytes, char last) {
    const bool comma = last_ != '{' && last_ != '[' && last_ != ':' && last_ != '\n';
    char* at = room(bytes + 1);
    *at = ',';
    size_ += bytes + (comma ? 1 : 0);
    last_ = last;
    return at + (comma ? 1 : 0);
  }

  std::string text_;  // only [0, size_) counts
  size_t size_ = 0;
  char last_ = '\n';  // of the document so far
};

}  // namespace bgdb::core
