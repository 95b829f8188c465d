#include "migration/markers.h"

#include <algorithm>

#include "core/text.h"
#include "migration/naming.h"

namespace bgdb::migration {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Behind "--", or nothing when the line is no comment.
std::optional<std::string_view> comment_of(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 2 || line[0] != '-' || line[1] != '-') return std::nullopt;
  return line.substr(2);
}

bool starts_with(std::string_view text, std::string_view head) {
  return text.size() >= head.size() && same_word(text.substr(0, head.size()), head);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Marker marker(bool up, bool in_transaction = true) {
  Marker found;
  found.direction = up ? Direction::up : Direction::down;
  found.in_transaction = in_transaction;
  return found;
}

// -- +goose Up; -- +migrate Down notransaction
std::optional<Marker> read_plus(std::string_view comment, std::string_view name) {
  Words words(comment);
  if (!words.take(name)) return std::nullopt;
  const bool up = words.take("up");
  if (!up && !words.take("down")) return std::nullopt;
  return marker(up, !words.has("notransaction"));
}

// -- migrate:up transaction:false; in exactly this case.
std::optional<Marker> read_dbmate(std::string_view comment) {
  Words words(comment);
  const auto first = words.next();
  if (first != "migrate:up" && first != "migrate:down") return std::nullopt;
  return marker(first == "migrate:up", !words.has("transaction:false"));
}

// -- Up Migration, --- Down migration
std::optional<Marker> read_node_pg(std::string_view comment) {
  while (!comment.empty() && (blank(comment[0]) || comment[0] == '-')) comment.remove_prefix(1);
  Words words(comment);
  const bool up = words.take("up");
  if (!up && !words.take("down")) return std::nullopt;
  if (!starts_with(words.next(), "migration")) return std::nullopt;
  return marker(up);
}

// The value behind `key`, perhaps quoted: runInTransaction:false endDelimiter:"//"
std::string attribute(std::string_view text, std::string_view key) {
  for (size_t at = 0; at + key.size() < text.size(); ++at) {
    const bool begins = at == 0 || blank(text[at - 1]);
    if (!begins || !starts_with(text.substr(at), key) || text[at + key.size()] != ':') continue;
    auto value = text.substr(at + key.size() + 1);
    const bool quoted = !value.empty() && (value[0] == '"' || value[0] == '\'');
    const auto end = quoted ? value.find(value[0], 1) : value.find_first_of(" \t");
    return std::string(value.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0)));
  }
  return {};
}

// dbms:postgresql,h2 or dbms:!mysql
bool means_postgres(std::string_view dbms) {
  if (dbms.empty() || same_word(dbms, "all")) return true;
  bool only_excludes = true;
  for (size_t at = 0; at <= dbms.size();) {
    const size_t end = std::min(dbms.find(',', at), dbms.size());
    auto name = trimmed(dbms.substr(at, end - at));
    const bool excludes = !name.empty() && name[0] == '!';
    if (excludes) name.remove_prefix(1);
    if (same_word(name, "postgresql") || same_word(name, "postgres")) return !excludes;
    only_excludes = only_excludes && excludes;
    at = end + 1;
  }
  return only_excludes;
}

// --changeset author:id runInTransaction:false splitStatements:false endDelimiter:/
std::optional<Marker> read_liquibase(std::string_view comment) {
  Words words(comment);
  if (!words.take("changeset")) return std::nullopt;
  const auto attributes = words.rest();
  Marker found = marker(true, !same_word(attribute(attributes, "runintransaction"), "false"));
  found.runs = means_postgres(attribute(attributes, "dbms")) && !same_word(attribute(attributes, "ignore"), "true");
  found.delimiter = attribute(attributes, "enddelimiter");
  if (found.delimiter.empty() || found.delimiter == ";")
    found.delimiter = "go";                                               // ends a statement without being asked
  for (const std::string_view blanks : {"\\r", "\\n", "\\s*", "\\s+"}) {  // it may be a pattern: \nGO
    for (size_t at; (at = found.delimiter.find(blanks)) != std::string::npos;) found.delimiter.erase(at, blanks.size());
  }
  return found;
}

// ---- create above / drop below ----
std::optional<Marker> read_tern(std::string_view line) {
  if (!starts_with(line, "---- create above / drop below ----")) return std::nullopt;
  return marker(false);
}

// Runners that few use, but whose way down must not be taken for the way up.
std::optional<Marker> read_others(std::string_view line) {
  std::string_view text = trimmed(line);
  const bool hash = !text.empty() && text[0] == '#';
  while (!text.empty() && (text[0] == '#' || text[0] == '-' || blank(text[0]))) text.remove_prefix(1);
  if (text.size() == line.size() || text.empty()) return std::nullopt;
  if (same_word(text, "!ups")) return marker(true);  // Play: # --- !Ups
  if (same_word(text, "!downs")) return marker(false);
  if (hash) return std::nullopt;
  if (same_word(text, "//@undo") || same_word(text, "// @undo")) return marker(false);  // MyBatis
  Words words(text);
  if (words.take("rambler")) {
    const bool up = words.take("up");
    if (up || words.take("down")) return marker(up);
  }
  if (same_word(text, "==== up ====")) return marker(true);  // shmig
  if (same_word(text, "==== down ====")) return marker(false);
  return std::nullopt;
}

}  // namespace

std::string_view Words::next() {
  while (!rest_.empty() && blank(rest_.front())) rest_.remove_prefix(1);
  const auto end = std::min(rest_.find_first_of(" \t"), rest_.size());
  const auto word = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return word;
}

