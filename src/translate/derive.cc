// Pairs the tables of both sides by the migration's own renames and mapping.yml, then derives each direction's rules.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "core/contains.h"
#include "core/nearest.h"
#include "translate/mapping.h"
#include "translate/notes.h"
#include "translate/parts.h"
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
    derive_pairs();
    for (const auto& [name, relation] : input_.green->relations) {
      const bool table = relation.kind == RelationKind::table || relation.kind == RelationKind::partitioned_table;
      if (table && !relation.partition_of && paired_.count(name) == 0 && input_.blue->relations.count(name) == 0) {
        pair_.reverse.source_only.push_back(name);
      }
    }
    const auto by_source = [](const TableMapping& a, const TableMapping& b) {
      return std::tie(a.source, a.target) < std::tie(b.source, b.target);
    };
    std::sort(pair_.forward.tables.begin(), pair_.forward.tables.end(), by_source);
    std::sort(pair_.reverse.tables.begin(), pair_.reverse.tables.end(), by_source);
    pair_.notes = notes_of(input_, lineage_, {found_.begin(), found_.end()}, tables);
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
      if (core::contains(input_.tables, table.blue)) continue;
      const std::string near = core::nearest(table.blue.display(), known);
      problems_.add(
          fmt::format("mapping.yml describes {}, which is no table of blue that takes part", table.blue.display()),
          near.empty() ? "names are those of blue; see tables.include and tables.exclude in bgdb.yml"
                       : fmt::format("did you mean {}?", near));
    }
  }

  void add_table(const QualifiedName& name, const std::vector<QualifiedName>& all) {
    const Relation* blue = input_.blue->relation(name);
    if (blue == nullptr) {
      problems_.add(fmt::format("blue has no table {}", name.display()), "see tables.include in bgdb.yml");
      return;
    }
    if (blue->partition_of && core::contains(all, *blue->partition_of)) return;  // by its root
    if (blue->kind != RelationKind::table && blue->kind != RelationKind::partitioned_table) return;
    if (blue->persistence == 'u') {
      problems_.add(fmt::format("blue table {} is unlogged: it is silently absent from replication", name.display()),
                    fmt::format("alter table {} set logged, or leave it out (tables.exclude)", name.sql()));
      return;
    }
    const TableLineage* lineage = lineage_.table(blue->name);
    const TableOverride* written = override_of(name);
    const std::string key = "tables." + blue->name.display();
    if (written == nullptr || written->split.empty()) {
      const Relation* green = find_green(*blue, lineage, written);
      if (green != nullptr) found_.push_back({blue, green, lineage, written, key});
      return;
    }
    for (const TableOverride& part : written->split) {
      const Relation* green = find_green(*blue, lineage, &part);
      if (green == nullptr) continue;
      const bool goes_on = lineage != nullptr && !lineage->dropped && lineage->now == green->name;
      found_.push_back({blue, green, goes_on ? lineage : nullptr, &part, key + ".split." + green->name.display()});
      found_.back().split = true;
    }
  }

  // What was found goes together: one to one, a whole with its parts on green, or parts on blue with their whole.
  void derive_pairs() {
    std::map<QualifiedName, std::vector<TablePair*>> wholes, merged;
    for (TablePair& pair : found_) {
      paired_.insert(pair.green->name);
      merged[pair.green->name].push_back(&pair);
      if (pair.split) wholes[pair.blue->name].push_back(&pair);
    }
    for (auto& [green, pairs] : merged) {
      if (pairs.size() < 2) continue;
      const bool split = std::any_of(pairs.begin(), pairs.end(), [](const TablePair* pair) { return pair->split; });
      if (!split) {
        for (TablePair* pair : pairs) pair->merged = true;
        continue;
      }
      problems_.add(fmt::format("{} is a part of one table of blue and is filled by another", green.display()),
                    "a table is split or merged, not both: give each a table of its own");
      return;
    }
    for (TablePair& pair : found_) {
      check_own(pair, problems_);
      pair.columns = pair_columns(pair);
    }
    for (auto& [blue, parts] : wholes) {
      check_all_carried(parts);
      share_columns(parts, problems_);
    }
    for (auto& [green, parts] : merged) {
      if (parts.size() > 1) share_columns(parts, problems_);
    }
    for (const TablePair& pair : found_) add_pair(pair);
    for (auto& [name, parts] : wholes) {
      check_key(pair_.reverse, name, "green");
      carried_by_siblings(pair_.forward, name);
    }
    for (auto& [name, parts] : merged) {
      if (parts.size() > 1) check_key(pair_.forward, name, "blue");
    }
  }

  // A column that goes to one part is not lost because the others do not have it.
  static void carried_by_siblings(Mapping& mapping, const QualifiedName& whole) {
    std::set<std::string> read;
    for (const TableMapping* part : mapping.tables_of(whole)) {
      for (const ColumnRule& rule : part->columns) read.insert(rule.reads.begin(), rule.reads.end());
    }
    for (TableMapping& part : mapping.tables) {
      if (part.source != whole) continue;
      std::erase_if(part.unmapped_source, [&](const std::string& name) { return read.count(name) != 0; });
    }
  }

  void check_key(Mapping& mapping, const QualifiedName& whole, const std::string& side) {
    std::vector<TableMapping*> parts;
    for (TableMapping& table : mapping.tables) {
      if (table.target == whole) parts.push_back(&table);
    }
    check_shared_key(parts, side, problems_);
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
                    fmt::format("mapping.yml: tables.{}.to: <table of green>; a table that blue got since the clone: "
                                "list it in tables.exclude",
                                blue.name.display()));
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
  std::map<std::string, std::string> pair_columns(const TablePair& pair) {
    const Relation &blue = *pair.blue, &green = *pair.green;
    const TableLineage* lineage = pair.lineage;
    const TableOverride* written = pair.written;
    const auto is_own = [&](const std::string& column) {
      return written != nullptr && written->own.count(column) != 0;
    };
    std::map<std::string, std::string> pairs;
    for (const auto& column : blue.columns) {
      if (!pair.split && is_own(column.name)) continue;
      if (written != nullptr && written->renames.count(column.name) != 0) {
        pairs[column.name] = written->renames.at(column.name);
        continue;
      }
      const bool recreated = lineage != nullptr && lineage->recreated;
      const ColumnLineage* known = lineage != nullptr && !recreated ? lineage->by_blue(column.name) : nullptr;
      if (known != nullptr && known->dropped) {
        check_dropped_is_written(pair, column);
        continue;
      }
      const std::string now = known != nullptr ? known->now : column.name;
      if (now != column.name && green.column(now) == nullptr && green.column(column.name) != nullptr) {
        not_run_ = fmt::format("the migration renames column {}.{} to {}, green still has {}", blue.name.display(),
                               column.name, now, column.name);
      }
      if (green.column(now) != nullptr) {
        if (!pair.split || !is_own(now)) pairs[column.name] = now;
      } else if (written != nullptr && is_read_forward(*written, column.name)) {
        check_dropped_is_written(pair, column);
      } else if (!pair.split) {
        problem_of_lost(pair, column.name, "renames: { " + column.name + ": <column of green> }");
      }
    }
    return pairs;
  }

  void problem_of_lost(const TablePair& pair, const std::string& column, const std::string& cure) {
    problems_.add(fmt::format("blue column {}.{} has no counterpart in green's {}", pair.blue->name.display(), column,
                              pair.green->name.display()),
                  fmt::format("mapping.yml: {}.{}; if a migration drops or renames it, is migrations.baseline in "
                              "bgdb.yml right? A column that blue got since the clone: add it on green alike",
                              pair.mapping_key, cure));
  }

  // A split table's column must be in one of its parts, or the migration dropped it.
  void check_all_carried(const std::vector<TablePair*>& parts) {
    const Relation& blue = *parts.front()->blue;
    const TableLineage* lineage = lineage_.table(blue.name);
    for (const auto& column : blue.columns) {
      const ColumnLineage* known = lineage != nullptr && !lineage->recreated ? lineage->by_blue(column.name) : nullptr;
      if (known != nullptr && known->dropped) continue;
      const bool carried = std::any_of(parts.begin(), parts.end(), [&](const TablePair* pair) {
        return pair->columns.count(column.name) != 0 || is_read_forward(*pair->written, column.name);
      });
      if (!carried) problem_of_lost(*parts.back(), column.name, "renames: { " + column.name + ": <column of green> }");
    }
  }

  static bool is_read_forward(const TableOverride& written, const std::string& blue_column) {
    return std::any_of(written.forward.begin(), written.forward.end(), [&](const auto& entry) {
      const auto expression = parse::parse_expression(entry.second);
      return expression && std::any_of(expression->columns.begin(), expression->columns.end(),
                                       [&](const auto& column) { return column.name == blue_column; });
    });
  }

  // A dropped column that a forward rule reads lives on in green under another shape: the way back must be written.
  void check_dropped_is_written(const TablePair& pair, const schema::Column& column) {
    const TableOverride* written = pair.written;
    if (written == nullptr || written->reverse.count(column.name) != 0 || written->lossy.count(column.name) != 0)
      return;
    if (!is_read_forward(*written, column.name)) return;
    problems_.add(fmt::format("blue column {}.{} is translated to green, but nothing brings it back",
                              pair.blue->name.display(), column.name),
                  fmt::format("mapping.yml: {}.reverse: {{ {}: \"<SQL over green's columns>\" }}, or accept it: "
                              "{}.lossy: {{ {}: \"<why>\" }}",
                              pair.mapping_key, column.name, pair.mapping_key, column.name));
  }

  void add_pair(const TablePair& pair) {
    const TableLineage* lineage = pair.lineage;
    const TableOverride* written = pair.written;
    DirectionInput forward;
    forward.source_catalog = input_.blue;
    forward.target_catalog = input_.green;
    forward.source = pair.blue;
    forward.target = pair.green;
    forward.lineage = &lineage_;
    forward.table_lineage = lineage;
    forward.mapping_key = pair.mapping_key;
    DirectionInput reverse = forward;
    reverse.forward = false;
    std::swap(reverse.source_catalog, reverse.target_catalog);
    std::swap(reverse.source, reverse.target);
    forward.merged = pair.merged;
    reverse.merged = pair.split;
    (pair.split ? reverse : forward).by_others = pair.by_others;
    if (written != nullptr) {
      forward.written = reverse.written_back = written->forward;
      reverse.written = forward.written_back = written->reverse;
      forward.lossy = reverse.lossy = written->lossy;
    }
    for (const auto& [blue_column, green_column] : pair.columns) {
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
  std::deque<TablePair> found_;
  std::set<QualifiedName> paired_;  // of green
};

}  // namespace

const TableMapping* Mapping::table(const QualifiedName& source) const {
  for (const TableMapping& candidate : tables) {
    if (candidate.source == source) return &candidate;
  }
  return nullptr;
}

std::vector<const TableMapping*> Mapping::tables_of(const QualifiedName& source) const {
  std::vector<const TableMapping*> found;
  for (const TableMapping& candidate : tables) {
    if (candidate.source == source) found.push_back(&candidate);
  }
  return found;
}

std::vector<const TableMapping*> Mapping::parts_of(const QualifiedName& target) const {
  std::vector<const TableMapping*> found;
  for (const TableMapping& candidate : tables) {
    if (candidate.target == target) found.push_back(&candidate);
  }
  return found;
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
