#include "core/sql_file.h"
#include "introspect/reader.h"

namespace bgdb::introspect {

Result<Snapshot> Snapshot::open(pg::Session& session) {
  Snapshot snapshot(session);
  if (!session.in_transaction()) {
    BGDB_CHECK(session.begin("isolation level repeatable read read only"));
    snapshot.ours_ = true;
  }
  const auto rows = BGDB_TRY(
      session.query("select current_schemas(false)::text[] as path, current_setting('search_path') as setting"));
  snapshot.search_path_ = BGDB_TRY(text_list(rows, 0, "path"));
  snapshot.setting_ = rows.text(0, "setting");
  BGDB_CHECK(session.execute("select set_config('search_path', '', true)"));
  return snapshot;
}

Snapshot::Snapshot(Snapshot&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)),
      ours_(other.ours_),
      setting_(std::move(other.setting_)),
      search_path_(std::move(other.search_path_)) {}

// Nothing was written: undoing or a failure to undo loses nothing.
Snapshot::~Snapshot() {
  if (session_ == nullptr || !session_->alive()) return;
  if (ours_) {
    (void)session_->rollback().has_value();
  } else {
    (void)session_->execute("select set_config('search_path', $1, true)", {setting_}).has_value();
  }
}

Result<std::vector<std::string>> text_list(const pg::Rows& rows, size_t row, std::string_view column) {
  const auto values = BGDB_TRY(pg::parse_array_literal(rows.text(row, column)));
  std::vector<std::string> list;
  for (const auto& value : values) list.push_back(value.value_or(""));
  return list;
}

Result<schema::Catalog> read_catalog(pg::Session& session, const ReadOptions& options) {
  return Reader(session, options).read();
}

Result<std::string> schema_fingerprint(pg::Session& session) {
  const auto snapshot = BGDB_TRY(Snapshot::open(session));
  return session.scalar(core::sql_text("introspect/fingerprint.sql"));
}

Result<void> check_publication(pg::Session& session, const std::vector<QualifiedName>& tables) {
  std::vector<pg::Value> names;
  for (const QualifiedName& table : tables) names.emplace_back(table.sql());
  const auto rows =
      BGDB_TRY(session.query(core::sql_text("introspect/list_publication_changes.sql"), {pg::to_array_literal(names)}));
  std::string changes;
  for (size_t i = 0; i < rows.size(); ++i) changes += (i == 0 ? "" : ", ") + rows.text(i, "what");
  if (changes.empty()) return {};
  return fail(
      ErrorCode::refused,
      fmt::format("somebody changed the publication that the link reads on {} ({}): what was written there since "
                  "is not in the stream",
                  session.host_display(), changes),
      "a table that is dropped and created again leaves it, too; list it in tables.exclude if it need not come "
      "along. Else begin again, with `bgdb clone --abort --complete` and `bgdb clone`");
}

}  // namespace bgdb::introspect
