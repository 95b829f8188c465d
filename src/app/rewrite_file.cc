#include "app/rewrite_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/text_diff.h"
#include "lint/linter.h"
#include "schema/apply.h"

namespace bgdb::app {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorCode::io, "cannot read " + path.string(), "check the path and your rights on it");
  return text.str();
}

bool folder_is_name(const migration::File& file) {
  return file.framework == migration::Framework::diesel || file.framework == migration::Framework::prisma;
}

// The folder in which the framework keeps its migrations.
fs::path home_of(const migration::File& file) {
  auto folder = fs::path(file.path).parent_path();
  if (folder_is_name(file)) folder = folder.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

bool same_file(const std::string& left, const std::string& right) {
  std::error_code ignored;
  return fs::equivalent(left, right, ignored);
}

// The schema that all files before `base` leave.
Result<size_t> replay(const migration::Set& set, const migration::File& base, bool all, schema::Replay& schema) {
  size_t count = 0;
  for (const auto& file : set.files) {
    if (same_file(file.path, base.path)) {
      if (!all) break;
      continue;
    }
    if (file.path.find(".rewrite/") != std::string::npos) continue;  // an earlier answer; its original stands beside it
    const auto loaded = BGDB_TRY(migration::load(file));
    for (const auto& statement : loaded.up.statements) schema.apply(statement);
    schema.end_of_file();
    ++count;
  }
  return count;
}

// The last word on our own output: what lint calls a break of the old version must not be in expand.
Result<void> refuse_unsafe(Rewritten& result, const schema::Catalog& before) {
  std::string expand;
  for (const auto& file : result.files) {
    if (file.phase != rewrite::Phase::expand || file.undo || !file.path.ends_with(".sql")) continue;
    auto base = result.base;
    base.path = file.path;
    for (const auto& section : migration::sections(base, file.text)) {
      if (section.direction == migration::Direction::up)
        expand += file.text.substr(section.offset, section.length) + "\n";
    }
  }
  const auto rules = BGDB_TRY(lint::RuleBook::built_in());
  lint::Options options;
  options.framework = migration::Framework::plain;
  lint::Linter linter(rules, options, [](lint::FileReport) {});
  const auto report = linter.lint_text("1_expand.sql", expand, before);
  for (const auto& finding : report.findings) {
    const auto* rule = rules.find(finding.rule);
    if (finding.severity != lint::Severity::error || rule == nullptr || !rule->about_old_version) continue;
    const auto& statements = report.statements;
    const bool known = finding.statement >= 0 && static_cast<size_t>(finding.statement) < statements.size();
    const auto text =
        known ? expand.substr(statements[static_cast<size_t>(finding.statement)].span.offset, 80) : finding.rule;
    result.plan.refused.push_back({1, text.substr(0, text.find('\n')),
                                   "the expand step would still break the old version: " + finding.message,
                                   "move the statement that this comes from to a migration of its own"});
  }
  if (!result.plan.refused.empty()) result.files.clear();
  return {};
}

// Put in place whole: half a migration must never look like one.
Result<void> write_whole(const std::string& path, const std::string& text) {
  std::error_code error;
  const std::string aside = path + ".tmp";
  std::ofstream out(aside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (out) fs::rename(aside, path, error);
  if (!out || error) {
    std::error_code ignored;
    fs::remove(aside, ignored);
    return fail(ErrorCode::io, "cannot write " + path, "check the folder and your rights on it");
  }
  return {};
}

}  // namespace

Result<Rewritten> rewrite_file(const RewriteOptions& options) {
  if (!fs::is_regular_file(options.file)) {
    return fail(ErrorCode::input, options.file + " is no file", "name one migration file to rewrite");
  }
  Rewritten result;
  auto own_home = fs::path(options.file).parent_path();
  const auto name = fs::path(options.file).filename().string();
  if (name == "up.sql" || name == "migration.sql") own_home = own_home.parent_path();
  if (own_home.empty()) own_home = ".";
  const auto folder = options.schema_from.empty() ? own_home.string() : options.schema_from;
  const auto set = BGDB_TRY(migration::discover({own_home.string()}, options.framework));
  for (const auto& file : set.files) {
    if (same_file(file.path, options.file)) result.base = file;
  }
  if (result.base.path.empty()) {
    return fail(ErrorCode::input, options.file + " is no migration of " + own_home.string() + " that runs forward",
                "name an up file, or the framework with --framework");
  }
  result.base.path = options.file;
  schema::Replay schema;
  if (options.schema_from.empty()) {
    result.replayed = BGDB_TRY(replay(set, result.base, false, schema));
  } else {
    const auto other = BGDB_TRY(migration::discover({folder}));
    result.replayed = BGDB_TRY(replay(other, result.base, false, schema));
  }
  const auto text = BGDB_TRY(read_text(options.file));
  if (text.find('\0') != std::string::npos) {
    return fail(ErrorCode::input, options.file + " holds zero bytes, so it is no text", "name a migration in UTF-8");
  }
  result.original = text;
  if (options.in_place) {
    auto fixed = rewrite::fix_in_place(result.base, text, schema.catalog());
    if (!fixed) return fail(fixed.error().with_context(options.file));
    result.in_place = *std::move(fixed);
    return result;
  }
  auto plan = rewrite::rewrite_text(result.base, text, schema.catalog());
  if (!plan) return fail(plan.error().with_context(options.file));
  result.plan = *std::move(plan);
  if (result.plan.nothing_to_rewrite() || !result.plan.refused.empty()) return result;
  const auto home = home_of(result.base);
  const auto output =
      options.output_folder.empty() ? home / (result.base.stem() + ".rewrite") : fs::path(options.output_folder);
  result.files = rewrite::render(result.plan, result.base);
  BGDB_CHECK(refuse_unsafe(result, schema.catalog()));
  for (auto& file : result.files) {
    const auto path = fs::path(file.path);
    file.path = (output / (path.has_parent_path() ? path.lexically_relative(home) : path)).string();
  }
  return result;
}

std::string diff_of(const Rewritten& result) {
  if (result.in_place) return unified_diff(result.base.path, result.original, result.base.path, result.in_place->text);
  if (result.files.empty()) return {};
  std::string diff = unified_diff(result.base.path, result.original, {}, {});  // it must not run any more
  for (const auto& file : result.files) diff += unified_diff({}, {}, file.path, file.text);
  return diff;
}

Result<void> write_rewritten(const Rewritten& result) {
  if (result.in_place) {
    if (result.in_place->text == result.original) return {};
    if (BGDB_TRY(read_text(result.base.path)) != result.original) {
      return fail(ErrorCode::refused, result.base.path + " was changed meanwhile", "run the command again");
    }
    return write_whole(result.base.path, result.in_place->text);
  }
  for (const auto& file : result.files) {
    if (!fs::exists(file.path)) continue;
    if (BGDB_TRY(read_text(file.path)) != file.text) {
      return fail(ErrorCode::refused, file.path + " exists and holds something else",
                  "remove it, or give another folder with -o");
    }
  }
  for (const auto& file : result.files) {
    std::error_code error;
    fs::create_directories(fs::path(file.path).parent_path(), error);
    BGDB_CHECK(write_whole(file.path, file.text));
  }
  return {};
}

}  // namespace bgdb::app
