// SPDX-License-Identifier: Apache-2.0
//
// ava-worker: started by avad for one guest process; nobody else can start it usefully.
//
//   description, descriptors   from the manager (ava/control/worker_spec.h)
//   sandbox                    everything that follows happens in it (ava/sandbox/sandbox.h)
//   environment, directories   the session's
//   files                      what a compiler opens is the guest's (file_calls.h)
//   server module, vendor      loaded
//   ready                      a guest can get its Welcome
//   guest                      standard output and error and the working directory are the guest's
//                              own, taken from its first message; if it is there, before all else
//   calls                      ServeSession, until the monitor ends the process
//
// A worker that starts before its guest is there ("warm") keeps what the vendor's library prints
// meanwhile, and prints it for the guest that comes.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/ava-worker/file_calls.h"
#include "apps/ava-worker/manager_link.h"
#include "apps/ava-worker/monitor.h"
#include "ava/base/fd_passing.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/hello.h"
#include "ava/control/layout.h"
#include "ava/control/lease_page.h"
#include "ava/control/ledger_page.h"
#include "ava/control/tenant_memory.h"
#include "ava/control/worker_environment.h"
#include "ava/control/worker_spec.h"
#include "ava/router/router.h"
#include "ava/sandbox/sandbox.h"
#include "ava/transport/worker_channel.h"
#include "ava/worker/progress.h"
#include "ava/worker/serve.h"
#include "ava/worker/server_api.h"

namespace ava {
namespace {

using control::WorkerSpec;

constexpr int kRoomWaitMs = 100;

// Device nodes of accelerators, where there are some.
std::vector<std::string> AcceleratorNodes() {
  std::vector<std::string> nodes = {"/dev/dri", "/dev/kfd", "/dev/accel"};
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator("/dev", error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (at->path().filename().string().starts_with("nvidia")) nodes.push_back(at->path());
  }
  return nodes;
}

sandbox::Sandbox MakeSandbox(const WorkerSpec& spec) {
  sandbox::Sandbox made;
  made.limits = {
      .processes = spec.processes, .descriptors = spec.descriptors, .file_bytes = spec.file_bytes};
  made.identity = {.change = spec.change_user, .uid = spec.uid, .gid = spec.uid};
  made.files.read = {"/usr",  "/lib", "/lib32", "/lib64", "/bin",
                     "/sbin", "/etc", "/opt",   "/proc",  "/sys"};
  made.files.write = {spec.session_directory, spec.cache_directory};
  made.files.devices = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
  const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(made.files.read, spec.library_directories);
  append(made.files.read, spec.read_paths);
  if (spec.vendor_library.contains('/')) made.files.read.push_back(spec.vendor_library);
  append(made.files.devices, AcceleratorNodes());
  append(made.files.devices, spec.device_paths);
  return made;
}

Result<void> Confine(const WorkerSpec& spec) {
  const auto entered = AVA_TRY(sandbox::Enter(MakeSandbox(spec)));
  if (entered.landlock_abi == 0 && spec.landlock_required) {
    return Fail(ErrorCode::kUnavailable,
                "this kernel has no landlock and 'worker.landlock' is \"required\"");
  }
  // It may have died before we asked to be told.
  if (getppid() != spec.manager_pid) return Fail(ErrorCode::kUnavailable, "the manager is gone");
  return {};
}

Result<void> Redirect(int source, int target) {
  if (dup2(source, target) < 0) return FailSystem("dup2", std::to_string(target));
  return {};
}

// What is printed while there is no guest to read it.
class KeptOutput {
 public:
  static Result<KeptOutput> Start() {
    KeptOutput kept;
    for (const int target : {STDOUT_FILENO, STDERR_FILENO}) {
      UniqueFd file(memfd_create("output", MFD_CLOEXEC));
      if (!file) return FailSystem("memfd_create", "output");
      AVA_TRY(Redirect(file.get(), target));
      kept.files_.push_back({target, std::move(file)});
    }
    return kept;
  }
  // Once the streams are the guest's.
  void Print() const {
    for (const auto& [target, file] : files_) {
      std::array<char, 4096> buffer;
      for (off_t at = 0;;) {
        const ssize_t bytes = pread(file.get(), buffer.data(), buffer.size(), at);
        if (bytes <= 0) break;
        const ssize_t written = write(target, buffer.data(), static_cast<std::size_t>(bytes));
        if (written >= 0) at += written;
        if (written < 0 && errno != EINTR && errno != EAGAIN) break;
        pollfd room{.fd = target, .events = POLLOUT, .revents = 0};
        if (written < 0 && poll(&room, 1, kRoomWaitMs) == 0) break;  // nobody reads it
      }
    }
  }

