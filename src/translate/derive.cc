// Pairs the tables of both sides by the migration's own renames and mapping.yml, then derives each direction's rules.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/nearest.h"
#include "translate/mapping.h"
#include "translate/table_rules.h"

namespace bgdb::translate {
namespace {

using schema::Relation;
using schema::RelationKind;

class Deriver {
 public:
  explicit Deriver(const DeriveInput& input) : input_(input), lineage_(*input.blue, input.migration) {}

  Result<MappingPair> run() {
    check_override_names();
    std::vector<QualifiedName> tables = input_.tables;
    std::sort(tables.begin(), tables.end());
    for (const QualifiedName& name : tables) add_table(name, tables);
    for (const auto& [name, relation] : input_.green->relations) {
      const bool table = relation.kind == RelationKind::table || relation.kind == RelationKind::partitioned_table;
      if (table && !relation.partition_of && paired_.count(name) == 0 && input_.blue->relations.count(name) == 0) {
        pair_.reverse.source_only.push_back(name);
      }
    }
    const auto by_source = [](const TableMapping& a, const TableMapping& b) { return a.source < b.source; };
    std::sort(pair_.forward.tables.begin(), pair_.forward.tables.end(), by_source);
    std::sort(pair_.reverse.tables.begin(), pair_.reverse.tables.end(), by_source);
    pair_.notes = lineage_.notes();
    for (const QualifiedName& name : tables) note_partitions(name);
    if (!not_run_.empty()) {  // everything else follows from it
      return fail(ErrorCode::refused, "green does not have the new schema yet: " + not_run_,
                  "run the migration on green first: bgdb migrate");
    }
    if (!problems_.empty()) return fail(problems_.to_error());
    return std::move(pair_);
  }

 private:
  const TableOverride* override_of(const QualifiedName& blue) const {
    for (const TableOverride& table : input_.overrides.tables) {
      if (table.blue == blue) return &table;
    }
    return nullptr;
  }

  void check_override_names() {
    std::vector<std::string> known;
    for (const QualifiedName& name : input_.tables) known.push_back(name.display());
    for (const TableOverride& table : input_.overrides.tables) {
      if (std::find(input_.tables.begin(), input_.tables.end(), table.blue) != input_.tables.end()) continue;
      const std::string near = core::nearest(table.blue.display(), known);
      problems_.add(
          fmt::format("mapping.yml describes {}, which is no table of blue that takes part", table.blue.display()),
          near.empty() ? "names are those of blue; see tables.include and tables.exclude in bgdb.yml"
                       : fmt::format("did you mean {}?", near));
    }
  }

  // Rows travel under the root's name; what happens to a partition as a whole does not travel at all.
  void note_partitions(const QualifiedName& name) {
    const Relation* blue = input_.blue->relation(name);
    if (blue == nullptr || blue->kind != RelationKind::partitioned_table) return;
    pair_.notes.push_back(
        fmt::format("{}: TRUNCATE, DETACH or DROP of a single partition is not in the stream, the other side keeps its "
                    "rows: delete "
                    "the rows first, or do the same there",
                    name.display()));
  }

  void add_table(const QualifiedName& name, const std::vector<QualifiedName>& all) {
    const Relation* blue = input_.blue->relation(name);
    if (blue == nullptr) {
      problems_.add(fmt::format("blue has no table {}", name.display()), "see tables.include in bgdb.yml");
      return;
    }
    if (blue->partition_of && std::find(all.begin(), all.end(), *blue->partition_of) != all.end())
      return;  // by its root
    if (blue->kind != RelationKind::table && blue->kind != RelationKind::partitioned_table) return;
    if (blue->persistence == 'u') {
      problems_.add(fmt::format("blue table {} is unlogged: it is silently absent from replication", name.display()),
                    fmt::format("alter table {} set logged, or leave it out (tables.exclude)", name.sql()));
      return;
    }
    const TableLineage* lineage = lineage_.table(blue->name);
    const TableOverride* written = override_of(name);
    const Relation* green = find_green(*blue, lineage, written);
    if (green == nullptr) return;
    const auto [paired, alone] = paired_.emplace(green->name, blue->name);
    if (!alone) {
      problems_.add(
          fmt::format("{} and {} both go to green's {}: a TRUNCATE or DELETE of one would take the other's rows",
                      paired->second.display(), blue->name.display(), green->name.display()),
          fmt::format("mapping.yml: tables.{}.to: <a table of its own>, or list it in tables.exclude",
                      blue->name.display()));
      return;
    }
    add_pair(*blue, *green, lineage, written);
  }

