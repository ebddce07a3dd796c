// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/doctor.h"

#include <dlfcn.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "ava/base/format.h"
#include "ava/base/unique_fd.h"
#include "ava/control/client.h"
#include "ava/control/config.h"
#include "ava/control/layout.h"
#include "ava/sandbox/landlock.h"

namespace ava::cli {
namespace {

namespace fs = std::filesystem;

enum class State { kOk, kWarning, kMissing };

struct Finding {
  State state = State::kOk;
  std::string what;
  std::string remedy;  // for all but kOk
};

Finding Ok(std::string what) { return {State::kOk, std::move(what), ""}; }
Finding Warn(std::string what, std::string remedy) {
  return {State::kWarning, std::move(what), std::move(remedy)};
}
Finding Missing(std::string what, std::string remedy) {
  return {State::kMissing, std::move(what), std::move(remedy)};
}

Finding CheckPrograms(const Context& context) {
  for (const std::string& path : {context.surroundings.program_directory + "/avad",
                                  control::WorkerProgram(context.surroundings)}) {
    if (access(path.c_str(), X_OK) != 0) {
      return Missing(fmt::format("'{}' is not there", path), "build or install AvA completely");
    }
  }
  return Ok("avad and ava-worker are there");
}

std::vector<std::string> AllDirectories(const Context& context) {
  std::vector<std::string> directories = control::LibraryDirectories(context.surroundings);
  for (const std::string& directory : control::LibraryDirectories(context.surroundings)) {
    directories.push_back(directory + "/guest");
  }
  return directories;
}

Finding CheckFile(const Context& context, const char* what, const char* file) {
  const std::string path = control::FindIn(AllDirectories(context), file);
  if (path.empty()) {
    return Missing(fmt::format("{} '{}' is not there", what, file),
                   "build or install AvA completely");
  }
  return Ok(fmt::format("{}: {}", what, path));
}

// Workers of root's manager are other users; they must get at the libraries.
Finding CheckReachable(const Context& context) {
  if (context.surroundings.uid != 0) return Ok("workers run as this user");
  for (fs::path path = context.surroundings.program_directory; path != path.root_path();
       path = path.parent_path()) {
    std::error_code error;
    const fs::perms mode = fs::status(path, error).permissions();
    if (!error && (mode & fs::perms::others_exec) == fs::perms::none) {
      return Missing(fmt::format("'{}' is closed to other users, so workers cannot load libraries",
                                 path.string()),
                     fmt::format("chmod o+x '{}', or install elsewhere", path.string()));
    }
  }
  return Ok("workers' users can reach the libraries");
}

Finding CheckLoader() {
  void* loader = dlopen("libOpenCL.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (loader == nullptr) {
    return Missing("no OpenCL loader (libOpenCL.so.1)", "apt install ocl-icd-libopencl1");
  }
  dlclose(loader);
  return Ok("OpenCL loader: libOpenCL.so.1");
}

Finding CheckVendors() {
  std::string vendors;
  std::error_code error;
  for (auto at = fs::directory_iterator("/etc/OpenCL/vendors", error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().extension() != ".icd" || at->path().filename() == "ava.icd") continue;
    std::string library;
    std::ifstream(at->path()) >> library;
    void* vendor = dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (vendor == nullptr) {
      return Warn(fmt::format("'{}' names '{}', which cannot be loaded: {}", at->path().string(),
                              library, dlerror()),
                  "reinstall that driver, or remove the file");
    }
    vendors += (vendors.empty() ? "" : ", ") + at->path().stem().string();
  }
  if (vendors.empty()) {
    return Missing("no OpenCL driver in /etc/OpenCL/vendors",
                   "apt install pocl-opencl-icd, for a device on any CPU");
  }
  return Ok(fmt::format("OpenCL drivers: {}", vendors));
}

Finding CheckLinker() {
  for (const char* path : {"/usr/bin/ld", "/bin/ld"}) {
    if (access(path, X_OK) == 0) return Ok(fmt::format("linker for PoCL's kernels: {}", path));
  }
  return Warn("no 'ld': PoCL needs it to build kernels", "apt install binutils");
}

Finding CheckSharedMemory() {
  const UniqueFd fd(memfd_create("ava-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (fd) return Ok("shared memory: memfd with seals");
  return Missing("memfd_create does not work", "use Linux 3.17 or newer");
}

Finding CheckLandlock() {
  if (const int abi = sandbox::LandlockAbi()) return Ok(fmt::format("landlock: version {}", abi));
  return Warn("this kernel has no landlock: workers can read what their user can",
              "boot with landlock in the lsm= list (Linux 5.19 or newer)");
}

Finding CheckSeccomp() {
  if (seccomp_api_get() > 0) return Ok(fmt::format("seccomp: level {}", seccomp_api_get()));
  return Missing("seccomp filters do not work", "use a kernel with CONFIG_SECCOMP_FILTER");
}

Finding CheckUserNamespaces() {
  std::ifstream file("/proc/sys/user/max_user_namespaces");
  long most = 0;
  if (file >> most && most > 0) return Ok("user namespaces: available (not needed yet)");
  return Warn("no user namespaces (not needed yet)", "sysctl user.max_user_namespaces=1000");
}

Finding CheckUsers(const Context& context) {
  if (context.surroundings.uid != 0) {
    return Warn("not root: all workers run as this user, apart from each other by the sandbox only",
                "run avad as root, so that each worker gets a user of its own");
  }
  const control::Config config;
  setpwent();
  std::string taken;
  for (const passwd* user = getpwent(); user != nullptr; user = getpwent()) {
    if (user->pw_uid >= config.uid_first && user->pw_uid <= config.uid_last) taken = user->pw_name;
  }
  endpwent();
  if (taken.empty()) {
    return Ok(fmt::format("users for workers: {} to {}", config.uid_first, config.uid_last));
  }
  return Missing(fmt::format("user '{}' lies in the range for workers, {} to {}", taken,
                             config.uid_first, config.uid_last),
                 "set 'worker.uids' in avad's configuration to a range that nobody uses");
}

Finding CheckManager(const Context& context) {
  auto client = control::AdminClient::Connect(context.socket);
  if (client.has_value() && client->Ask("ping").has_value()) {
    return Ok(fmt::format("a manager answers on '{}'", context.socket));
  }
  return Warn(fmt::format("no manager runs on '{}'", context.socket),
              "nothing to do: 'ava run' starts one");
}

std::vector<Finding> Examine(const Context& context) {
  return {CheckPrograms(context),
          CheckFile(context, "guest library", "libOpenCL.so.1"),
          CheckFile(context, "guest library behind a loader", "ava.icd"),
          CheckFile(context, "API server", "libava-opencl-server.so"),
          CheckReachable(context),
          CheckLoader(),
          CheckVendors(),
          CheckLinker(),
          CheckSharedMemory(),
          CheckSeccomp(),
          CheckLandlock(),
          CheckUserNamespaces(),
          CheckUsers(context),
          CheckManager(context)};
}

const char* NameOf(State state) {
  switch (state) {
    case State::kOk:
      return "ok";
    case State::kWarning:
      return "warning";
    case State::kMissing:
      return "missing";
  }
  return "?";
}

}  // namespace

int Doctor(const Context& context, bool json) {
  int result = 0;
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Finding& finding : Examine(context)) {
    if (finding.state == State::kMissing) result = 1;
    array.push_back(
        {{"state", NameOf(finding.state)}, {"what", finding.what}, {"remedy", finding.remedy}});
    if (json) continue;
    std::printf("%-8s %s\n", NameOf(finding.state), finding.what.c_str());
    if (!finding.remedy.empty()) std::printf("         -> %s\n", finding.remedy.c_str());
  }
  if (json) std::puts(array.dump(2).c_str());
  return result;
}

}  // namespace ava::cli
