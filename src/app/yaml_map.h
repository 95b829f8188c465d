// Strict reading of a YAML mapping: every key must be asked for, and what is wrong is collected with file and line, so
// that one run tells everything that is wrong with a file. Only for .cc files of app/ (it exposes yaml-cpp).
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace bgdb::app {

// Problems of one file, in the order they were found.
struct YamlProblems {
  std::string path;
  std::vector<std::string> lines;
  void add(int line, const std::string& text);  // line counts from 0 (yaml-cpp's Mark); -1 = none
  Result<void> result() const;                  // ErrorCode::config with all lines
};

// One mapping. Reading a key marks it as known; finish() reports the others with the nearest known key. A missing key
// leaves the target as it is.
class YamlMap {
 public:
  // `where` is the dotted name for messages: "gates.", "" at the top.
  YamlMap(const YAML::Node& node, std::string where, YamlProblems& problems);
  ~YamlMap();  // finish()
  YamlMap(const YamlMap&) = delete;
  YamlMap& operator=(const YamlMap&) = delete;

  bool has(const std::string& key);
  int line(const std::string& key) const;  // of the key, or of the mapping
  YAML::Node node(const std::string& key);
  void problem(const std::string& key, const std::string& text);
  std::string name(const std::string& key) const { return where_ + key; }
  YamlProblems& problems() { return problems_; }

  void text(const std::string& key, std::string& target);
  void required_text(const std::string& key, std::string& target);
  void choice(const std::string& key, std::string& target, const std::vector<std::string>& allowed);
  void duration(const std::string& key, std::chrono::milliseconds& target);
  // A key whose name ends in _ms or _ms_max says its unit: a bare number is milliseconds there.
  void duration_ms(const std::string& key, std::chrono::milliseconds& target);
  void size(const std::string& key, int64_t& target);
  void integer(const std::string& key, int& target, int lowest, int highest);
  void flag(const std::string& key, bool& target);  // true | false
  void number(const std::string& key, std::optional<double>& target);
  void texts(const std::string& key, std::vector<std::string>& target);            // a list
  void text_or_texts(const std::string& key, std::vector<std::string>& target);    // one text or a list
  void pairs(const std::string& key, std::map<std::string, std::string>& target);  // name: value
  // A list of mappings; `example` is shown when it is something else.
  std::vector<YAML::Node> entries(const std::string& key, const std::string& example);
  // A key of a later version: an error that says so when it is set.
  void not_available(const std::string& key, const std::string& cure);

 private:
  void finish();
  const YAML::Node* scalar(const std::string& key, const char* expected);

  YAML::Node node_;
  std::string where_;
  YamlProblems& problems_;
  std::vector<std::string> known_;
  YAML::Node found_;
};

}  // namespace bgdb::app