  const Relation* find_green(const Relation& blue, const TableLineage* lineage, const TableOverride* written) {
    QualifiedName name = blue.name;
    if (written != nullptr && !written->green.empty()) {
      name = written->green;
    } else if (lineage != nullptr && lineage->recreated && !lineage->dropped) {
      problems_.add(fmt::format("table {} was renamed to {} and created anew: which of them continues it?",
                                blue.name.display(), lineage->now.display()),
                    fmt::format("mapping.yml: tables.{}.to: <table of green>", blue.name.display()));
      return nullptr;
    } else if (lineage != nullptr && lineage->dropped && !lineage->recreated) {
      pair_.forward.source_only.push_back(blue.name);
      return nullptr;
    } else if (lineage != nullptr && !lineage->dropped) {
      name = lineage->now;
    }
    const Relation* green = input_.green->relation(name);
    if (green == nullptr) {
      const bool renamed = lineage != nullptr && name == lineage->now && name != blue.name;
      if (renamed && input_.green->relation(blue.name) != nullptr) {
        not_run_ = fmt::format("the migration renames table {} to {}, green still has {}", blue.name.display(),
                               name.display(), blue.name.display());
      }
      problems_.add(fmt::format("green has no table {} (blue's {})", name.display(), blue.name.display()),
                    fmt::format("mapping.yml: tables.{}.to: <table of green>", blue.name.display()));
      return nullptr;
    }
    if (green->kind != RelationKind::table && green->kind != RelationKind::partitioned_table) {
      problems_.add(fmt::format("{} is no table on green (a view cannot be written by replication)", name.display()),
                    fmt::format("mapping.yml: tables.{}.to: <the table below it>", blue.name.display()));
      return nullptr;
    }
    return green;
  }

  // blue column -> green column: written renames first, then the migration's, then equal names.
  std::map<std::string, std::string> pair_columns(const Relation& blue, const Relation& green,
                                                  const TableLineage* lineage, const TableOverride* written) {
    std::map<std::string, std::string> pairs;
    for (const auto& column : blue.columns) {
      if (written != nullptr && written->renames.count(column.name) != 0) {
        pairs[column.name] = written->renames.at(column.name);
        continue;
      }
      const bool recreated = lineage != nullptr && lineage->recreated;
      const ColumnLineage* known = lineage != nullptr && !recreated ? lineage->by_blue(column.name) : nullptr;
      if (known != nullptr && known->dropped) {
        check_dropped_is_written(blue, column, written);
        continue;
      }
      const std::string now = known != nullptr ? known->now : column.name;
      if (now != column.name && green.column(now) == nullptr && green.column(column.name) != nullptr) {
        not_run_ = fmt::format("the migration renames column {}.{} to {}, green still has {}", blue.name.display(),
                               column.name, now, column.name);
      }
      if (green.column(now) != nullptr) {
        pairs[column.name] = now;
      } else if (written == nullptr || !is_read_forward(*written, column.name)) {
        problems_.add(
            fmt::format("blue column {}.{} has no counterpart in green's {}", blue.name.display(), column.name,
                        green.name.display()),
            fmt::format("mapping.yml: tables.{}.renames: {{ {}: <column of green> }}; if a migration drops or "
                        "renames it, is migrations.baseline in bgdb.yml right?",
                        blue.name.display(), column.name));
      } else {
        check_dropped_is_written(blue, column, written);
      }
    }
    return pairs;
  }

  static bool is_read_forward(const TableOverride& written, const std::string& blue_column) {
    return std::any_of(written.forward.begin(), written.forward.end(), [&](const auto& entry) {
      const auto expression = parse::parse_expression(entry.second);
      return expression && std::any_of(expression->columns.begin(), expression->columns.end(),
                                       [&](const auto& column) { return column.name == blue_column; });
    });
  }

