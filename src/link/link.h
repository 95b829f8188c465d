// A running direction between two databases: source -> target through a mapping. See docs/design/link.md.
// Knows nothing of cutovers: a marker is just a message that is durable on the target when everything before it is.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ident.h"
#include "core/lsn.h"
#include "core/result.h"
#include "pg/session.h"
#include "translate/mapping.h"

namespace bgdb::link {

inline constexpr int kBatchRowsMax = 5'000;  // measured: bench apply

struct LinkOptions {
  std::string name;  // forward | reverse
  std::string source_dsn;
  std::string target_dsn;
  std::string slot;           // also publication and origin name
  std::string publication{};  // empty: as the slot; else its tables are the caller's business
  // Origins of the source's database (replication::origin_name): their transactions are the other link's, not applied.
  std::vector<std::string> drop_origins;
  // Source tables whose rows were copied later than the slot began: what committed below that position is in them.
  std::map<QualifiedName, Lsn> copied_at{};
  int batch_rows_max = kBatchRowsMax;
  int64_t queue_bytes_max = 64 << 20;
  std::chrono::milliseconds heartbeat_interval{100};
};

enum class LinkState { starting, streaming, stopped, failed };

struct LinkStatus {
  LinkState state = LinkState::starting;
  Lsn received_lsn;
  Lsn applied_lsn;
  std::optional<int64_t> lag_bytes;  // nullopt: no sample yet
  std::optional<double> lag_ms;
  std::optional<double> drain_ms;
  int64_t rows_applied = 0;
  int64_t transactions = 0;
  int64_t conflicts = 0;
  int64_t quarantined = 0;
  std::string message;
};

// Threads: start/stop/status from any; the link runs its own receiver, applier and heartbeat threads.
class Link {
 public:
  virtual ~Link() = default;
  // Returns once the stream is open, or with the error that prevents it. Later losses of a connection are retried
  // inside; divergence and lost slots end in LinkState::failed with the reason in status().message.
  virtual Result<void> start() = 0;
  // Finishes the running transaction, confirms it, ends the threads.
  virtual void stop() = 0;
  virtual LinkStatus status() const = 0;
};

std::unique_ptr<Link> make_relay(LinkOptions options, translate::Mapping mapping);

// What stands in bgdb.link on the target, read by other processes. `age` of the sample by the server's own clock.
struct PublishedStatus {
  LinkStatus status;
  std::string state_text;
  std::optional<std::chrono::milliseconds> age;
  std::string slot, origin, source_system;
  Lsn start_lsn;
};
Result<std::optional<PublishedStatus>> read_published_status(pg::Session& target, std::string_view link_name);

// Emits marker `id` on the source in a transaction of its own with synchronous_commit = on; returns its commit
// position.
Result<Lsn> emit_marker(pg::Session& source, std::string_view id);
// Waits until the marker is durable on the target (committed with synchronous_commit = on, everything before it as
// well). timeout error when the deadline passes; the link's failure is reported at once.
Result<void> wait_marker(pg::Session& target, std::string_view link_name, std::string_view id,
                         std::chrono::milliseconds timeout);

}  // namespace bgdb::link
