// SPDX-License-Identifier: Apache-2.0
#include "ava/control/config.h"

#include <pwd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
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

Setter PolicyName(std::string& out) {
  return [&out](const Value& value) -> Result<void> {
    const auto text = value.node.value_exact<std::string>();
    if (!text || policy::FindPolicy(*text) == nullptr) {
      std::vector<std::string_view> names;
      for (const policy::Policy& known : policy::Policies()) names.push_back(known.name);
      return value.Wrong(fmt::format("must be one of \"{}\"", fmt::join(names, "\", \"")));
    }
    out = *text;
    return {};
  };
}

Setter Real(double& out, double low, double high) {
  return [&out, low, high](const Value& value) -> Result<void> {
    const auto number = value.node.value<double>();
    if (!number || !(*number >= low) || *number > high)
      return value.Wrong(fmt::format("must be a number from {} to {}", low, high));
    out = *number;
    return {};
  };
}

Setter User(std::optional<uid_t>& out) {
  return [&out](const Value& value) -> Result<void> {
    if (const auto number = value.node.value_exact<std::int64_t>()) {
      if (*number < 0 || *number > std::int64_t{std::numeric_limits<uid_t>::max()} - 1)
        return value.Wrong("is no user's number");
      out = static_cast<uid_t>(*number);
      return {};
    }
    const auto name = value.node.value_exact<std::string>();
    const passwd* user = name ? getpwnam(name->c_str()) : nullptr;
    if (user == nullptr) return value.Wrong("must be a user of this machine, by name or by number");
    out = user->pw_uid;
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
  constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
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
      {"scheduler.policy", PolicyName(config.policy)},
      {"scheduler.quantum_us", Number(config.quantum_us, 100, kMicrosecondsPerSecond)},
      {"scheduler.in_flight_us", Number(config.in_flight_us, 100, kMicrosecondsPerSecond)},
      {"scheduler.freeze", Word(config.freeze, "yes", "no")},
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

// One [[tenants]].
Result<void> ApplyTenant(const toml::table& table, std::string_view file, Config& config) {
  constexpr double kMost = 1e6;
  std::optional<uid_t> user;
  policy::TenantRules rules;
  std::int64_t priority = 0;
  const std::map<std::string, Setter, std::less<>> keys = {
      {"user", User(user)},
      {"weight", Real(rules.weight, 1 / kMost, kMost)},
      {"priority", Number(priority, -1000, 1000)},
      {"cap", Real(rules.cap, 0, 1)},
      {"commands_per_second", Real(rules.commands_per_second, 0, kMost)},
      {"command_burst", Real(rules.command_burst, 1, kMost)}};
  for (const auto& [name, leaf] : table) {
    const Value value{file, fmt::format("tenants.{}", name.str()), leaf};
    const auto setter = keys.find(name.str());
    if (setter == keys.end()) return value.Wrong("is not a setting");
    AVA_TRY(setter->second(value));
  }
  const Value whole{file, "tenants", table};
  if (!user) return whole.Wrong("needs a 'user'");
  rules.priority = static_cast<int>(priority);
  if (!config.tenants.emplace(*user, rules).second)
    return whole.Wrong(fmt::format("has user {} twice", *user));
  return {};
}

Result<void> ApplyTenants(const Value& value, Config& config) {
  const toml::array* array = value.node.as_array();
  if (array == nullptr) return value.Wrong("must be written [[tenants]], once for each");
  config.tenants.clear();
  for (const toml::node& node : *array) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return value.Wrong("must be written [[tenants]], once for each");
    AVA_TRY(ApplyTenant(*table, value.file, config));
  }
  return {};
}

Result<void> Apply(const toml::table& root, std::string_view file, Config& config) {
  const auto keys = Keys(config);
  for (const auto& [section, node] : root) {
    const toml::table* table = node.as_table();
    if (section.str() == "tenants") {
      AVA_TRY(ApplyTenants({file, "tenants", node}, config));
      continue;
    }
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

policy::Settings Config::Scheduling() const {
  constexpr std::int64_t kNanosecondsPerMicrosecond = 1000;
  policy::Settings settings;
  settings.policy = policy::FindPolicy(policy);
  settings.quantum_ns = quantum_us * kNanosecondsPerMicrosecond;
  settings.in_flight_ns = in_flight_us * kNanosecondsPerMicrosecond;
  settings.freeze = freeze;
  settings.tenants.insert(tenants.begin(), tenants.end());
  return settings;
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
