// The clone as a configuration wants it, with the link's relay for what a continued clone has to catch up with.
#pragma once

#include "app/config.h"
#include "clone/clone.h"

namespace bgdb::app {

// `config` must outlive the options.
clone::CloneOptions clone_options(const Config& config);

// CloneOptions::translation: the mapping of the configuration. `config` must outlive it.
std::function<Result<translate::Mapping>(pg::Session&, pg::Session&)> translation_of(const Config& config);

// CloneOptions::catch_up by the relay: a link of its own named "clone", that leaves nothing but the rows it wrote and
// the origin where it stands.
std::function<Result<void>(const clone::CatchUp&, core::Progress&)> catch_up_by_relay(const std::string& blue_dsn,
                                                                                      const std::string& green_dsn);

}  // namespace bgdb::app
