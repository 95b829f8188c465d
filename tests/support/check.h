// REQUIRE_OK(result): the result's value, or a failed test that prints the error.
#pragma once

#include <catch2/catch.hpp>

#include "core/result.h"

#define REQUIRE_OK(expr)                                       \
  ({                                                           \
    auto bgdb_result_ = (expr);                                \
    if (!bgdb_result_) FAIL(bgdb_result_.error().to_string()); \
    *std::move(bgdb_result_);                                  \
  })

#define CHECK_OK(expr)                                         \
  do {                                                         \
    auto bgdb_result_ = (expr);                                \
    if (!bgdb_result_) FAIL(bgdb_result_.error().to_string()); \
  } while (false)
