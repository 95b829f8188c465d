// Rows of which a change waits in bgdb.quarantine, accepted by nobody. What the source sends of such a row later need
// not hold everything: large values that an update leaves alone are not in the stream, and the target never got them.
// So a later change is written together with what waits, and settles it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/result.h"
#include "link/bindings.h"
#include "link/coalescer.h"
#include "pg/session.h"

namespace bgdb::link {

// The change's own key: an insert's lies in its row.
nlohmann::json key_json(const Change& change, const TableBinding& binding);
std::string dump(const nlohmann::json& value);

inline constexpr const char* kDamaged = "$damaged";  // in row_data: a text was not UTF-8

class Waiting {
 public:
  // What waits of one row since it came to bear its key.
  struct Row {
    std::vector<std::string> ids;
    std::map<std::string, pg::Value> values;  // by column of the source
    bool inserted = false;                    // the target never had it
    bool damaged = false;                     // a value is not there as it was
  };

  Waiting(pg::Session& session, const Bindings& bindings, const std::string& link_name)
      : session_(&session), bindings_(&bindings), link_name_(&link_name) {}
  // REQUIRES: before anything is asked; what the database says.
  Result<void> load(const translate::Mapping& mapping);
  void add(const TableBinding& binding, const nlohmann::json& key);
  // May say yes of a row whose entries were settled meanwhile.
  bool concerns(const Change& change) const;
  bool concerns(const Coalescer& piece) const;
  Result<Row> find(const TableBinding& binding, const nlohmann::json& key);
  Result<void> settle(const Row& row, Operation by);
  Result<void> settle_all(const std::set<QualifiedName>& truncated);

 private:
  pg::Session* session_;
  const Bindings* bindings_;
  const std::string* link_name_;
  std::map<std::string, std::set<std::string>> keys_;  // by table; none is taken away before the session ends
};

}  // namespace bgdb::link
