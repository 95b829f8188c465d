// The whole program: options, help, exit statuses. 0 fine; 1 findings, gate closed, difference; 2 usage, configuration,
// internal error; 3 refused for safety; 130 Ctrl-C.
#pragma once

namespace bgdb::cli {

int run(int argc, char* argv[]);

}  // namespace bgdb::cli