 private:
  std::vector<std::pair<int, UniqueFd>> files_;
};

Result<void> MakeDirectories(const WorkerSpec& spec, const std::string& guest_directory) {
  std::error_code error;
  for (const std::string& name :
       {std::string("home"), std::string("tmp"), "files" + guest_directory}) {
    std::filesystem::create_directories(spec.session_directory + "/" + name, error);
    if (error) return FailSystem("mkdir", spec.session_directory + "/" + name, error.value());
  }
  const std::string directory = spec.session_directory + "/files" + guest_directory;
  if (chdir(directory.c_str()) != 0) return FailSystem("chdir", directory);
  return {};
}

// The guest's descriptors came with its first message, which the manager has only peeked at.
Result<void> Meet(const WorkerSpec& spec, const UniqueFd& guest) {
  std::vector<std::byte> buffer(wire::kHelloBytesMax);
  const ReceivedPacket packet = ReceivePacket(guest.get(), buffer);
  if (packet.bytes <= 0) return Fail(ErrorCode::kUnavailable, "the guest is gone");
  const auto hello = AVA_TRY(control::ParseHelloUntrusted(
      std::span(buffer).first(static_cast<std::size_t>(packet.bytes))));
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  std::size_t next = 0;
  for (const auto& [target, flag] : {std::pair(STDOUT_FILENO, wire::kHelloStdout),
                                     std::pair(STDERR_FILENO, wire::kHelloStderr)}) {
    const bool passed = (hello.flags & flag) != 0 && next < packet.fd_count;
    AVA_TRY(Redirect(passed ? packet.fds[next++].get() : null.get(), target));
  }
  return MakeDirectories(spec, hello.directory);
}

Result<const worker::ServerApi*> LoadServer(const WorkerSpec& spec) {
  const std::string file = fmt::format("libava-{}-server.so", spec.api);
  const std::string path = control::FindIn(spec.library_directories, file);
  if (path.empty()) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("no API '{}' here: '{}' is not in {}: install it there, or name its "
                            "directory in 'worker.libraries' of the manager's settings",
                            spec.api, file, fmt::join(spec.library_directories, ", ")));
  }
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Fail(ErrorCode::kUnavailable, dlerror());
  const auto get =
      reinterpret_cast<worker::ServerApiFunction>(dlsym(library, worker::kServerApiSymbol));
  if (get == nullptr) return Fail(ErrorCode::kInvalid, fmt::format("'{}' is no server", path));
  const worker::ServerApi* api = get();
  if (api->abi != worker::kServerAbi) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("'{}' belongs to another release of AvA than this worker: build or install "
                    "both from one",
                    path));
  }
  if (!std::ranges::equal(spec.digest, std::span(api->digest, wire::kDigestBytes)) ||
      spec.functions != api->functions.size()) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("the guest library and '{}' were made from different specs of '{}': "
                            "install both from one release",
                            path, spec.api));
  }
  return api;
}

