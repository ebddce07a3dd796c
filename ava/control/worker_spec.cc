// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_spec.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <nlohmann/json.hpp>

#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

using Json = nlohmann::ordered_json;

// Names each field once, for both directions.
template <class Spec, class Visit>
void ForEachField(Spec& spec, Visit visit) {
  visit("session", spec.session);
  visit("manager_pid", spec.manager_pid);
  visit("api", spec.api);
  visit("digest", spec.digest);
  visit("functions", spec.functions);
  visit("change_user", spec.change_user);
  visit("uid", spec.uid);
  visit("session_directory", spec.session_directory);
  visit("cache_directory", spec.cache_directory);
  visit("environment", spec.environment);
  visit("environment_patterns", spec.environment_patterns);
  visit("library_directories", spec.library_directories);
  visit("vendor_library", spec.vendor_library);
  visit("read_paths", spec.read_paths);
  visit("device_paths", spec.device_paths);
  visit("processes", spec.processes);
  visit("descriptors", spec.descriptors);
  visit("file_bytes", spec.file_bytes);
  visit("landlock_required", spec.landlock_required);
  visit("device_memory_session", spec.device_memory_session);
  visit("device_memory_tenant", spec.device_memory_tenant);
  visit("tenant_slot", spec.tenant_slot);
}

// A path or a variable may hold any byte; JSON holds Unicode. Latin-1 keeps each byte, one to one.
std::string ToUnicode(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xc0U | (byte >> 6U));
      text += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return text;
}

std::string ToBytes(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      bytes += static_cast<char>((byte & 0x03U) << 6U | (text[++i] & 0x3fU));
    }
  }
  return bytes;
}

template <class T>
Json Put(const T& value) {
  return value;
}
Json Put(const std::string& value) { return ToUnicode(value); }
Json Put(const std::vector<std::string>& values) {
  Json array = Json::array();
  for (const std::string& value : values) array.push_back(ToUnicode(value));
  return array;
}

template <class T>
void Get(const Json& json, T& value) {
  json.get_to(value);
}
void Get(const Json& json, std::string& value) { value = ToBytes(json.get<std::string>()); }
void Get(const Json& json, std::vector<std::string>& values) {
  values.clear();
  for (const Json& element : json) values.push_back(ToBytes(element.get<std::string>()));
}

}  // namespace

std::string ToJson(const WorkerSpec& spec) {
  Json json;
  ForEachField(spec, [&json](const char* name, const auto& value) { json[name] = Put(value); });
  return json.dump();
}

Result<WorkerSpec> WorkerSpecFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    WorkerSpec spec;
    ForEachField(spec, [&json](const char* name, auto& value) { Get(json.at(name), value); });
    return spec;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kInvalid, fmt::format("bad description of a session: {}", error.what()));
  }
}

Result<UniqueFd> PutIntoMemory(std::string_view text) {
  UniqueFd fd(memfd_create("ava-worker-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return FailSystem("memfd_create", "ava-worker-spec");
  const ssize_t written = pwrite(fd.get(), text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) return FailSystem("pwrite", "ava-worker-spec");
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return FailSystem("fcntl(F_ADD_SEALS)", "ava-worker-spec");
  }
  return fd;
}

Result<WorkerSpec> ReadWorkerSpec(int fd) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return FailSystem("fstat", std::to_string(fd));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t bytes = pread(fd, text.data(), text.size(), 0);
  if (bytes != static_cast<ssize_t>(text.size())) return FailSystem("pread", std::to_string(fd));
  return WorkerSpecFromJson(text);
}

}  // namespace ava::control
