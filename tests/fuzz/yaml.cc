// Any bytes are a bgdb.yml or a mapping.yml: an error with a cure, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/config.h"
#include "translate/mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)bgdb::app::parse_config(text, "bgdb.yml");
  (void)bgdb::translate::parse_overrides(text, "mapping.yml");
  return 0;
}
