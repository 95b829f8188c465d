#include "prove/server_state.h"

#include <algorithm>

#include "core/sql_file.h"

namespace bgdb::prove {

namespace {

bool is_part(const RelationState& state) {
  return state.kind == 'i' || state.kind == 'I' || state.kind == 'S';
}

std::optional<lint::LockMode> strongest(const RelationState& state) {
  std::optional<lint::LockMode> out;
  for (const auto mode : state.modes) {
    if (mode != lint::LockMode::access_share) out = std::max(out.value_or(mode), mode);
  }
  return out;
}

// The locks of `now` under the names of `names`.
Locks locks_of(const ServerState& now, const ServerState& names, Relations* covered = nullptr) {
  Locks out;
  for (const auto& [oid, named] : names) {
    const auto state = now.find(oid);
    const auto mode = state == now.end() ? std::nullopt : strongest(state->second);
    if (!mode || named.name.empty()) continue;
    if (is_part(named)) {
      const auto table = now.find(named.owner);
      const auto cover = table == now.end() ? std::nullopt : strongest(table->second);
      if (cover && *cover >= *mode && covered != nullptr) covered->insert(named.name);
      if (cover && *cover >= *mode) continue;
    }
    out[named.name] = *mode;
  }
  return out;
}

// An index of the table that has this name and was there before, under any oid.
bool had_index(const ServerState& before, const RelationState& index) {
  return std::any_of(before.begin(), before.end(), [&](const auto& entry) {
    return entry.second.owner == index.owner && entry.second.name == index.name;
  });
}

}  // namespace

Result<ServerState> read_state(pg::Session& session, const StateQuery& query) {
  const auto rows = BGDB_TRY(session.query(
      core::sql_text("prove/read_relations.sql"),
      {std::to_string(query.backend), query.own_transaction ? "true" : "false", query.waiting ? "true" : "false"}));
  ServerState out;
  for (size_t row = 0; row < rows.size(); ++row) {
    RelationState state;
    if (rows.at(row, "name")) {
      state.name = {rows.text(row, "schema"), rows.text(row, "name")};
      state.kind = rows.text(row, "kind").front();
      state.file = rows.text(row, "file");
      state.owner = rows.text(row, "owner");
      state.scans = rows.integer(row, "scans");
    }
    for (const auto& mode : BGDB_TRY(pg::parse_array_literal(rows.text(row, "modes")))) {
      if (mode) state.modes.push_back(lint::lock_mode_from_string(*mode));
    }
    out.emplace(rows.text(row, "oid"), std::move(state));
  }
  return out;
}

void add_locks(ServerState& into, const ServerState& look) {
  for (const auto& [oid, state] : look) {
    auto& modes = into[oid].modes;
    modes.insert(modes.end(), state.modes.begin(), state.modes.end());
  }
}

void forget_dead_indexes(const ServerState& before, ServerState& after) {
  for (auto& [oid, state] : after) {
    const auto old = before.find(oid);
    if (old != before.end() && (old->second.kind == 'i' || old->second.kind == 'I') && state.name.empty())
      state.modes.clear();
  }
}

Observation observe_between(const ServerState& before, const ServerState& after) {
  Observation out;
  out.held_before = locks_of(before, before);
  out.locks = locks_of(after, before, &out.covered);
  std::set<std::string> old_files;
  for (const auto& [oid, state] : before) {
    if (!state.name.empty()) out.existed.insert(state.name);
    old_files.insert(state.file);
  }
  for (const auto& [oid, old] : before) {
    const auto now = after.find(oid);
    if (is_part(old) || now == after.end() || now->second.name.empty()) continue;
    if (now->second.file != old.file) out.rewrites.insert(old.name);
    if (now->second.scans > old.scans) out.scans.insert(old.name);
  }
  for (const auto& [oid, index] : after) {
    if (index.kind != 'i' || old_files.count(index.file) > 0) continue;
    const auto table = before.find(index.owner);
    if (table == before.end()) continue;
    const bool new_one = before.count(oid) == 0 && !had_index(before, index);
    if (new_one || out.rewrites.count(table->second.name) == 0) out.index_builds.insert(table->second.name);
  }
  return out;
}

}  // namespace bgdb::prove
