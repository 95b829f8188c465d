// Any bytes are a history of migrations: linting them may find anything, never crash. Besides bytes, whole statements
// of the labelled set are put in, taken out and swapped.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/lint_path.h"
#include "parse/parser.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t size_max);

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<std::string>& statements() {
  static const auto kStatements = [] {
    std::vector<std::string> all;
    const auto add = [&](const std::string& text) {
      for (const auto& statement : bgdb::parse::parse_sql(text).statements) all.push_back(statement.text + ";\n");
    };
    const std::filesystem::path data = BGDB_SOURCE_DIR "/testdata";
    std::istringstream cases(read(data / "statements" / "cases.txt"));
    for (std::string line; std::getline(cases, line);) {
      if (line.size() > 19 && line[0] != '#') add(line.substr(19));
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data)) {
      if (entry.path().extension() == ".sql" && entry.path().string().find("/fuzz/") == std::string::npos)
        add(read(entry.path()));
    }
    for (const char* marker : {"-- +goose Up\n",
                               "-- +goose Down\n",
                               "-- +goose NO TRANSACTION\n",
                               "-- migrate:up\n",
                               "-- migrate:down\n",
                               "-- +migrate Up notransaction\n",
                               "-- +goose StatementBegin\n",
                               "-- +goose StatementEnd\n",
                               "--> statement-breakpoint\n",
                               "-- bgdb: phase=contract\n",
                               "-- bgdb: ignore drop-column because\n",
                               "-- squawk-ignore ban-drop-table\n",
                               "/* Warnings: */\n",
                               "BEGIN;\n",
                               "COMMIT;\n",
                               "ROLLBACK;\n",
                               "SAVEPOINT s;\n",
                               "ROLLBACK TO s;\n",
                               "COPY t FROM stdin;\n1\ta\n\\.\n",
                               "\\set x 1\n",
                               "\x1e"})
      all.emplace_back(marker);
    return all;
  }();
  return kStatements;
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t size_max, unsigned int seed) {
  const auto& all = statements();
  if (seed % 3 != 0 || size == 0 || all.empty()) return LLVMFuzzerMutate(data, size, size_max);
  seed /= 3;
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto& added = all[seed % all.size()];
  const size_t from = 1 + (seed / all.size()) % text.size();
  const auto semicolon = text.find(';', from);
  const size_t at = semicolon == std::string::npos ? text.size() : semicolon + 1;
  if (seed % 4 == 0) {
    const auto next = text.find(';', at);
    text.replace(at, next == std::string::npos ? std::string::npos : next + 1 - at, added);
  } else {
    text.insert(at, added);
  }
  if (text.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bgdb::fuzz::lint_any_bytes({reinterpret_cast<const char*>(data), size});
  return 0;
}
