#include "clone/finding.h"

#include <utility>

namespace bgdb::clone {

std::string_view to_string(FindingState state) {
  return state == FindingState::ok ? "ok" : state == FindingState::warn ? "warn" : "fail";
}

void Findings::begin(std::string check, std::string object) {
  close();
  check_ = std::move(check);
  object_ = std::move(object);
  clean_ = true;
}

void Findings::add(FindingState state, std::string object, std::string found, std::string cure,
                   std::optional<Fix> fix) {
  clean_ = false;
  list_.push_back(
      {state, check_, object.empty() ? object_ : std::move(object), std::move(found), std::move(cure), std::move(fix)});
}

void Findings::close() {
  if (!check_.empty() && clean_) list_.push_back({FindingState::ok, check_, object_});
}

std::vector<Finding> Findings::take() {
  close();
  check_.clear();
  return std::move(list_);
}

}  // namespace bgdb::clone
