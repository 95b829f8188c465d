// HAProxy in mode tcp: the servers of one backend are set ready and maint by the runtime socket, and marked in the
// configuration file, so that a restart of HAProxy leads to the same side.
#pragma once

#include "traffic/make.h"

namespace bgdb::traffic {

Result<std::unique_ptr<Driver>> make_haproxy(const DriverSpec& spec);

// `text` with the backend's server `ready` without the word "disabled" and server `disabled` with it. not_found when
// the backend or one of the servers is not there.
Result<std::string> with_server_ready(std::string_view text, std::string_view backend, std::string_view ready,
                                      std::string_view disabled);

// The same for gradual traffic: `percent` of a hundred go to `green`. A side without a share is disabled.
Result<std::string> with_server_weights(std::string_view text, std::string_view backend, std::string_view blue,
                                        std::string_view green, int percent);

}  // namespace bgdb::traffic
