#include "traffic/none.h"

#include "pg/conninfo.h"

namespace bgdb::traffic {
namespace {

class None : public Driver {
 public:
  explicit None(std::string front_door) : front_door_(std::move(front_door)) {}
  std::string name() const override { return "none"; }
  bool can_pause() const override { return false; }
  Result<void> pause(std::chrono::milliseconds) override { return {}; }
  Result<void> resume(std::chrono::milliseconds) override { return {}; }
  Result<void> point_to(const Target&, std::chrono::milliseconds) override { return {}; }
  Result<std::string> current(std::chrono::milliseconds) override { return std::string(); }
  std::string front_door_dsn() const override { return front_door_; }
  std::vector<std::string> describe(const Target& target) const override {
    return {"traffic.driver is none: clients are not paused; after the switch move them to " + target.name +
            " yourself"};
  }

 private:
  std::string front_door_;
};

}  // namespace

Result<std::unique_ptr<Driver>> make_none(const DriverSpec& spec) {
  return std::unique_ptr<Driver>(std::make_unique<None>(spec.front_door_dsn));
}

}  // namespace bgdb::traffic
