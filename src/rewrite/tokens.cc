#include "rewrite/tokens.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "core/contains.h"
#include "core/ident.h"
#include "core/text.h"

namespace bgdb::rewrite {
namespace {

constexpr size_t kNameBytesMax = 63;

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}
bool in_name(char c) {
  return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}
bool is_operator(char c) {
  return std::string_view("+-*/<>=~!@#%^&|`?:.").find(c) != std::string_view::npos;
}

// The end of a quoted piece that begins at `at` with `quote`; a doubled quote stands for itself.
size_t quoted_end(std::string_view sql, size_t at, char quote, bool backslashes) {
  size_t i = at + 1;
  while (i < sql.size()) {
    if (backslashes && sql[i] == '\\') {
      i += 2;
    } else if (sql[i] == quote) {
      if (i + 1 < sql.size() && sql[i + 1] == quote) {
        i += 2;
      } else {
        return i + 1;
      }
    } else {
      ++i;
    }
  }
  return sql.size();
}

// The end of $tag$...$tag$ at `at`, or `at` when it is no dollar quote.
size_t dollar_end(std::string_view sql, size_t at) {
  size_t i = at + 1;
  while (i < sql.size() && sql[i] != '$' && in_name(sql[i])) ++i;
  if (i >= sql.size() || sql[i] != '$') return at;
  if (i > at + 1 && std::isdigit(static_cast<unsigned char>(sql[at + 1])) != 0) return at;
  const auto tag = sql.substr(at, i - at + 1);
  const size_t end = sql.find(tag, i + 1);
  return end == std::string_view::npos ? sql.size() : end + tag.size();
}

// The end of blanks and comments at `at`.
size_t skip_blank(std::string_view sql, size_t at) {
  while (at < sql.size()) {
    if (std::isspace(static_cast<unsigned char>(sql[at])) != 0) {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      int depth = 0;
      do {
        if (sql.substr(at, 2) == "/*") {
          ++depth;
          at += 2;
        } else if (sql.substr(at, 2) == "*/") {
          --depth;
          at += 2;
        } else {
          ++at;
        }
      } while (depth > 0 && at < sql.size());
    } else {
      break;
    }
  }
  return std::min(at, sql.size());
}

std::string unquote(std::string_view text) {
  std::string name;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == '"') ++i;
  }
  return name;
}

size_t symbol_end(std::string_view sql, size_t at) {
  if (sql.substr(at, 2) == "::") return at + 2;
  if (!is_operator(sql[at]) || sql[at] == '.' || sql[at] == ':') return at + 1;
  size_t end = at + 1;
  while (end < sql.size() && is_operator(sql[end]) && sql[end] != '.' && sql[end] != ':' &&
         sql.substr(end, 2) != "--" && sql.substr(end, 2) != "/*") {
    ++end;
  }
  return end;
}

Token next_token(std::string_view sql, size_t at) {
  Token token;
  token.offset = at;
  const char c = sql[at];
  size_t end = at;
  if (c == '"') {
    token.kind = Token::Kind::quoted;
    end = quoted_end(sql, at, '"', false);
    token.name = unquote(sql.substr(at, end - at));
  } else if (c == '\'') {
    token.kind = Token::Kind::string;
    end = quoted_end(sql, at, '\'', false);
  } else if (std::string_view("eEbBxXnN").find(c) != std::string_view::npos && at + 1 < sql.size() &&
             sql[at + 1] == '\'') {
    token.kind = Token::Kind::string;
    end = quoted_end(sql, at + 1, '\'', c == 'e' || c == 'E');
  } else if (c == '$' && dollar_end(sql, at) != at) {
    token.kind = Token::Kind::string;
    end = dollar_end(sql, at);
  } else if (starts_name(c)) {
    token.kind = Token::Kind::word;
    while (end < sql.size() && in_name(sql[end])) ++end;
    token.name = core::lower(std::string(sql.substr(at, end - at)));
  } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$') {
    token.kind = Token::Kind::number;
    ++end;
    while (end < sql.size() && (in_name(sql[end]) || sql[end] == '.')) ++end;
  } else {
    end = symbol_end(sql, at);
  }
  token.length = std::max<size_t>(end - at, 1);
  return token;
}

}  // namespace

