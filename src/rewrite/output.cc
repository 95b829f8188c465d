// A plan -> files. Steps that run together make one file; a step outside a transaction never shares one with others.
#include <algorithm>
#include <filesystem>

#include "parse/parser.h"
#include "rewrite/rewrite.h"
#include "rewrite/tokens.h"

namespace bgdb::rewrite {
namespace {

using migration::Framework;

struct Part {
  Phase phase = Phase::expand;
  bool in_transaction = true;
  std::vector<Step> steps;
};

// Frameworks that send a file as one script, which is a transaction when it holds more than one statement.
bool one_statement_a_file(Framework framework) {
  return framework == Framework::golang_migrate || framework == Framework::prisma;
}

// The step's statements, each with the comments before it.
std::vector<std::string> statements_of(const std::string& sql) {
  std::vector<std::string> texts;
  size_t begin = 0;
  for (const auto& statement : parse::parse_sql(sql).statements) {
    const size_t end = std::min(sql.find('\n', statement.span.offset + statement.span.length), sql.size() - 1) + 1;
    texts.push_back(sql.substr(begin, end - begin));
    begin = end;
  }
  return texts;
}

std::vector<Part> parts_of(const Plan& plan, Framework framework) {
  std::vector<Part> parts;
  for (const auto& step : plan.steps) {
    if (!step.in_transaction && one_statement_a_file(framework)) {
      auto texts = statements_of(step.sql);
      for (size_t i = 0; i < texts.size(); ++i) {
        Step one = step;
        one.sql = texts[i];
        if (i > 0) one.undo.clear();
        parts.push_back({step.phase, false, {one}});
      }
      continue;
    }
    const bool joins =
        !parts.empty() && parts.back().phase == step.phase && parts.back().in_transaction == step.in_transaction;
    if (!joins) parts.push_back({step.phase, step.in_transaction, {}});
    parts.back().steps.push_back(step);
  }
  return parts;
}

// goose and sql-migrate cut at semicolons unless told otherwise.
std::string protect(const std::string& sql, Framework framework) {
  if (framework != Framework::goose && framework != Framework::sql_migrate) return sql;
  const std::string mark = framework == Framework::goose ? "-- +goose Statement" : "-- +migrate Statement";
  std::string out;
  for (const auto& text : statements_of(sql)) {
    const auto body = trim(text);
    const bool inner = body.find(';') != std::string_view::npos && body.find(';') + 1 < body.size();
    out += inner ? mark + "Begin\n" + std::string(body) + "\n" + mark + "End\n" : text;
  }
  return out;
}

struct Markers {
  std::string file;
  std::string up;
  std::string down;  // empty: undo stands in a file of its own
};

Markers markers(Framework framework, bool in_transaction) {
  switch (framework) {
    case Framework::goose:
      return {in_transaction ? "" : "-- +goose NO TRANSACTION\n", "-- +goose Up\n", "-- +goose Down\n"};
    case Framework::dbmate:
      if (in_transaction) return {"", "-- migrate:up\n", "-- migrate:down\n"};
      return {"", "-- migrate:up transaction:false\n", "-- migrate:down transaction:false\n"};
    case Framework::sql_migrate:
      if (in_transaction) return {"", "-- +migrate Up\n", "-- +migrate Down\n"};
      return {"", "-- +migrate Up notransaction\n", "-- +migrate Down notransaction\n"};
    case Framework::node_pg_migrate:
      return {"", "-- Up Migration\n", "-- Down Migration\n"};
    case Framework::tern:
      return {in_transaction ? "" : "---- tern: disable-tx ----\n", "", "---- create above / drop below ----\n"};
    case Framework::atlas:  // directives stand apart from what follows
      return {in_transaction ? "" : "-- atlas:txmode none\n\n", "", ""};
    case Framework::postgres_migrations:
      return {in_transaction ? "" : "-- postgres-migrations disable-transaction\n", "", ""};
    case Framework::graphile:
      return {in_transaction ? "" : "--! no-transaction\n", "", ""};
    case Framework::morph:
      return {in_transaction ? "" : "-- morph:nontransactional\n", "", ""};
    default:
      return {in_transaction ? "" : "-- no-transaction\n", "", ""};
  }
}

std::string base_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string sql_of(const Part& part, Framework framework) {
  std::string sql;
  for (const auto& step : part.steps) {
    sql += (sql.empty() ? "" : "\n") + (step.note.empty() ? std::string() : "-- " + step.note + "\n") +
           protect(step.sql, framework);
  }
  return sql;
}

std::string undo_of(const Part& part, Framework framework) {
  std::string sql;
  for (auto step = part.steps.rbegin(); step != part.steps.rend(); ++step) sql += protect(step->undo, framework);
  return sql.empty() ? "-- Nothing to undo.\nSELECT 1;\n" : sql;
}

// All files of one rewrite are one release: what its first ones bring is unknown to the old version.
std::string declaration(const Part& part, const migration::File& base) {
  auto release = base.stem();
  std::replace_if(
      release.begin(), release.end(), [](unsigned char c) { return std::isspace(c) != 0; }, '_');
  return "-- bgdb: phase=" + std::string(to_string(part.phase)) + " release=" + release + "\n";
}

// The files of one part: the migration, its undo, and the settings file with which the runner leaves the transaction
// out.
void render_part(const Part& part, const migration::File& base, int ordinal, size_t count,
                 std::vector<OutputFile>& files) {
  const auto framework = base.framework;
  const std::string phase(to_string(part.phase));
  const auto names = migration::name_for_phase(base, phase, ordinal);
  const auto marks = markers(framework, part.in_transaction);
  const auto place =
      std::to_string(ordinal) + " of " + std::to_string(count) + " files that replace " + base_name(base.path);
  std::string head = marks.file + declaration(part, base) + "-- " + place + "; see PLAN.md.\n";
  // 2.4 becomes 2.4.1, which reads like a patch version.
  const bool like_patch =
      framework == Framework::flyway && std::count(base.version.begin(), base.version.end(), '.') == 1;
  if (like_patch && part.phase != Phase::contract) {
    head += "-- bgdb: ignore-file breaking-in-minor-version triggers of this rewrite keep the old version working\n";
  }
  std::string gates;
  for (const auto& step : part.steps) {
    if (!step.gate.empty() && gates.find(step.gate) == std::string::npos) gates += "-- Before: " + step.gate + "\n";
  }
  std::string text = head + gates + marks.up + sql_of(part, framework);
  if (!marks.down.empty()) text += "\n" + marks.down + undo_of(part, framework);
  files.push_back({names.up_path, std::move(text), part.phase, part.in_transaction, false});
  if (framework == Framework::flyway && !part.in_transaction) {
    files.push_back({names.up_path + ".conf", "executeInTransaction=false\n", part.phase, false, false});
  }
  if (framework == Framework::diesel && !part.in_transaction) {
    const auto folder = std::filesystem::path(names.up_path).parent_path() / "metadata.toml";
    files.push_back({folder.string(), "run_in_transaction = false\n", part.phase, false, false});
  }
  if (names.down_path.empty() || !marks.down.empty()) return;
  files.push_back({names.down_path,
                   marks.file + declaration(part, base) + "-- Takes back " + base_name(names.up_path) + ".\n" +
                       undo_of(part, framework),
                   part.phase, part.in_transaction, true});
}

std::filesystem::path root_of(const migration::File& base) {
  auto folder = std::filesystem::path(base.path).parent_path();
  if (base.framework == Framework::diesel || base.framework == Framework::prisma) folder = folder.parent_path();
  return folder;
}

std::string list_of(const std::vector<OutputFile>& files, Phase phase) {
  std::string list;
  for (const auto& file : files) {
    if (file.phase != phase || file.undo || file.path.size() < 4 ||
        file.path.compare(file.path.size() - 4, 4, ".sql") != 0)
      continue;
    const auto name = std::filesystem::path(file.path).filename().string();
    const bool foldered = name == "up.sql" || name == "migration.sql";
    list += "   - `" + (foldered ? std::filesystem::path(file.path).parent_path().filename().string() + "/" : "") +
            name + "`" + (file.in_transaction ? " (one transaction)" : " (no transaction)") + "\n";
  }
  return list;
}

}  // namespace

std::string render_plan_text(const Plan& plan, const migration::File& base, const std::vector<OutputFile>& files) {
  std::string text = "# Plan for " + base_name(base.path) + "\n\n";
  if (plan.refused.empty()) text += "These files replace `" + base_name(base.path) + "`, which must not run.\n\n";
  if (!plan.changes.empty()) text += "## What changes\n\n";
  for (const auto& change : plan.changes) {
    text += "- line " + std::to_string(change.line) + ": " + change.summary + " (" + change.recipe + ")\n";
  }
  if (!plan.refused.empty()) {
    text += "\n## Not rewritten\n\nNo file was written, because of:\n\n";
    for (const auto& refusal : plan.refused) {
      text += "- line " + std::to_string(refusal.line) + ": `" + refusal.statement + "`\n  " + refusal.reason +
              ".\n  Cure: " + refusal.hint + ".\n";
    }
    return text;
  }
  text += "\n## Order\n\n";
  int number = 0;
  const auto item = [&](const std::string& what, Phase phase, const std::string& rest) {
    const auto list = list_of(files, phase);
    if (!list.empty()) text += std::to_string(++number) + ". " + what + "\n" + list + rest;
  };
  item("**Expand**, while the old version runs. It goes on working.", Phase::expand, "");
  item("**Backfill**, while the old version runs. Can be stopped and started again at any time.", Phase::backfill, "");
  const bool contract = !list_of(files, Phase::contract).empty();
  text += std::to_string(++number) +
          ". **Deploy the new version.** Old and new may run together for as long as you like" +
          (contract ? "; going back is deploying the old version again.\n" : ".\n");
  if (contract)
    text += std::to_string(++number) +
            ". **Retire the old version**: the last of its sessions is gone. This ends the way back.\n";
  item("**Contract.**", Phase::contract, "");
  if (!plan.old_version_notes.empty()) {
    text += "\n## While both versions run\n\n";
    for (const auto& note : plan.old_version_notes) text += "- " + note + "\n";
  }
  text += "\nWhen one statement writes both the old and the new column, the new one counts.\n\n## Undo\n\n";
  text += "Until contract, the undo of each file (in reverse order) brings back the old schema with all data.\n";
  const bool own = std::any_of(files.begin(), files.end(), [](const OutputFile& file) { return file.undo; });
  const bool inside = !markers(base.framework, true).down.empty();
  if (!own && !inside) {
    text += "This framework has no undo files; run these statements:\n\n```sql\n";
    for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
      if (step->phase == Phase::expand) text += step->undo;
    }
    text += "```\n";
  }
  return text;
}

std::vector<OutputFile> render(const Plan& plan, const migration::File& base) {
  std::vector<OutputFile> files;
  const auto parts = parts_of(plan, base.framework);
  for (size_t i = 0; i < parts.size(); ++i) render_part(parts[i], base, static_cast<int>(i) + 1, parts.size(), files);
  OutputFile text;
  text.path = (root_of(base) / "PLAN.md").string();
  text.text = render_plan_text(plan, base, files);
  files.push_back(std::move(text));
  return files;
}

}  // namespace bgdb::rewrite
