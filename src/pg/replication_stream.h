// The streaming replication protocol on a replication=database session: START_REPLICATION ... LOGICAL, COPY BOTH.
// One thread. Knows the transport (XLogData, keepalive, status); what is inside XLogData is replication/'s business.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/lsn.h"
#include "core/result.h"
#include "pg/session.h"

namespace bgdb::pg {

struct IdentifySystem {
  std::string system_identifier;
  int32_t timeline = 0;
  Lsn xlog_position;
};

struct CreatedSlot {
  std::string name;
  Lsn consistent_point;
  std::string snapshot_name;  // valid while this session lives and runs nothing else
};

struct StreamMessage {
  enum class Kind { data, keepalive } kind = Kind::data;
  Lsn start;                     // data: WAL start of this message
  Lsn end;                       // server's current end of WAL
  int64_t send_time_us = 0;      // since 2000-01-01, server clock
  bool reply_requested = false;  // keepalive
  std::string_view payload;      // data: valid until the next receive()
};

class ReplicationStream {
 public:
  // Opens a session with replication=database. settings idle_*_timeout are turned off.
  static Result<ReplicationStream> open(SessionOptions options);
  ReplicationStream(ReplicationStream&&) noexcept;
  ReplicationStream& operator=(ReplicationStream&&) noexcept;
  ~ReplicationStream();

  Result<IdentifySystem> identify_system();
  // CREATE_REPLICATION_SLOT name LOGICAL pgoutput (SNAPSHOT 'export' | 'nothing'). A temporary slot ends with the
  // session: it only gives a snapshot of which it is known where in the log it stands.
  enum class Lifetime { permanent, temporary };
  Result<CreatedSlot> create_slot(std::string_view name, bool export_snapshot, Lifetime lifetime = Lifetime::permanent);
  // options: {"proto_version","1"}, {"publication_names", ...}, {"messages","true"} ...
  Result<void> start(std::string_view slot, Lsn from, const std::vector<std::pair<std::string, std::string>>& options);
  // Waits up to `timeout`; nullopt = nothing came. An ended stream is an error (Retry::new_session).
  Result<std::optional<StreamMessage>> receive(std::chrono::milliseconds timeout);
  // Standby status update. `flushed` must be durable on the target (pgoutput reference, section 2).
  Result<void> send_status(Lsn written, Lsn flushed, Lsn applied, bool reply_requested = false);
  Session& session() { return session_; }

 private:
  explicit ReplicationStream(Session session) : session_(std::move(session)) {}
  Session session_;
  char* buffer_ = nullptr;
};

}  // namespace bgdb::pg
