#include "core/progress.h"

namespace bgdb::core {
namespace {
class Silent final : public Progress {
 public:
  void stage(std::string_view) override {}
  void item(std::string_view, int64_t, int64_t, std::string_view) override {}
  void item_done(std::string_view) override {}
  void note(std::string_view) override {}
};
}  // namespace

Progress& silent_progress() {
  static Silent silent;
  return silent;
}

}  // namespace bgdb::core
