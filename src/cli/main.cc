#include "cli/run.h"

// For jemalloc, where it is linked: few threads work at a time, and what is free goes back to the system soon.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:200,muzzy_decay_ms:0";
}

int main(int argc, char* argv[]) {
  return bgdb::cli::run(argc, argv);
}