Result<void> OpenVendor(const WorkerSpec& spec, const worker::ServerApi& api) {
  clearenv();
  for (const std::string& variable : control::WorkerEnvironment(spec, api.environment)) {
    const std::size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
  const std::string vendor =
      spec.vendor_library.empty() ? std::string(api.vendor_library) : spec.vendor_library;
  if (const char* wrong = api.open_vendor(vendor.c_str())) {
    return Fail(ErrorCode::kUnavailable, fmt::format("the vendor's library: {}", wrong));
  }
  return {};
}

struct Rules {
  std::vector<router::FunctionRule> functions;
  std::vector<router::ResourceRule> resources;
};

Rules RulesOf(const worker::ServerApi& api) {
  Rules rules;
  for (const worker::FunctionEntry& function : api.functions) {
    rules.functions.push_back({.name = function.name,
                               .args_bytes = function.args_bytes,
                               .served = function.serve != nullptr});
  }
  for (const worker::ResourceEntry& resource : api.resources) {
    rules.resources.push_back({.name = resource.name, .continuous = resource.continuous});
  }
  return rules;
}

// One for each resource that the manager's settings limit.
std::vector<router::QuotaRule> QuotasOf(const WorkerSpec& spec,
                                        std::span<const router::ResourceRule> resources,
                                        const control::TenantMemory& tenant) {
  const auto limit = [](std::uint64_t bytes) {
    return bytes == 0 ? router::Quota::kNoLimit : bytes;
  };
  const router::Quota quota(
      {.session = limit(spec.device_memory_session), .tenant = limit(spec.device_memory_tenant)},
      tenant.held(), spec.tenant_slot);
  constexpr std::string_view kResource = "device_memory";
  const bool known =
      std::ranges::find(resources, kResource, &router::ResourceRule::name) != resources.end();
  if (quota.limit() != router::Quota::kNoLimit && !known) {
    spdlog::warn("the spec of '{}' has no '{}': the quotas of the manager's settings limit nothing",
                 spec.api, kResource);
  }
  return {{.resource = kResource, .quota = quota}};
}

control::WorkerReady Ready(const worker::ServerApi& api, bool has_guest) {
  control::WorkerReady ready;
  ready.has_guest = has_guest;
  ready.server = fmt::format("{} {} ({})", api.name, api.version, api.vendor_library);
  for (const worker::FunctionEntry& function : api.functions) {
    ready.functions.emplace_back(function.name);
  }
  return ready;
}

// What a compiler reads for itself lies where libraries lie, and in the worker's own directories.
worker::GuestFiles::Setup FilesOf(const WorkerSpec& spec) {
  worker::GuestFiles::Setup files{
      .root = spec.session_directory + "/files",
      .own = {"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/share/pocl",
              "/usr/local/share/pocl", "/opt", spec.cache_directory,
              spec.session_directory + "/home", spec.session_directory + "/tmp"},
      .compiling = &SeeFilesOf,
      .limits = {}};
  for (const auto& more : {spec.library_directories, spec.read_paths})
    files.own.insert(files.own.end(), more.begin(), more.end());
  return files;
}

// Returns only when something is missing.
Result<void> Work(const WorkerSpec& spec, const ManagerLink& manager) {
  AVA_TRY(Confine(spec));
  umask(077);
  UniqueFd connection = manager.TakeGuest(false);
  std::optional<KeptOutput> kept;
  if (connection) {
    AVA_TRY(Meet(spec, connection));
  } else {
    kept = AVA_TRY(KeptOutput::Start());
    AVA_TRY(MakeDirectories(spec, ""));
  }
  setvbuf(stdout, nullptr, _IONBF, 0);  // the process ends by _exit
  manager.TakeLog();
  const worker::ServerApi* api = AVA_TRY(LoadServer(spec));
  AVA_TRY(OpenVendor(spec, *api));

  const auto ledger = AVA_TRY(control::LedgerPage::Open(UniqueFd(control::kWorkerLedgerFd)));
  const auto tenant = AVA_TRY(control::TenantMemory::Open(UniqueFd(control::kWorkerTenantFd)));
  const auto lease = AVA_TRY(control::LeasePage::Open(UniqueFd(control::kWorkerLeaseFd)));
  if (spec.tenant_slot >= tenant.held().size())
    return Fail(ErrorCode::kInvalid, "the session has no place on its tenant's page");
  UniqueFd guest(fcntl(control::kWorkerSocketFd, F_DUPFD_CLOEXEC, control::kWorkerFdEnd));
  const std::shared_ptr<transport::WorkerChannel> channel =
      AVA_TRY(transport::OpenWorkerChannel(control::kWorkerMemoryFd, control::kWorkerSocketFd));
  const Rules rules = RulesOf(*api);
  const auto quotas = QuotasOf(spec, rules.resources, tenant);
  router::Router router({.functions = rules.functions,
                         .resources = rules.resources,
                         .quotas = quotas,
                         .ledger = &ledger.ledger(),
                         .gate = {.lease = &lease.lease(),
                                  .doorbell = control::kWorkerDoorbellFd,
                                  .events = api->events}});
  worker::Progress progress;
  if (kept) {
    manager.Send(Ready(*api, false));
    connection = manager.TakeGuest(true);
    AVA_TRY(Meet(spec, connection));
    kept->Print();
    kept.reset();
  }
  connection.Reset();
  StartMonitor({.manager = manager,
                .channel = channel,
                .guest = std::move(guest),
                .ledger = ledger.ledger()});
  manager.Send(Ready(*api, true));
  static_cast<void>(worker::ServeSession(*api, channel, router, progress, FilesOf(spec)));
  for (;;) pause();  // the monitor ends the process
}

int Main() {
  auto spec = control::ReadWorkerSpec(control::kWorkerSpecFd);
  if (!spec.has_value()) {
    std::fputs("ava-worker: is started by avad, for one guest process\n", stderr);
    return 2;
  }
  for (int fd = control::kWorkerSpecFd; fd < control::kWorkerFdEnd; ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  closefrom(control::kWorkerFdEnd);
  signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error, not the end
  const ManagerLink manager(control::kWorkerControlFd);
  const auto worked = Work(*spec, manager);
  if (!worked.has_value()) manager.Send(control::WorkerFailed{worked.error().message()});
  _exit(1);
}

}  // namespace
}  // namespace ava

int main() { return ava::Main(); }
