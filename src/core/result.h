// Result<T>: a value or an Error. Crosses subsystems instead of exceptions.
//   BGDB_TRY(expr)   the value of expr, or return its error from this function (T != void)
//   BGDB_CHECK(expr) for Result<void>
#pragma once

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "core/error.h"

namespace bgdb::core {

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Base&& base) : Base(std::move(base)) {}
  Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
 public:
  using Base = tl::expected<void, Error>;
  using Base::Base;
  Result(Base&& base) : Base(std::move(base)) {}
  Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}
};

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(make_error(code, std::move(message), std::move(hint)));
}

}  // namespace bgdb::core

#define BGDB_TRY(expr)                                                           \
  ({                                                                             \
    auto bgdb_result_ = (expr);                                                  \
    if (!bgdb_result_) return ::tl::unexpected(std::move(bgdb_result_).error()); \
    *std::move(bgdb_result_);                                                    \
  })

#define BGDB_CHECK(expr)                                                         \
  do {                                                                           \
    auto bgdb_result_ = (expr);                                                  \
    if (!bgdb_result_) return ::tl::unexpected(std::move(bgdb_result_).error()); \
  } while (false)

// Like assert, but stays on in release builds.
#define BGDB_ASSERT(condition)                                                               \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

namespace bgdb {
using core::Error;
using core::ErrorCode;
using core::fail;
using core::make_error;
using core::Result;
using core::Retry;
}  // namespace bgdb
