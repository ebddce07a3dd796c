// SPDX-License-Identifier: Apache-2.0
#include "ava/control/layout.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "ava/base/format.h"

namespace ava::control {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// XDG: relative paths are to be ignored.
std::string Absolute(std::string path) { return path.starts_with('/') ? std::move(path) : ""; }

std::string ProgramDirectory() {
  std::array<char, PATH_MAX> path = {};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (length <= 0) return "/usr/bin";
  return std::filesystem::path(path.data()).parent_path().string();
}

std::uint64_t Fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace

Surroundings ReadSurroundings() {
  return {.uid = geteuid(),
          .home = Absolute(FromEnvironment("HOME")),
          .xdg_runtime = Absolute(FromEnvironment("XDG_RUNTIME_DIR")),
          .xdg_cache = Absolute(FromEnvironment("XDG_CACHE_HOME")),
          .xdg_state = Absolute(FromEnvironment("XDG_STATE_HOME")),
          .program_directory = ProgramDirectory()};
}

std::string DefaultRuntimeDirectory(const Surroundings& surroundings) {
  if (surroundings.uid == 0) return "/run/ava";
  if (!surroundings.xdg_runtime.empty()) return surroundings.xdg_runtime + "/ava";
  return fmt::format("/tmp/ava-{}", surroundings.uid);
}

std::string DefaultSocket(const Surroundings& surroundings) {
  return DefaultRuntimeDirectory(surroundings) + "/avad.sock";
}

std::string DefaultCacheDirectory(const Surroundings& surroundings) {
  if (surroundings.uid == 0) return "/var/cache/ava";
  if (!surroundings.xdg_cache.empty()) return surroundings.xdg_cache + "/ava";
  if (!surroundings.home.empty()) return surroundings.home + "/.cache/ava";
  return fmt::format("/tmp/ava-{}-cache", surroundings.uid);
}

std::string DefaultLogFile(const Surroundings& surroundings) {
  if (surroundings.uid == 0) return "/var/log/ava/avad.log";
  if (!surroundings.xdg_state.empty()) return surroundings.xdg_state + "/ava/avad.log";
  if (!surroundings.home.empty()) return surroundings.home + "/.local/state/ava/avad.log";
  return "/dev/null";
}

std::string ManagerName(std::string_view socket, const Surroundings& surroundings) {
  if (socket == DefaultSocket(surroundings)) return "avad";
  return fmt::format("avad-{:016x}", Fnv1a(socket));
}

std::string UrlOfSocket(std::string_view socket) { return fmt::format("unix:{}", socket); }

std::string SocketOfUrl(std::string_view url) {
  constexpr std::string_view kScheme = "unix:";
  if (!url.starts_with(kScheme)) return "";
  url.remove_prefix(kScheme.size());
  return std::string(url);
}

std::vector<std::string> LibraryDirectories(const Surroundings& surroundings) {
  const std::filesystem::path prefix =
      std::filesystem::path(surroundings.program_directory).parent_path();
  std::vector<std::string> directories;
  for (const char* below : {"lib/ava", "lib/x86_64-linux-gnu/ava", "lib"}) {
    directories.push_back((prefix / below).string());
  }
  if (prefix == "/usr") directories.emplace_back("/usr/local/lib/ava");
  return directories;
}

std::string WorkerProgram(const Surroundings& surroundings) {
  constexpr std::string_view kName = "ava-worker";
  std::vector<std::string> directories = LibraryDirectories(surroundings);
  directories.insert(directories.begin(), surroundings.program_directory);
  std::string found = FindIn(directories, kName);
  return found.empty() ? fmt::format("{}/{}", surroundings.program_directory, kName) : found;
}

std::string DefaultConfigFile(const Surroundings& surroundings) {
  if (surroundings.uid != 0) return "";
  const auto prefix = std::filesystem::path(surroundings.program_directory).parent_path();
  return FindIn({prefix == "/usr" ? "/etc" : (prefix / "etc").string()}, "ava/avad.toml");
}

std::string FindIn(const std::vector<std::string>& directories, std::string_view file) {
  for (const std::string& directory : directories) {
    std::string path = fmt::format("{}/{}", directory, file);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return "";
}

}  // namespace ava::control
