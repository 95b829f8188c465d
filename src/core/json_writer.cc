#include "core/json_writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace bgdb::core {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// A string holds the byte as it is.
bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// How many bytes from `at` on a string holds as they are; sixteen at a time.
size_t plain_bytes(std::string_view text, size_t at) {
  using Bytes = unsigned char __attribute__((vector_size(16)));
  using Words = uint64_t __attribute__((vector_size(16)));
  const size_t begin = at;
  for (Bytes bytes{}; at + sizeof bytes <= text.size(); at += sizeof bytes) {
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const auto special = reinterpret_cast<Words>((bytes - 0x20 >= Bytes{} + 0x60) | (bytes == '"') | (bytes == '\\'));
    if ((special[0] | special[1]) != 0) break;
  }
  while (at < text.size() && is_plain(static_cast<unsigned char>(text[at]))) ++at;
  return at - begin;
}

unsigned char byte(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Bytes of the UTF-8 character at `at`; 0 when there is none.
size_t character_bytes(std::string_view text, size_t at) {
  const auto follows = [&](size_t offset, unsigned char low = 0x80, unsigned char high = 0xBF) {
    const auto c = byte(text, at + offset);
    return c >= low && c <= high;
  };
  const auto lead = byte(text, at);
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned char low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += kDigits[c >> 4U];
      out += kDigits[c & 15U];
  }
}

}  // namespace

void JsonWriter::grow(size_t bytes) {
  text_.resize(std::max(size_ + bytes, 2 * text_.size()));
}

void JsonWriter::drain(std::ostream& out) {
  out << text();
  size_ = 0;
}

void JsonWriter::clear() {
  size_ = 0;
  last_ = '\n';
}

void JsonWriter::value(std::string_view text) {
  if (plain_bytes(text, 0) == text.size()) {
    char* at = next(text.size() + 2, '"');
    *at = at[text.size() + 1] = '"';
    if (!text.empty()) std::memcpy(at + 1, text.data(), text.size());
    return;
  }
  std::string escaped;
  escaped.reserve(text.size() + 32);
  for (size_t at = 0; at < text.size();) {
    const size_t plain = plain_bytes(text, at);
    escaped.append(text.substr(at, plain));
    at += plain;
    if (at == text.size()) break;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      append_escaped(escaped, c);
      ++at;
    } else if (const size_t bytes = character_bytes(text, at); bytes > 0) {
      escaped.append(text.substr(at, bytes));
      at += bytes;
    } else {
      escaped += kReplacement;
      ++at;
    }
  }
  char* at = next(escaped.size() + 2, '"');
  *at = at[escaped.size() + 1] = '"';
  std::memcpy(at + 1, escaped.data(), escaped.size());
}

}  // namespace bgdb::core
