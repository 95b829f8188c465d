// The statements of a large file, parsed on a thread of their own while earlier ones are judged. Internal to lint/.
#pragma once

#include <optional>
#include <thread>
#include <utility>

#include "core/pipe.h"
#include "migration/migration.h"

namespace bgdb::lint {

class StatementsAhead {
 public:
  // `loaded` must outlive it; its text and sections may be read meanwhile.
  explicit StatementsAhead(migration::Loaded& loaded)
      : pipe_(kBytesMax), thread_([this, &loaded] {
          migration::each_statement(loaded, [this](parse::Statement one) {
            const size_t bytes = 1'000 + one.text.size();
            pipe_.give(std::move(one), bytes);
          });
          pipe_.close();
        }) {}
  ~StatementsAhead() {
    pipe_.leave();
    thread_.join();
  }
  StatementsAhead(const StatementsAhead&) = delete;
  StatementsAhead& operator=(const StatementsAhead&) = delete;

  // In order; nothing behind the last one.
  std::optional<parse::Statement> next() { return pipe_.take(); }

 private:
  static constexpr size_t kBytesMax = 512 << 10;
  core::Pipe<parse::Statement> pipe_;
  std::thread thread_;
};

}  // namespace bgdb::lint
