// Ctrl-C and SIGTERM as a flag that every wait looks at. A second Ctrl-C ends the process at once.
#pragma once

namespace bgdb::core {

// Installs handlers for SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE. Call once, from main.
void install_interrupt_handlers();
bool interrupted();
// For tests and for orderly shutdown from inside.
void request_interrupt();
void clear_interrupt();

}  // namespace bgdb::core
