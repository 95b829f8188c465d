// Text -> statements: the whole text at once, and statement by statement when something in it does not parse.
#include "parse/parser.h"

#include <algorithm>
#include <array>
#include <optional>

#include "parse/newer_grammar.h"
#include "parse/position.h"
#include "parse/prepare.h"
#include "parse/scan.h"
//
#include "parse/pg_parse.h"

namespace bgdb::parse {
namespace {

constexpr size_t kChunkBytes = 16 << 10;
// The tree of one statement takes up to fifty times its text.
constexpr size_t kStatementBytesMax = 8 << 20;

bool moves_rows(const PgNode* node) {
  const auto tag = nodeTag(node);
  return tag == T_SelectStmt || tag == T_InsertStmt || tag == T_UpdateStmt || tag == T_DeleteStmt;
}

// Blanks of other alphabets, which editors leave behind a last semicolon and runners cut off.
bool is_invisible(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kBlanks{"\xC2\xA0", "\xE2\x80\x8B", "\xEF\xBB\xBF", "\xE3\x80\x80",
                                                           "\xE2\x80\xAF"};
  while (!text.empty()) {
    size_t length = is_blank(text.front()) ? 1 : 0;
    for (const auto blank : kBlanks) {
      if (text.substr(0, blank.size()) == blank) length = blank.size();
    }
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

class Reader {
 public:
  Reader(std::string_view original, const ParseOptions& options)
      : original_(original),
        delimiter_(options.delimiter),
        each_(options.each),
        skim_(options.skim),
        prepared_(prepare(original, options.delimiter)),
        lines_(original, options) {}

  ParsedText run() {
    if (!each_) out_.statements.reserve(prepared_.pieces.size());
    if (prepared_.text.size() <= kChunkBytes) {
      if (!read(0, prepared_.text.size())) {
        for (size_t at = 0; at < prepared_.pieces.size();) at = read_pieces(at, prepared_.pieces.size());
      }
    } else {
      read_chunks();
    }
    add_comments();
    for (const Range& range : prepared_.meta_commands) add_skipped(range, "psql command");
    for (const Range& range : prepared_.copy_data) add_skipped(range, "COPY data");
    std::sort(out_.skipped.begin(), out_.skipped.end(),
              [](const auto& a, const auto& b) { return a.span.offset < b.span.offset; });
    return std::move(out_);
  }

 private:
  // False when it does not parse.
  bool read(size_t begin, size_t end) {
    const std::string text = prepared_.text.substr(begin, end - begin);
    const PgTree tree(text);
    if (!tree.ok()) return false;
    read_statements(tree, text, begin);
    return true;
  }

  // A tree is many times as large as its text: one of everything would leave the caches, and memory would grow with
  // the file.
  void read_chunks() {
    const auto& pieces = prepared_.pieces;
    for (size_t first = 0, last = 0; first < pieces.size(); first = last) {
      for (last = first + 1; last < pieces.size() && pieces[last].end - pieces[first].begin <= kChunkBytes;) ++last;
      const bool too_large = pieces[first].end - pieces[first].begin > kStatementBytesMax;
      if (too_large || !read(pieces[first].begin, pieces[last - 1].end)) last = read_pieces(first, last);
    }
  }

  // Up to `last`, or less far when a forgotten quote made new pieces of the rest. Yields where to go on.
  size_t read_pieces(size_t first, size_t last) {
    for (; first < last; ++first) {
      Range piece = prepared_.pieces[first];
      const auto problem = read_piece(piece);
      if (!problem) continue;
      const auto& ends = prepared_.doubtful_ends;
      while (doubt_ < ends.size() && ends[doubt_] <= piece.begin) ++doubt_;
      const bool restart = doubt_ < ends.size() && ends[doubt_] < piece.end && restarts_ < kMostRestarts;
      if (restart) {
        piece.end = ends[doubt_] - 1;
        restart_at(ends[doubt_], first + 1);
      }
      add_error(piece, problem->message, piece.begin + problem->at);
      if (restart) return first + 1;
    }
    return last;
  }

  struct Problem {
    std::string message;
    size_t at = 0;
  };

  // What is wrong with the piece; nothing when it was read.
  std::optional<Problem> read_piece(const Range& piece) {
    if (piece.end - piece.begin > kStatementBytesMax) return Problem{"the statement is larger than 8 MB", 0};
    std::string text = prepared_.text.substr(piece.begin, piece.end - piece.begin);
    std::optional<Problem> first;
    for (int aliases = 0; aliases <= kMostAliases; ++aliases) {
      const PgTree tree(text);
      if (tree.ok() && aliases == 0) {
        read_statements(tree, text, piece.begin);
        return std::nullopt;
      }
      if (tree.ok() && tree.statements().size() == 1) {
        const auto* raw = BGDB_AS(RawStmt, tree.statements()[0]);
        add_statement(text, {0, text.size()}, piece, raw->stmt);
        return std::nullopt;
      }
      if (!first) first = Problem{tree.error(), tree.error_offset()};
      // PostgreSQL 16 does without an alias there, so it gets one.
      if (tree.error() != "subquery in FROM must have an alias") break;
      text.insert(behind_matching(text, tree.error_offset()), " _");
    }
    if (read_in_older_words(piece)) return std::nullopt;
    return first;
  }

  // Text and span stay those of the original.
  bool read_in_older_words(const Range& piece) {
    const auto older = in_older_words(std::string_view(prepared_.text).substr(piece.begin, piece.end - piece.begin));
    if (!older) return false;
    const PgTree tree(*older);
    if (!tree.ok() || tree.statements().size() != 1) return false;
    const auto* raw = BGDB_AS(RawStmt, tree.statements()[0]);
    add_statement(*older, {0, older->size()}, piece, raw->stmt);
    return true;
  }

  // Reads the text from `at` on anew: a quote before it was one too many or one too few.
  void restart_at(size_t at, size_t pieces_before) {
    ++restarts_;
    auto rest = prepare(original_.substr(at), delimiter_);
    prepared_.text.replace(at, std::string::npos, rest.text);
    prepared_.pieces.resize(pieces_before);
    const auto put = [&](std::vector<Range>& all, const std::vector<Range>& more) {
      while (!all.empty() && all.back().begin >= at) all.pop_back();
      for (const Range& range : more) all.push_back({range.begin + at, range.end + at});
    };
    put(prepared_.pieces, rest.pieces);
    put(prepared_.comments, rest.comments);
    put(prepared_.placeholders, rest.placeholders);
    put(prepared_.meta_commands, rest.meta_commands);
    put(prepared_.copy_data, rest.copy_data);
    for (auto* list : {&prepared_.nul_bytes, &prepared_.doubtful_ends}) {
      while (!list->empty() && list->back() > at) list->pop_back();
    }
    for (const size_t nul : rest.nul_bytes) prepared_.nul_bytes.push_back(nul + at);
    for (const size_t end : rest.doubtful_ends) prepared_.doubtful_ends.push_back(end + at);
  }

  // `base`: where `text` begins in the whole text.
  void read_statements(const PgTree& tree, const std::string& text, size_t base) {
    for (const PgNode* node : tree.statements()) {
      const auto* raw = BGDB_AS(RawStmt, node);
      if (raw == nullptr) continue;
      const auto from = static_cast<size_t>(std::max(raw->stmt_location, 0));
      const size_t to = raw->stmt_len == 0 ? text.size() : from + static_cast<size_t>(raw->stmt_len);
      const Range local = solid_range(text, from, to, base);
      add_statement(text, local, {local.begin + base, local.end + base}, raw->stmt);
    }
  }

  // From the first token to the last: usually exactly the next piece that prepare() found.
  Range solid_range(std::string_view text, size_t from, size_t to, size_t base) {
    text = text.substr(0, to);
    Range range;
    range.begin = range.end = next_solid(text, from).begin;
    while (piece_ < prepared_.pieces.size() && prepared_.pieces[piece_].begin < range.begin + base) ++piece_;
    if (piece_ < prepared_.pieces.size() && prepared_.pieces[piece_].begin == range.begin + base &&
        prepared_.pieces[piece_].end <= to + base) {
      range.end = prepared_.pieces[piece_].end - base;
      return range;
    }
    for (Token token = next_solid(text, from); token.kind != TokenKind::end; token = next_solid(text, token.end)) {
      range.end = token.end;
    }
    return range;
  }

  // EXECUTE of what was prepared before is that statement.
  void add_statement(const std::string& text, const Range& local, const Range& range, const PgNode* node) {
    if (const size_t at = first_nul(range); at < range.end) {
      return add_error(range, "the statement holds a NUL byte, which PostgreSQL does not accept", at);
    }
    Statement statement = new_statement(range);
    if (skim_ && moves_rows(node)) {
      statement.node = Query{};
      return emit(std::move(statement));
    }
    try {
      const Context context{text, local.begin, local.end};
      statement.node = convert_statement(context, node);
      if (const auto* prepare = BGDB_AS(PrepareStmt, node)) {
        prepared_statements_[text_of(prepare->name)] = convert_statement(context, prepare->query);
      } else if (const auto* execute = BGDB_AS(ExecuteStmt, node)) {
        const auto known = prepared_statements_.find(text_of(execute->name));
        if (known != prepared_statements_.end()) statement.node = known->second;
      }
    } catch (const TooDeep&) {
      return add_error(range, kTooDeepMessage, range.begin);
    }
    emit(std::move(statement));
  }

  void add_error(const Range& range, std::string message, size_t at) {
    if (is_invisible(original_.substr(range.begin, range.end - range.begin))) return;
    Statement statement = new_statement(range);
    statement.parsed = false;
    statement.error = std::move(message);
    at = std::clamp(at, range.begin, range.end);
    const Token token = next_token(std::string_view(prepared_.text).substr(0, range.end), at);
    statement.error_span = lines_.span(at, std::max(at, token.end));
    emit(std::move(statement));
  }

  void emit(Statement statement) {
    if (each_) return each_(std::move(statement));
    out_.statements.push_back(std::move(statement));
  }

  Statement new_statement(const Range& range) {
    Statement statement;
    statement.span = lines_.span(range.begin, range.end);
    statement.text = std::string(original_.substr(range.begin, range.end - range.begin));
    statement.has_placeholder = has_placeholder(range);
    return statement;
  }

  // Statements come in order, so one index walks along with them.
  bool has_placeholder(const Range& range) {
    const auto& all = prepared_.placeholders;
    while (placeholder_ < all.size() && all[placeholder_].begin < range.begin) ++placeholder_;
    return placeholder_ < all.size() && all[placeholder_].begin < range.end;
  }

  size_t first_nul(const Range& range) const {
    const auto at = std::lower_bound(prepared_.nul_bytes.begin(), prepared_.nul_bytes.end(), range.begin);
    return at == prepared_.nul_bytes.end() ? range.end : std::min(*at, range.end);
  }

  void add_comments() {
    for (const Range& range : prepared_.comments) {
      std::string_view text = original_.substr(range.begin, range.end - range.begin);
      CommentText comment;
      comment.span = lines_.span(range.begin, range.end);
      comment.line = text.substr(0, 2) == "--";
      comment.own_line = lines_.starts_line(range.begin);
      text.remove_prefix(std::min<size_t>(2, text.size()));
      if (!comment.line && text.size() >= 2 && text.substr(text.size() - 2) == "*/") text.remove_suffix(2);
      while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
      while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
      comment.text = std::string(text);
      out_.comments.push_back(std::move(comment));
    }
  }

  void add_skipped(const Range& range, const char* what) {
    out_.skipped.push_back({lines_.span(range.begin, range.end), what});
  }

  static constexpr size_t kMostRestarts = 50;  // each reads the rest of the text again
  static constexpr int kMostAliases = 20;

  std::string_view original_;
  std::string_view delimiter_;
  const std::function<void(Statement)>& each_;
  bool skim_;
  Prepared prepared_;
  LineIndex lines_;
  std::map<std::string, Node> prepared_statements_;
  ParsedText out_;
  size_t piece_ = 0;
  size_t placeholder_ = 0;
  size_t doubt_ = 0;
  size_t restarts_ = 0;
};

Error bad_piece(const char* what, std::string_view sql, const std::string& why) {
  std::string message = std::string("not a valid SQL ") + what + ": " + std::string(sql);
  if (!why.empty()) message += " (" + why + ")";
  return make_error(ErrorCode::input, std::move(message));
}

}  // namespace

ParsedText parse_sql(std::string_view text, const ParseOptions& options) {
  return Reader(text, options).run();
}

Result<Expr> parse_expression(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) return fail(bad_piece("expression", "", "it holds a NUL byte"));
  const std::string text = "SELECT " + std::string(sql);
  const PgTree tree(text);
  const ResTarget* target = only_target(tree);
  if (target == nullptr) return fail(bad_piece("expression", sql, tree.error()));
  try {
    return convert_expr(target->val, solid_text(sql, 0));
  } catch (const TooDeep&) {
    return fail(bad_piece("expression", sql.substr(0, 60), kTooDeepMessage));
  }
}

Result<TypeName> parse_type(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) return fail(bad_piece("type", "", "it holds a NUL byte"));
  const std::string text = "SELECT CAST(NULL AS " + std::string(sql) + "\n)";
  const PgTree tree(text);
  const ResTarget* target = only_target(tree);
  const auto* cast = target == nullptr ? nullptr : BGDB_AS(TypeCast, target->val);
  if (cast == nullptr) return fail(bad_piece("type", sql, tree.error()));
  return convert_type(cast->typeName);
}

}  // namespace bgdb::parse
