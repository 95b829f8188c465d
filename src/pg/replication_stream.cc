// The walsender's dialect: commands through the simple query protocol, then COPY BOTH with big-endian messages
// (documentation: 55.4 and 55.5). A message whose length does not fit its type is an error, never a guess.
#include "pg/replication_stream.h"

#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "core/ident.h"
#include "pg/errors.h"

namespace bgdb::pg {
namespace {

constexpr int64_t kMicrosecondsTo2000 = 946'684'800'000'000;  // 1970-01-01 to 2000-01-01

uint64_t read_u64(const char* at) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

void append_u64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count() - kMicrosecondsTo2000;
}

// 1 = readable, 0 = nothing came, -1 = poll failed.
int wait_readable(const PGconn* connection, std::chrono::milliseconds timeout) {
  pollfd descriptor{PQsocket(connection), POLLIN, 0};
  return ::poll(&descriptor, 1, static_cast<int>(std::clamp<int64_t>(timeout.count(), 0, 60'000)));
}

// A walsender sends each message by itself. Into an open window that is a packet each, which costs the source as much
// as decoding (measured); into a closed one they gather. Near a server a small window is wide enough, so let it close
// while we are not reading. Far from it the window is left alone.
void narrow_window(int socket) {
  constexpr uint32_t kNearMicroseconds = 1000;
  constexpr int kWindowBytes = 256 * 1024;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_rtt > kNearMicroseconds) return;
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &kWindowBytes, sizeof kWindowBytes);
}

// A transaction that does not fit into 64 MB is written to the source's disk and read again, change by change: a third
// of the time it takes to decode it (measured). Where somebody has chosen a value, it stays.
Result<void> widen_decoding_memory(Session& session) {
  const auto rows = BGDB_TRY(
      session.script("select 1 from pg_settings where name = 'logical_decoding_work_mem' and source = 'default'"));
  if (rows.empty()) return {};
  BGDB_TRY(session.script("set logical_decoding_work_mem = '256MB'"));
  return {};
}

}  // namespace

Result<ReplicationStream> ReplicationStream::open(SessionOptions options) {
  options.replication = true;
  // Values travel as text: a database's own DateStyle or float digits must not decide what the other side reads.
  options.settings.emplace_back("datestyle", "ISO");
  options.settings.emplace_back("intervalstyle", "postgres");
  options.settings.emplace_back("extra_float_digits", "3");
  options.settings.emplace_back("bytea_output", "hex");
  options.settings.emplace_back("lc_monetary", "C");
  options.settings.emplace_back("search_path", "");  // regclass and its like then carry their schema
  auto session = BGDB_TRY(Session::open(options));
  BGDB_CHECK(widen_decoding_memory(session));
  if (session.server_version() < 140000) {
    return fail(ErrorCode::unsupported,
                session.host_display() + ": logical messages in the stream need PostgreSQL 14 or later",
                "upgrade this server to 14 first");
  }
  return ReplicationStream(std::move(session));
}

ReplicationStream::ReplicationStream(ReplicationStream&& other) noexcept
    : session_(std::move(other.session_)), buffer_(std::exchange(other.buffer_, nullptr)) {}

ReplicationStream& ReplicationStream::operator=(ReplicationStream&& other) noexcept {
  if (this != &other) {
    if (buffer_ != nullptr) PQfreemem(buffer_);
    session_ = std::move(other.session_);
    buffer_ = std::exchange(other.buffer_, nullptr);
  }
  return *this;
}

ReplicationStream::~ReplicationStream() {
  if (buffer_ != nullptr) PQfreemem(buffer_);
}

Result<IdentifySystem> ReplicationStream::identify_system() {
  const auto rows = BGDB_TRY(session_.script("IDENTIFY_SYSTEM"));
  if (rows.empty()) return fail(ErrorCode::internal, "IDENTIFY_SYSTEM returned no row");
  IdentifySystem system;
  system.system_identifier = rows.text(0, "systemid");
  system.timeline = static_cast<int32_t>(rows.integer(0, "timeline"));
  system.xlog_position = BGDB_TRY(Lsn::parse(rows.text(0, "xlogpos")));
  return system;
}

Result<CreatedSlot> ReplicationStream::create_slot(std::string_view name, bool export_snapshot, Lifetime lifetime) {
  // Options in parentheses are 15's grammar; 14 knows only the key words.
  const bool parentheses = session_.server_version() >= 150000;
  const std::string_view snapshot = parentheses ? (export_snapshot ? "(SNAPSHOT 'export')" : "(SNAPSHOT 'nothing')")
                                                : (export_snapshot ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT");
  const std::string sql = "CREATE_REPLICATION_SLOT " + quote_ident(name) +
                          (lifetime == Lifetime::temporary ? " TEMPORARY" : "") + " LOGICAL pgoutput " +
                          std::string(snapshot);
  const auto created = session_.script(sql);
  if (!created && created.error().sqlstate == "42710") {
    return Error(created.error())
        .with_hint(
            "slots are shared by all databases of a server (pg_replication_slots): another project has this "
            "one's name. Choose another `name` in bgdb.yml");
  }
  const auto rows = BGDB_TRY(created);
  if (rows.empty()) return fail(ErrorCode::internal, "CREATE_REPLICATION_SLOT returned no row");
  CreatedSlot slot;
  slot.name = rows.text(0, "slot_name");
  slot.consistent_point = BGDB_TRY(Lsn::parse(rows.text(0, "consistent_point")));
  slot.snapshot_name = rows.at(0, "snapshot_name").value_or("");
  return slot;
}

Result<void> ReplicationStream::start(std::string_view slot, Lsn from,
                                      const std::vector<std::pair<std::string, std::string>>& options) {
  std::string sql = "START_REPLICATION SLOT " + quote_ident(slot) + " LOGICAL " + from.to_string();
  for (size_t i = 0; i < options.size(); ++i) {
    sql += (i == 0 ? " (" : ", ") + quote_ident(options[i].first) + " " + quote_literal(options[i].second);
  }
  if (!options.empty()) sql += ")";
  PGresult* result = PQexec(session_.raw(), sql.c_str());
  const bool started = PQresultStatus(result) == PGRES_COPY_BOTH;
  Result<void> outcome;
  if (!started) outcome = error_from_result(result, session_.raw(), session_.host_display());
  PQclear(result);
  if (started) narrow_window(PQsocket(session_.raw()));
  return outcome;
}

Result<std::optional<StreamMessage>> ReplicationStream::receive(std::chrono::milliseconds timeout) {
  if (buffer_ != nullptr) PQfreemem(std::exchange(buffer_, nullptr));
  PGconn* connection = session_.raw();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  int length = 0;
  while ((length = PQgetCopyData(connection, &buffer_, 1)) == 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready = wait_readable(connection, std::max(left, std::chrono::milliseconds(0)));
    if (ready < 0 && errno != EINTR) return error_from_connection(connection, session_.host_display());
    if (ready <= 0) {
      if (left.count() <= 0 || ready < 0) return std::optional<StreamMessage>();
      continue;
    }
    if (PQconsumeInput(connection) != 1) return error_from_connection(connection, session_.host_display());
  }
  if (length < 0) {
    buffer_ = nullptr;
    PGresult* result = PQgetResult(connection);
    Error error = error_from_result(result, connection, session_.host_display());
    PQclear(result);
    if (error.retry == Retry::never && error.sqlstate.empty()) error.retry = Retry::new_session;
    return error.with_context("the replication stream ended");
  }
  const std::string_view bytes(buffer_, static_cast<size_t>(length));
  StreamMessage message;
  if (bytes[0] == 'w' && bytes.size() >= 25) {
    message.start.value = read_u64(bytes.data() + 1);
    message.end.value = read_u64(bytes.data() + 9);
    message.send_time_us = static_cast<int64_t>(read_u64(bytes.data() + 17));
    message.payload = bytes.substr(25);
  } else if (bytes[0] == 'k' && bytes.size() >= 18) {
    message.kind = StreamMessage::Kind::keepalive;
    message.end.value = read_u64(bytes.data() + 1);
    message.send_time_us = static_cast<int64_t>(read_u64(bytes.data() + 9));
    message.reply_requested = bytes[17] != 0;
  } else {
    return fail(ErrorCode::internal, session_.host_display() + ": a replication message of an unknown kind arrived");
  }
  return std::optional(message);
}

Result<void> ReplicationStream::send_status(Lsn written, Lsn flushed, Lsn applied, bool reply_requested) {
  std::string message = "r";
  append_u64(message, written.value);
  append_u64(message, flushed.value);
  append_u64(message, applied.value);
  append_u64(message, static_cast<uint64_t>(now_us()));
  message += static_cast<char>(reply_requested ? 1 : 0);
  PGconn* connection = session_.raw();
  if (PQputCopyData(connection, message.data(), static_cast<int>(message.size())) != 1 || PQflush(connection) < 0) {
    return error_from_connection(connection, session_.host_display());
  }
  return {};
}

}  // namespace bgdb::pg
