// Ctrl-C and SIGTERM as a flag that every wait looks at. A second Ctrl-C ends the process at once.
#pragma once

namespace bgdb::core {

// Installs handlers for SIGINT, SIGTERM and SIGHUP, and ignores SIGPIPE. Call once, from main.
void install_interrupt_handlers();
bool interrupted();
// From here on SIGHUP does not end the process: it is counted, for services that read their configuration again.
void catch_hangup();
bool take_hangup();  // true once for any number that came since
// For tests and for orderly shutdown from inside.
void request_interrupt();
void clear_interrupt();

}  // namespace bgdb::core
