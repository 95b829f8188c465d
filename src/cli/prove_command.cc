// bgdb prove: what lint says about a migration, compared with what a server does. Exit 0 they agree and no old query
// broke, 1 they differ, an old query broke or a statement was refused, 2 usage or internal error, 3 the database is not
// marked.
#include "prove/prove.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"

namespace bgdb::cli {
namespace {

using nlohmann::json;

struct ProveOptions {
  prove::Options prove;
  std::string framework;
  bool scratch = false;  // the default, said aloud
};

json names(const prove::Relations& relations) {
  auto out = json::array();
  for (const auto& name : relations) out.push_back(name.display());
  return out;
}

json to_json(const prove::StatementProof& statement) {
  const auto& seen = statement.observed;
  json out{{"index", statement.index},
           {"line", statement.span.line},
           {"kind", statement.kind},
           {"duration_us", seen.duration.count()},
           {"rewrites", names(seen.rewrites)},
           {"scans", names(seen.scans)},
           {"index_builds", names(seen.index_builds)}};
  out["locks"] = json::array();
  for (const auto& [relation, mode] : seen.locks)
    out["locks"].push_back({{"relation", relation.display()}, {"mode", lint::to_string(mode)}});
  if (seen.failure) out["failure"] = {{"sqlstate", seen.failure->sqlstate}, {"message", seen.failure->message}};
  if (!statement.not_run.empty()) out["not_run"] = statement.not_run;
  if (!statement.not_compared.empty()) out["not_compared"] = statement.not_compared;
  out["differences"] = json::array();
  for (const auto& one : statement.differences) {
    out["differences"].push_back(
        {{"what", one.what}, {"object", one.object}, {"predicted", one.predicted}, {"observed", one.observed}});
  }
  return out;
}

json to_json(const prove::FileProof& proof) {
  json out{{"path", proof.report.path},
           {"old_version", lint::to_string(proof.report.verdict.old_version)},
           {"verdict_refuted", proof.verdict_refuted()},
           {"notes", proof.notes}};
  out["statements"] = json::array();
  for (const auto& statement : proof.statements) out["statements"].push_back(to_json(statement));
  json queries{{"tried", proof.tried}, {"planned_only", proof.planned_only}, {"not_tried", proof.not_tried}};
  queries["broken"] = json::array();
  for (const auto& query : proof.broken) {
    queries["broken"].push_back({{"statement", query.statement},
                                 {"sqlstate", query.sqlstate},
                                 {"message", query.message},
                                 {"query", query.sql}});
  }
  out["old_queries"] = std::move(queries);
  return out;
}

// "AccessExclusiveLock on public.a, public.b"
std::string strongest_lock(const prove::Observation& seen) {
  auto mode = lint::LockMode::access_share;
  for (const auto& [relation, held] : seen.locks) mode = std::max(mode, held);
  std::string out;
  for (const auto& [relation, held] : seen.locks) {
    if (held == mode) out += (out.empty() ? "" : ", ") + relation.display();
  }
  return out.empty() ? "" : fmt::format("{} on {}", lint::to_string(mode), out);
}

std::string list(const prove::Relations& relations) {
  std::string out;
  for (const auto& name : relations) out += (out.empty() ? "" : ", ") + name.display();
  return out;
}

std::string outcome(const prove::StatementProof& statement) {
  if (!statement.not_run.empty()) return "not run";
  if (!statement.differences.empty()) return styled("differs", Style::red);
  if (statement.observed.failure) return styled("refused", Style::yellow);
  return statement.not_compared.empty() ? styled("as predicted", Style::green) : "not predicted";
}

int line_of(const prove::FileProof& proof, int statement) {
  for (const auto& one : proof.statements) {
    if (one.index == statement) return one.span.line;
  }
  return 0;
}

std::string details(const prove::FileProof& proof) {
  std::string text;
  for (const auto& statement : proof.statements) {
    const auto at = fmt::format("{}:{}", proof.report.path, statement.span.line);
    if (statement.observed.failure) {
      const auto& failure = *statement.observed.failure;
      text += fmt::format("{}: refused: {} [{}]\n", at, failure.message, failure.sqlstate);
    }
    if (!statement.not_run.empty()) text += fmt::format("{}: not run: {}\n", at, statement.not_run);
    for (const auto& one : statement.differences)
      text += fmt::format("{}: {} {}\n", at, styled("error of bgdb:", Style::red), prove::to_string(one));
  }
  for (const auto& query : proof.broken) {
    text += fmt::format("{}:{}: {} {}\n    {} [{}]\n", proof.report.path, line_of(proof, query.statement),
                        styled("breaks", Style::yellow), query.sql, query.message, query.sqlstate);
  }
  if (proof.verdict_refuted()) {
    text += fmt::format("{}: {} lint said that the old version works during and after it\n", proof.report.path,
                        styled("error of bgdb:", Style::red));
  }
  if (proof.tried > 0 || !proof.not_tried.empty()) {
    text += fmt::format("{} old queries tried ({} of them only planned), {} broken, {} not tried\n", proof.tried,
                        proof.planned_only, proof.broken.size(), proof.not_tried.size());
  }
  for (const auto& note : proof.notes) text += fmt::format("{}: {}\n", styled("note", Style::dim), note);
  return text;
}

void show(const prove::FileProof& proof) {
  print(styled(proof.report.path, Style::bold) + "\n");
  Table table({"line", "statement", "observed lock", "rewrites", "reads in full", "ms", ""},
              {true, false, false, false, false, true, false});
  for (const auto& statement : proof.statements) {
    const auto& seen = statement.observed;
    table.add({std::to_string(statement.span.line), statement.kind, strongest_lock(seen), list(seen.rewrites),
               list(seen.scans), fmt::format("{:.1f}", static_cast<double>(seen.duration.count()) / 1000),
               outcome(statement)});
  }
  print(table.render() + details(proof) + "\n");
}

Result<int> run(ProveOptions options, bool as_json) {
  if (!options.framework.empty())
    options.prove.framework = BGDB_TRY(migration::framework_from_string(options.framework));
  if (options.prove.old_queries == "pg_stat_statements" && options.prove.on.empty()) {
    return fail(ErrorCode::usage, "a scratch server has seen no queries of the application",
                "use --on with a copy whose pg_stat_statements is filled, or --old-queries FILE");
  }
  auto files = json::array();
  size_t differences = 0, worth_telling = 0;
  const auto version = BGDB_TRY(prove::prove(options.prove, [&](const prove::FileProof& proof) {
    differences += proof.differences();
    worth_telling += proof.broken.size() + (proof.failed() ? 1 : 0);
    if (as_json) files.push_back(to_json(proof));
    if (!as_json) show(proof);
  }));
  if (as_json) {
    print(json{{"version", 1}, {"pg_version", version}, {"differences", differences}, {"files", files}}.dump(2) + "\n");
  } else if (differences > 0) {
    print(fmt::format("{} differences between what bgdb predicts and what PostgreSQL {} did: please report them.\n",
                      differences, version));
  }
  return differences + worth_telling > 0 ? 1 : 0;
}

}  // namespace

void add_prove(CLI::App& app, const Global& global, Exit& exit) {
  auto* command = app.add_subcommand("prove", "Run a migration on a throwaway server and compare with what lint says");
  auto options = std::make_shared<ProveOptions>();
  command->add_option("path", options->prove.path, "A migration file, or a folder: every file of it")->required();
  auto* on = command->add_option("--on", options->prove.on, "A copy of a real database, marked as throwaway");
  command
      ->add_flag("--scratch", options->scratch,
                 "A scratch server on this machine, with the earlier files' schema (the default)")
      ->excludes(on);
  command->add_option("--pg-bin", options->prove.bin_dir, "Folder of the PostgreSQL programs of the scratch server");
  command->add_option("--old-queries", options->prove.old_queries,
                      "Queries that must go on working: a file, pg_stat_statements, or auto (made from the schema)");
  command->add_option("--framework", options->framework,
                      "flyway, golang-migrate, goose, dbmate ... (default: detected)");
  command->footer(
      "A database for --on is marked by: COMMENT ON DATABASE name IS 'bgdb throwaway'. The migration is committed "
      "there.\n"
      "Old queries run in subtransactions that are rolled back, with parameters that are made up.\n\n"
      "Examples:\n"
      "  bgdb prove migrations/V2.4.0__rename_email.sql\n"
      "  bgdb prove --old-queries auto migrations/\n"
      "  bgdb prove --on 'dbname=shop_copy' --old-queries pg_stat_statements migrations/V2.4.0__rename_email.sql\n");
  command->callback([options, &global, &exit] {
    const auto status = run(*options, global.json);
    exit.status = status ? *status : report("prove", status.error());
  });
}

}  // namespace bgdb::cli