bool Words::take(std::string_view word) {
  Words ahead = *this;
  if (!same_word(ahead.next(), word)) return false;
  *this = ahead;
  return true;
}

bool Words::has(std::string_view word) const {
  Words ahead = *this;
  for (auto next = ahead.next(); !next.empty(); next = ahead.next()) {
    if (same_word(next, word)) return true;
  }
  return false;
}

bool same_word(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() &&
         std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) { return core::lower(a) == b; });
}

std::optional<Marker> read_marker(Style style, std::string_view line) {
  if (style == Style::none || style == Style::any) return std::nullopt;
  if (style == Style::tern) {
    if (auto found = read_tern(line)) return found;
    return read_others(line);
  }
  const auto comment = comment_of(line);
  if (!comment) return std::nullopt;
  switch (style) {
    case Style::goose:
      return read_plus(*comment, "+goose");
    case Style::sql_migrate:
      return read_plus(*comment, "+migrate");
    case Style::dbmate:
      return read_dbmate(*comment);
    case Style::node_pg:
      return read_node_pg(*comment);
    case Style::liquibase:
      return read_liquibase(*comment);
    default:
      return std::nullopt;
  }
}

Style style_of_text(std::string_view text) {
  Style style = Style::none;
  bool liquibase = false;
  each_line(text, [&](size_t, std::string_view line) {
    if (style != Style::none || line.size() < 4) return;
    line = trimmed(line);
    if (line.empty() || (line[0] != '-' && line[0] != '#')) return;
    if (const auto comment = comment_of(line); comment && starts_with(trimmed(*comment), "liquibase formatted sql"))
      liquibase = true;
    if (liquibase && read_marker(Style::liquibase, line)) style = Style::liquibase;
    for (const Style each : {Style::goose, Style::sql_migrate, Style::dbmate, Style::node_pg, Style::tern}) {
      if (style == Style::none && read_marker(each, line)) style = each;
    }
  });
  return style;
}

bool switches_transaction_off(Framework framework, std::string_view line) {
  const auto comment = comment_of(line);
  if (!comment) return false;
  const bool any = framework == Framework::plain;
  const auto is = [&](Framework one) { return any || framework == one; };
  Words words(*comment);
  if (is(Framework::goose) && words.take("+goose")) return words.take("no") && words.take("transaction");
  if (is(Framework::atlas) && words.take("atlas:txmode")) return words.take("none");
  if (is(Framework::postgres_migrations) && words.take("postgres-migrations")) return words.take("disable-transaction");
  if (is(Framework::graphile) && starts_with(*comment, "!")) return contains(*comment, "no-transaction");
  if (is(Framework::tern) && starts_with(*comment, "--")) return contains(*comment, "tern: disable-tx");
  // Where the switch is a file beside the SQL, `bgdb rewrite` says it in the SQL, too.
  const bool beside = framework == Framework::flyway || framework == Framework::diesel;
  if ((any || beside) && words.take("no-transaction")) return true;
  const bool numbered_pairs = any || framework == Framework::golang_migrate || framework == Framework::morph;
  return numbered_pairs && (words.take("morph:nontransactional") || words.take("no_transaction"));
}

std::optional<Framework> framework_of_text(std::string_view head) {
  switch (style_of_text(head)) {
    case Style::goose:
      return Framework::goose;
    case Style::sql_migrate:
      return Framework::sql_migrate;
    case Style::dbmate:
      return Framework::dbmate;
    case Style::node_pg:
      return Framework::node_pg_migrate;
    case Style::liquibase:
      return Framework::liquibase;
    default:
      break;
  }
  std::optional<Framework> found;
  bool first = true;
  each_line(head, [&](size_t, std::string_view line) {
    if (found) return;
    const auto comment = comment_of(line);
    if (comment) {
      Words words(*comment);
      const auto word = words.next();
      if (first && same_word(word, "no-transaction")) found = Framework::sqlx;
      if (same_word(word, "postgres-migrations")) found = Framework::postgres_migrations;
      if (same_word(word, "morph:nontransactional")) found = Framework::morph;
      if (same_word(word, "running") && contains(*comment, "upgrade ->")) found = Framework::alembic;
      if (starts_with(*comment, "! previous:")) found = Framework::graphile;
      if (read_tern(line)) found = Framework::tern;
      if (starts_with(trimmed(*comment), "liquibase formatted sql")) found = Framework::liquibase;
    }
    if (contains(line, "INTO alembic_version") || contains(line, "UPDATE alembic_version")) found = Framework::alembic;
    if (contains(line, "INTO \"schema_migrations\" (version)")) found = Framework::rails;
    if (!line.empty()) first = false;
  });
  if (!found && (starts_with(head, "begin;\n--\n-- ") || starts_with(head, "--\n-- create model ")))
    found = Framework::django;
  return found;
}

Declared find_declared(std::string_view text) {
  Declared out;
  if (!contains(text, "bgdb:")) return out;
  each_line(text, [&](size_t, std::string_view line) {
    const auto comment = comment_of(line);
    if (!comment) return;
    Words words(*comment);
    if (!words.take("bgdb:")) return;
    for (auto word = words.next(); !word.empty(); word = words.next()) {
      if (starts_with(word, "release=")) out.release = word.substr(std::string_view("release=").size());
      for (const std::string_view known : {"expand", "backfill", "contract"}) {
        if (same_word(word, "phase=" + std::string(known))) out.phase = known;
      }
    }
  });
  return out;
}

}  // namespace bgdb::migration