std::vector<Token> tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  int depth = 0;
  for (size_t at = skip_blank(sql, 0); at < sql.size();) {
    Token token = next_token(sql, at);
    if (token.kind == Token::Kind::symbol && (sql[at] == ')' || sql[at] == ']')) --depth;
    token.depth = depth;
    if (token.kind == Token::Kind::symbol && (sql[at] == '(' || sql[at] == '[')) ++depth;
    at = skip_blank(sql, at + token.length);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<std::string> split_commas(std::string_view sql) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (const auto& token : tokenize(sql)) {
    if (token.depth != 0 || !token.is_symbol(",", sql)) continue;
    parts.emplace_back(trim(sql.substr(begin, token.offset - begin)));
    begin = token.offset + 1;
  }
  parts.emplace_back(trim(sql.substr(begin)));
  return parts;
}

std::string rename_columns(std::string_view sql, const std::map<std::string, std::string>& new_names,
                           const std::vector<std::string>& qualifiers) {
  const auto tokens = tokenize(sql);
  std::string out;
  size_t copied = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const auto found = tokens[i].is_name() ? new_names.find(tokens[i].name) : new_names.end();
    if (found == new_names.end()) continue;
    const bool call = i + 1 < tokens.size() && tokens[i + 1].is_symbol("(", sql);
    const bool type = i > 0 && tokens[i - 1].is_symbol("::", sql);
    const bool part = i > 0 && tokens[i - 1].is_symbol(".", sql);
    const bool known_part = part && i > 1 && core::contains(qualifiers, tokens[i - 2].name);
    const bool qualifier = i + 1 < tokens.size() && tokens[i + 1].is_symbol(".", sql);
    if (call || type || (part && !known_part) || qualifier) continue;
    out.append(sql.substr(copied, tokens[i].offset - copied)).append(quote_ident(found->second));
    copied = tokens[i].offset + tokens[i].length;
  }
  return out.append(sql.substr(copied));
}

size_t find_after(const std::vector<Token>& tokens, const std::vector<std::string_view>& words, size_t from) {
  for (size_t i = 0; i + words.size() <= tokens.size(); ++i) {
    if (tokens[i].offset < from || tokens[i].depth != 0) continue;
    size_t same = 0;
    while (same < words.size() && tokens[i + same].is_word(words[same])) ++same;
    if (same == words.size()) return tokens[i + same - 1].offset + tokens[i + same - 1].length;
  }
  return std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

std::string one_line(std::string_view text, size_t width) {
  std::string line;
  size_t end = 0;
  for (const auto& token : tokenize(text)) {
    if (end != 0 && token.offset > end) line += ' ';
    line.append(text.substr(token.offset, token.length));
    end = token.offset + token.length;
  }
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (line.size() > width) line = line.substr(0, width - 3) + "...";
  return line;
}

std::string object_name(std::string_view prefix, const std::vector<std::string>& parts) {
  std::string name(prefix);
  for (const auto& part : parts) name += (name.empty() ? "" : "_") + part;
  if (name.size() <= kNameBytesMax) return name;
  uint64_t digest = 14695981039346656037ULL;  // FNV-1a
  for (const char c : name) digest = (digest ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string suffix = "_";
  for (int i = 0; i < 8; ++i, digest >>= 4U) suffix += "0123456789abcdef"[digest & 15U];
  size_t keep = kNameBytesMax - suffix.size();
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0U) == 0x80U) --keep;
  return name.substr(0, keep) + suffix;
}

}  // namespace bgdb::rewrite
