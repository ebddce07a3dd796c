// SPDX-License-Identifier: Apache-2.0
#include "ava/control/config.h"

#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

// One key's value, and where it stands, for messages.
struct Value {
  std::string_view file;
  std::string key;
  const toml::node& node;

  std::unexpected<Error> Wrong(std::string_view what) const {
    const toml::source_position at = node.source().begin;
    return Fail(ErrorCode::kInvalid,
                fmt::format("{}:{}:{}: '{}' {}", file, at.line, at.column, key, what));
  }
};

using Setter = std::function<Result<void>(const Value&)>;

Setter Text(std::string& out) {
  return [&out](const Value& value) -> Result<void> {
    const auto text = value.node.value_exact<std::string>();
    if (!text) return value.Wrong("must be a text in quotes");
    out = *text;
    return {};
  };
}

Setter Number(std::int64_t& out, std::int64_t low, std::int64_t high) {
  return [&out, low, high](const Value& value) -> Result<void> {
    const auto number = value.node.value_exact<std::int64_t>();
    if (!number || *number < low || *number > high) {
      return value.Wrong(fmt::format("must be a whole number from {} to {}", low, high));
    }
    out = *number;
    return {};
  };
}

Setter Texts(std::vector<std::string>& out) {
  return [&out](const Value& value) -> Result<void> {
    const toml::array* array = value.node.as_array();
    if (array == nullptr) return value.Wrong("must be a list of texts");
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
      const auto text = element.value_exact<std::string>();
      if (!text) return value.Wrong("must be a list of texts");
      texts.push_back(*text);
    }
    out = std::move(texts);
    return {};
  };
}

// One text for all APIs, or a table of one for each.
Setter Vendor(Config& config) {
  return [&config](const Value& value) -> Result<void> {
    const toml::table* table = value.node.as_table();
    if (table == nullptr && !value.node.is_string()) {
      return value.Wrong("must be a text in quotes, or a table of one for each API");
    }
    if (table == nullptr) return Text(config.vendor_library)(value);
    for (const auto& [api, library] : *table) {
      const Value one{value.file, fmt::format("{}.{}", value.key, api.str()), library};
      AVA_TRY(Text(config.vendor_libraries[std::string(api.str())])(one));
    }
    return {};
  };
}

// A choice between two words.
Setter Word(bool& out, std::string_view yes, std::string_view no) {
  return [&out, yes, no](const Value& value) -> Result<void> {
    const auto text = value.node.value_exact<std::string>();
    if (!text || (*text != yes && *text != no)) {
      return value.Wrong(fmt::format("must be \"{}\" or \"{}\"", yes, no));
    }
    out = *text == yes;
    return {};
  };
}

Setter UserRange(uid_t& first, uid_t& last) {
  return [&first, &last](const Value& value) -> Result<void> {
    constexpr std::int64_t kLowest = 1000;
    constexpr std::int64_t kHighest = 0x7fffffff;
    const toml::array* array = value.node.as_array();
    const bool pair = array != nullptr && array->size() == 2;
    const auto low = pair ? (*array)[0].value_exact<std::int64_t>() : std::nullopt;
    const auto high = pair ? (*array)[1].value_exact<std::int64_t>() : std::nullopt;
    if (!low || !high || *low < kLowest || *high < *low || *high > kHighest) {
      return value.Wrong(
          fmt::format("must be [first, last], each from {} to {}", kLowest, kHighest));
    }
    first = static_cast<uid_t>(*low);
    last = static_cast<uid_t>(*high);
    return {};
  };
}

std::map<std::string, Setter, std::less<>> Keys(Config& config) {
  constexpr std::int64_t kDay = 24 * 60 * 60;
  return {
      {"manager.socket", Text(config.socket)},
      {"manager.runtime", Text(config.runtime_directory)},
      {"manager.cache", Text(config.cache_directory)},
      {"manager.log", Text(config.log_file)},
      {"manager.idle_exit_seconds", Number(config.idle_exit_seconds, 0, kDay)},
      {"sessions.max", Number(config.sessions_max, 1, kSessionsMaxLimit)},
      {"sessions.max_per_user", Number(config.sessions_per_user_max, 1, kSessionsMaxLimit)},
      {"sessions.arena_bytes",
       Number(config.arena_bytes, wire::kArenaBytesMin, wire::kArenaBytesMax)},
      {"sessions.directory_bytes",
       Number(config.directory_bytes, std::int64_t{1} << 20, std::int64_t{1} << 40)},
      {"sessions.directory_files", Number(config.directory_files, 256, 1 << 20)},
      {"sessions.watchdog_seconds", Number(config.watchdog_seconds, 0, kDay)},
      {"sessions.warm_per_user", Number(config.warm_per_user, 0, 16)},
      {"sessions.warm_seconds", Number(config.warm_seconds, 1, kDay)},
      {"quotas.device_memory_per_session",
       Number(config.device_memory_session, 0, std::numeric_limits<std::int64_t>::max())},
      {"quotas.device_memory_per_user",
       Number(config.device_memory_user, 0, std::numeric_limits<std::int64_t>::max())},
      {"worker.program", Text(config.worker_program)},
      {"worker.libraries", Texts(config.library_directories)},
      {"worker.vendor", Vendor(config)},
      {"worker.uids", UserRange(config.uid_first, config.uid_last)},
      {"worker.processes", Number(config.worker_processes, 16, 1 << 20)},
      {"worker.descriptors", Number(config.worker_descriptors, 64, 1 << 20)},
      {"worker.landlock", Word(config.landlock_required, "required", "optional")},
      {"worker.environment", Texts(config.environment)},
      {"worker.read", Texts(config.read_paths)},
      {"worker.devices", Texts(config.device_paths)},
  };
}

Result<void> Apply(const toml::table& root, std::string_view file, Config& config) {
  const auto keys = Keys(config);
  for (const auto& [section, node] : root) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      return Value{file, std::string(section.str()), node}.Wrong("must stand in a section");
    }
    for (const auto& [name, leaf] : *table) {
      const Value value{file, fmt::format("{}.{}", section.str(), name.str()), leaf};
      const auto setter = keys.find(value.key);
      if (setter == keys.end()) return value.Wrong("is not a setting");
      AVA_TRY(setter->second(value));
    }
  }
  return {};
}

}  // namespace

std::string Config::VendorOf(std::string_view api) const {
  const auto found = vendor_libraries.find(api);
  return found == vendor_libraries.end() ? vendor_library : found->second;
}

Result<void> ParseConfig(std::string_view text, std::string_view name, Config& config) {
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return Fail(ErrorCode::kInvalid, fmt::format("{}:{}:{}: {}", name, at.line, at.column,
                                                 parsed.error().description()));
  }
  Config changed = config;
  AVA_TRY(Apply(parsed.table(), name, changed));
  config = std::move(changed);
  return {};
}

Result<void> LoadConfig(const std::string& path, Config& config) {
  errno = 0;
  std::ifstream file(path);
  if (!file) return FailSystem("open", path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ParseConfig(text, path, config);
}

}  // namespace ava::control
