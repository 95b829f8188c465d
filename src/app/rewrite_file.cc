#include "app/rewrite_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/rewrite_check.h"
#include "app/text_diff.h"
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
  const auto tree = BGDB_TRY(migration::discover_all({own_home.string()}, options.framework));
  migration::Set set;  // the history of the file, which others may stand beside
  for (const auto& history : tree.histories) {
    for (const auto& file : history.files) {
      if (!same_file(file.path, options.file)) continue;
      result.base = file;
      set = history;
    }
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
  BGDB_CHECK(refuse_unsafe(result.plan, schema.catalog()));
  if (!result.plan.refused.empty()) return result;
  const auto home = home_of(result.base);
  const auto output =
      options.output_folder.empty() ? home / (result.base.stem() + ".rewrite") : fs::path(options.output_folder);
  result.files = rewrite::render(result.plan, result.base);
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
