// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/launch.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/starter.h"

namespace ava::cli {
namespace {

constexpr const char* kIdleExitSeconds = "10";
constexpr int kHoldFdMin = 900;
constexpr const char* kGuestFolder = "/guest";

std::vector<std::string> GuestDirectories(const control::Surroundings& surroundings) {
  std::vector<std::string> directories;
  for (const std::string& directory : control::LibraryDirectories(surroundings)) {
    directories.push_back(directory + kGuestFolder);
    directories.push_back(directory);
  }
  return directories;
}

std::string MakeRunId() {
  std::array<std::uint64_t, 2> bits{};
  static_cast<void>(!getrandom(bits.data(), sizeof bits, 0));
  return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

void Prepend(const char* variable, const std::string& directories) {
  const char* old = std::getenv(variable);
  const std::string rest = old == nullptr || *old == '\0' ? "" : fmt::format(":{}", old);
  setenv(variable, (directories + rest).c_str(), 1);
}

// The guest libraries of all APIs, and first of all `directory`.
void PrependLibraries(const std::vector<std::string>& directories, const std::string& directory) {
  std::string all = directory;
  for (const std::string& other : directories) {
    std::error_code ignored;
    if (!other.ends_with(kGuestFolder) || other == directory) continue;
    if (std::filesystem::is_directory(other, ignored)) all += ':' + other;
  }
  Prepend("LD_LIBRARY_PATH", all);
}

Result<void> SetWayIn(const control::Surroundings& surroundings, Via via) {
  const std::vector<std::string> directories = GuestDirectories(surroundings);
  if (via != Via::kIcd) {
    const std::string library = control::FindIn(directories, "libOpenCL.so.1");
    if (library.empty()) {
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("no guest library: 'libOpenCL.so.1' is not in {}: build or install "
                              "AvA completely",
                              fmt::join(directories, ", ")));
    }
    PrependLibraries(directories, std::filesystem::path(library).parent_path());
  }
  if (via != Via::kLibrary) {
    const std::string icd = control::FindIn(directories, "ava.icd");
    if (icd.empty() && via == Via::kIcd) {
      return Fail(ErrorCode::kUnavailable, fmt::format("no 'ava.icd' in {}: build or install AvA "
                                                       "completely",
                                                       fmt::join(directories, ", ")));
    }
    if (!icd.empty()) setenv("OCL_ICD_VENDORS", icd.c_str(), 1);
  }
  return {};
}

enum class Found { kExecutable, kNotExecutable, kMissing };

Found Look(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return Found::kMissing;
  const bool executable = S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
  return executable ? Found::kExecutable : Found::kNotExecutable;
}

}  // namespace

Result<Launch> PrepareLaunch(const Context& context, const LaunchOptions& options) {
  AVA_TRY(SetWayIn(context.surroundings, options.via));
  control::StarterOptions starter{.socket = context.socket,
                                  .program = context.surroundings.program_directory + "/avad"};
  if (!options.keep_manager) starter.arguments = {"--idle-exit", kIdleExitSeconds};
  Launch launch{.manager = AVA_TRY(control::EnsureManager(starter)), .run_id = MakeRunId()};
  setenv("AVA_URL", control::UrlOfSocket(context.socket).c_str(), 1);
  setenv("AVA_RUN_ID", launch.run_id.c_str(), 1);
  if (options.strict) setenv("AVA_STRICT", "1", 1);
  if (options.watchdog_seconds > 0) {
    const auto milliseconds = static_cast<std::int64_t>(std::ceil(options.watchdog_seconds * 1000));
    setenv("AVA_WATCHDOG_MS", std::to_string(milliseconds).c_str(), 1);
  }
  return launch;
}

void HoldManager(const control::AdminClient& manager) {
  if (fcntl(manager.fd(), F_DUPFD, kHoldFdMin) >= 0) return;
  static_cast<void>(fcntl(manager.fd(), F_DUPFD, STDERR_FILENO + 1));  // few are allowed here
}

Result<std::string> FindProgram(const std::string& name) {
  bool seen = false;
  const auto try_path = [&seen](const std::string& path) {
    const Found found = Look(path);
    seen = seen || found == Found::kNotExecutable;
    return found == Found::kExecutable;
  };
  if (name.find('/') != std::string::npos) {
    if (try_path(name)) return name;
  } else {
    const char* search = std::getenv("PATH");
    std::string_view rest = search == nullptr ? "/usr/local/bin:/usr/bin:/bin" : search;
    while (!name.empty() && !rest.empty()) {
      const std::size_t end = std::min(rest.find(':'), rest.size());
      const std::string_view directory = end == 0 ? "." : rest.substr(0, end);
      std::string path = fmt::format("{}/{}", directory, name);
      if (try_path(path)) return path;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (seen) return Fail(ErrorCode::kInvalid, fmt::format("'{}' is not executable", name));
  return Fail(ErrorCode::kUnavailable, fmt::format("there is no program '{}'", name));
}

int Execute(const std::string& path, const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(path.c_str(), arguments.data());  // with its shell for scripts without '#!'
  const int error = errno;
  Complain("run", FailSystem("exec", path, error).error());
  return error == ENOENT ? kExitNotFound : kExitNotExecutable;
}

}  // namespace ava::cli
