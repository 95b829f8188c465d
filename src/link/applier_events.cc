// What the stream holds beside rows: TRUNCATE, and messages of ours.
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "core/log.h"
#include "link/applier.h"

namespace bgdb::link {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kMarkerPrefix = "marker:";
constexpr std::string_view kHeartbeatPrefix = "hb:";
constexpr std::string_view kDdlPrefix = "ddl:";
constexpr std::string_view kTruncatePrefix = "truncate:";  // sql/state/create.sql

}  // namespace

Result<void> Applier::on_truncate() {
  BGDB_CHECK(send_piece());
  BGDB_CHECK(settle());
  std::set<QualifiedName> sources;
  std::set<std::string> targets;
  std::map<const Merge*, std::set<uint32_t>> parts;
  for (const uint32_t oid : message_.truncated) {
    const TableBinding& binding = *BGDB_TRY(bindings_.find(oid));
    if (commit_lsn_ < binding.copied_at) continue;
    sources.insert(binding.source);
    if (binding.merge != nullptr) {
      parts[binding.merge].insert(binding.part);
      continue;
    }
    for (const auto* table : binding.mappings) targets.insert(table->target_rows());
  }
  std::erase_if(lone_truncates_, [&](const auto& lone) { return sources.contains(lone.table); });
  for (const auto& [merge, truncated] : parts) {
    ++rows_;
    if (truncated.size() == merge->parts.size()) {
      targets.insert(merge->parts.front()->target_rows());
      BGDB_CHECK(writer_.forget_parts(*merge));
      continue;
    }
    for (const uint32_t part : truncated) BGDB_CHECK(writer_.truncate_part(*merge, *merge->parts[part], message_lsn_));
  }
  if (targets.empty() && parts.empty()) return {};
  ++rows_;
  return writer_.truncate(sources, targets);
}

Result<void> Applier::on_logical() {
  if (message_.name != "bgdb") return {};
  const std::string_view content = message_.content;
  if (content.starts_with(kHeartbeatPrefix)) {
    int64_t number = 0;
    std::from_chars(content.data() + kHeartbeatPrefix.size(), content.data() + content.size(), number);
    if (transactions_ > 0 || in_transaction_) {
      heartbeat_ = number;
    } else if (ending_) {
      ending_->heartbeat = number;
    } else {
      meter_->heartbeat_applied(number, steady_clock::now());
    }
  } else if (content.starts_with(kMarkerPrefix) && !skip_) {
    markers_.push_back({std::string(content.substr(kMarkerPrefix.size())), message_.lsn});
  } else if (content.starts_with(kDdlPrefix) && !skip_) {
    meter_->set_message(fmt::format("DDL on the source: {}", content.substr(kDdlPrefix.size(), 500)));
    core::log_warning("link {}: DDL on the source: {}", options_->name, content.substr(kDdlPrefix.size(), 500));
  } else if (content.starts_with(kTruncatePrefix) && !skip_) {
    const auto told = nlohmann::json::parse(content.substr(kTruncatePrefix.size()), nullptr, false);
    if (!told.is_object()) return fail(ErrorCode::input, "a message about TRUNCATE cannot be read");
    lone_truncates_.push_back({{told.value("schema", ""), told.value("table", "")}, told.value("partition", "")});
  }
  return {};
}

// The rows of a partition that was truncated by its own name are still on the target: that is for a person to settle,
// and holds the gates until then. With TRUNCATE of the whole table the partitions' messages came first.
Result<void> Applier::hold_lone_truncates() {
  if (lone_truncates_.empty()) return {};
  BGDB_CHECK(send_piece());
  BGDB_CHECK(settle());
  for (const auto& lone : std::exchange(lone_truncates_, {})) {
    if (bindings_.mapped_to(lone.table).empty()) continue;
    BGDB_CHECK(writer_.hold(
        commit_lsn_,
        {lone.table.display(), "truncate", nlohmann::json{{"partition", lone.partition}}.dump(),
         fmt::format("partition {} was truncated by its own name, which is not in the stream: its rows are still in {} "
                     "here. Remove them, then set accepted_by",
                     lone.partition, fmt::join(bindings_.mapped_to(lone.table), ", "))}));
    ++rows_;
    core::log_warning("link {}: partition {} was truncated by its own name; its rows are still on the target",
                      options_->name, lone.partition);
  }
  return {};
}

}  // namespace bgdb::link