  // A dropped column that a forward rule reads lives on in green under another shape: the way back must be written.
  void check_dropped_is_written(const Relation& blue, const schema::Column& column, const TableOverride* written) {
    if (written == nullptr || written->reverse.count(column.name) != 0 || written->lossy.count(column.name) != 0)
      return;
    if (!is_read_forward(*written, column.name)) return;
    const std::string table = blue.name.display();
    problems_.add(
        fmt::format("blue column {}.{} is translated to green, but nothing brings it back", table, column.name),
        fmt::format("mapping.yml: tables.{}.reverse: {{ {}: \"<SQL over green's columns>\" }}, or accept it: "
                    "tables.{}.lossy: {{ {}: \"<why>\" }}",
                    table, column.name, table, column.name));
  }

  void add_pair(const Relation& blue, const Relation& green, const TableLineage* lineage,
                const TableOverride* written) {
    const auto pairs = pair_columns(blue, green, lineage, written);
    DirectionInput forward;
    forward.source_catalog = input_.blue;
    forward.target_catalog = input_.green;
    forward.source = &blue;
    forward.target = &green;
    forward.lineage = &lineage_;
    forward.table_lineage = lineage;
    forward.mapping_key = "tables." + blue.name.display();
    DirectionInput reverse = forward;
    reverse.forward = false;
    std::swap(reverse.source_catalog, reverse.target_catalog);
    std::swap(reverse.source, reverse.target);
    if (written != nullptr) {
      forward.written = reverse.written_back = written->forward;
      reverse.written = forward.written_back = written->reverse;
      forward.lossy = reverse.lossy = written->lossy;
    }
    for (const auto& [blue_column, green_column] : pairs) {
      const ColumnLineage* known = lineage != nullptr && !lineage->recreated ? lineage->by_blue(blue_column) : nullptr;
      const bool from_using = known != nullptr && known->value != quote_ident(blue_column);
      const bool computed = known != nullptr && known->transformed;
      const bool written_forward = written != nullptr && written->forward.count(green_column) != 0;
      Counterpart& there = forward.counterparts[green_column];
      there.source = blue_column;
      there.from_using = from_using && computed;
      there.cast_written = from_using && !computed;
      if (there.from_using) {
        there.value = known->value;
        there.reads = known->reads;
      }
      // A rule written for one direction says that the values differ: the other direction must be written, too.
      Counterpart& back = reverse.counterparts[blue_column];
      back.source = green_column;
      back.transformed = computed || (written_forward && !is_column(*written, green_column));
    }
    pair_.forward.tables.push_back(derive_direction(forward, problems_));
    pair_.reverse.tables.push_back(derive_direction(reverse, problems_));
  }

  static bool is_column(const TableOverride& written, const std::string& green_column) {
    const auto expression = parse::parse_expression(written.forward.at(green_column));
    return expression && expression->columns.size() == 1 && expression->sql == quote_ident(expression->columns[0].name);
  }

  const DeriveInput& input_;
  Lineage lineage_;
  Problems problems_;
  std::string not_run_;  // the sign that the migration has not run on green
  MappingPair pair_;
  std::map<QualifiedName, QualifiedName> paired_;  // green -> blue
};

}  // namespace

const TableMapping* Mapping::table(const QualifiedName& source) const {
  for (const TableMapping& candidate : tables) {
    if (candidate.source == source) return &candidate;
  }
  return nullptr;
}

Error Problems::to_error() const {
  std::string message = fmt::format("the two schemas cannot be kept in step yet: {} {}", list_.size(),
                                    list_.size() == 1 ? "problem" : "problems");
  for (const Problem& problem : list_) message += fmt::format("\n  - {}\n      cure: {}", problem.what, problem.cure);
  return make_error(ErrorCode::refused, std::move(message),
                    "mapping.yml is only for what cannot be derived; bgdb mapping derive shows the rest");
}

Result<MappingPair> derive(const DeriveInput& input) {
  BGDB_ASSERT(input.blue != nullptr && input.green != nullptr);
  return Deriver(input).run();
}

}  // namespace bgdb::translate
