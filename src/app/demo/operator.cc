#include "app/demo/operator.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/text.h"

namespace bgdb::app::demo {
namespace {

constexpr std::chrono::seconds kCommandTimeout{60};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \r\t") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

core::ProcessOptions command_of(const std::string& project, const std::vector<std::string>& arguments) {
  core::ProcessOptions options;
  std::error_code ignored;
  options.argv = {std::filesystem::read_symlink("/proc/self/exe", ignored).string()};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  options.working_directory = project;
  options.environment = {{"NO_COLOR", "1"}};
  options.timeout = kCommandTimeout;
  return options;
}

}  // namespace

Result<int> Operator::run(const std::vector<std::string>& arguments, size_t lines_max, const std::set<int>& expected,
                          const Filter& worth_showing) {
  view_.command(fmt::format("bgdb {}", fmt::join(arguments, " ")));
  const auto result = BGDB_TRY(core::run_process(command_of(project_, arguments)));
  if (!expected.contains(result.exit_status)) {
    const auto& said = result.stderr_text.empty() ? result.stdout_text : result.stderr_text;
    return fail(ErrorCode::internal,
                fmt::format("bgdb {} ended with status {}:\n{}", fmt::join(arguments, " "), result.exit_status, said),
                "run the demo with --keep and repeat the command in its folder project/");
  }
  auto lines = lines_of(result.stdout_text);
  if (worth_showing) std::erase_if(lines, [&](const std::string& line) { return !worth_showing(line); });
  const size_t head = lines.size() <= lines_max ? lines.size() : lines_max - lines_max / 2;
  for (size_t i = 0; i < head; ++i) view_.output(lines[i]);
  if (head == lines.size()) return result.exit_status;
  const size_t tail = lines_max / 2;
  view_.output(fmt::format("... {} more lines ...", lines.size() - head - tail));
  for (size_t i = lines.size() - tail; i < lines.size(); ++i) view_.output(lines[i]);
  return result.exit_status;
}

Result<void> Operator::start_sync() {
  view_.command("bgdb sync &");
  auto options = command_of(project_, {"sync"});
  options.output_file = project_ + "/sync.log";
  options.die_with_parent = true;
  sync_ = BGDB_TRY(core::ChildProcess::start(options));
  return {};
}

std::string Operator::sync_log() const {
  std::ifstream in(project_ + "/sync.log");
  std::ostringstream text;
  text << in.rdbuf();
  auto lines = lines_of(text.str());
  if (lines.size() > 10) lines.erase(lines.begin(), lines.end() - 10);
  return core::join(lines, "\n");
}

}  // namespace bgdb::app::demo
