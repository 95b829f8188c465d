#include "lint/stages.h"

#include "core/interrupt.h"

namespace bgdb::lint {

namespace {

// Parsed statements take several times their text.
constexpr size_t kAheadBytesMax = 1 << 20;
constexpr size_t kBehindBytesMax = 1 << 20;

size_t bytes_of(const migration::Loaded& loaded) {
  return 500 + loaded.text.size() + 2'000 * loaded.up.statements.size();
}

size_t bytes_of(const Judged& judged) {
  return 500 + 3 * judged.report.text.size() + 3'000 * judged.report.statements.size();
}

}  // namespace

ReadAhead::ReadAhead(const std::vector<const migration::File*>& files, Load load)
    : pipe_(kAheadBytesMax), files_(files), load_(std::move(load)) {
  if (files_.size() < 2) return;
  thread_ = std::thread([this] {
    for (const auto* file : files_) {
      auto loaded = load_(*file);
      const size_t bytes = loaded ? bytes_of(*loaded) : 500;
      if (!pipe_.give(std::move(loaded), bytes)) return;
    }
    pipe_.close();
  });
}

ReadAhead::~ReadAhead() {
  pipe_.leave();
  if (thread_.joinable()) thread_.join();
}

Result<migration::Loaded> ReadAhead::next() {
  if (!thread_.joinable()) return load_(*files_[next_++]);
  return std::move(*pipe_.take());
}

Delivery::Delivery(Deliver deliver) : pipe_(kBehindBytesMax), deliver_(std::move(deliver)) {
  thread_ = std::thread([this] {
    while (auto judged = pipe_.take()) {
      if (!core::interrupted()) deliver_(std::move(*judged));
    }
  });
}

Delivery::~Delivery() {
  pipe_.close();
  thread_.join();
}

void Delivery::add(Judged judged) {
  const size_t bytes = bytes_of(judged);
  pipe_.give(std::move(judged), bytes);
}

}  // namespace bgdb::lint
