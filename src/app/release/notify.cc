#include "app/release/notify.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/process.h"
#include "gate/http_client.h"
#include "journal/journal.h"

namespace bgdb::app {
namespace {

// "text" is what chat services show.
std::string message_of(const Config& config, const Notice& notice) {
  char host[64] = {};
  ::gethostname(host, sizeof host - 1);
  const nlohmann::json message = {{"text", fmt::format("bgdb {}: {}: {}", config.name, notice.stage, notice.text)},
                                  {"release", config.name},
                                  {"stage", notice.stage},
                                  {"event", notice.event},
                                  {"detail", notice.text},
                                  {"at", core::wall_time_utc()},
                                  {"host", host},
                                  {"actor", journal::actor()}};
  return message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string call_webhook(const ReleaseNotify& target, const std::string& message) {
  const char* url = std::getenv(target.url_env.c_str());
  if (url == nullptr || *url == '\0') return "is not set: nobody is told";
  const auto answer = gate::http_post_json(url, message, target.timeout);
  if (!answer) return answer.error().message;
  return answer->status >= 200 && answer->status < 300 ? "" : fmt::format("answers with status {}", answer->status);
}

std::string run_command(const Config& config, const ReleaseNotify& target, const Notice& notice,
                        const std::string& message) {
  core::ProcessOptions options{.argv = target.run,
                               .environment = {{"BGDB_RELEASE", config.name},
                                               {"BGDB_STAGE", notice.stage},
                                               {"BGDB_EVENT", notice.event},
                                               {"BGDB_TEXT", notice.text}},
                               .working_directory = config.folder,
                               .stdin_text = message + "\n",
                               .timeout = target.timeout};
  const auto result = core::run_process(options);
  if (!result) return result.error().message;
  if (result->exit_status == 0) return {};
  return fmt::format("ended with status {}: {}", result->exit_status, result->stderr_text.substr(0, 200));
}

}  // namespace

std::vector<std::string> notify(const Config& config, const Notice& notice) {
  std::vector<std::string> problems;
  const auto message = message_of(config, notice);
  for (const auto& target : config.release.notify) {
    const bool webhook = target.kind == "webhook";
    const auto problem = webhook ? call_webhook(target, message) : run_command(config, target, notice, message);
    if (problem.empty()) continue;
    problems.push_back(
        fmt::format("not told: {} {} {}", target.kind, webhook ? target.url_env : target.run.front(), problem));
  }
  return problems;
}

}  // namespace bgdb::app
