// SPDX-License-Identifier: Apache-2.0
// How a session begins: what it is made of, its worker, and its guest, which may come later.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/admission.h"
#include "ava/control/processes.h"
#include "ava/control/session.h"
#include "ava/control/worker_spec.h"
#include "ava/transport/session_memory.h"

namespace ava::control {
namespace {

// Many workers may be starting at once, each loading a compiler.
constexpr std::int64_t kStartNsMax = 100 * kNanosecondsPerSecond;

Result<std::array<UniqueFd, 2>> SocketPair() {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return FailSystem("socketpair", "session");
  }
  return std::array<UniqueFd, 2>{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

}  // namespace

void Session::Start() {
  if (const auto prepared = Prepare(); !prepared.has_value()) {
    services_.log.Error(fmt::format("session {}: {}", id(), prepared.error().message()));
    Refuse(prepared.error().code() == ErrorCode::kExhausted ? wire::WelcomeStatus::kBusy
                                                            : wire::WelcomeStatus::kRefused,
           prepared.error().message());
    Finish(std::exchange(worker_pid_, -1));
    return;
  }
  FillCache();
  control_watch_ = services_.loop.WhenReadable(control_.get(), [this] { OnControl(); });
  LimitStart();
}

void Session::LimitStart() {
  start_timer_ = services_.loop.After(kStartNsMax, [this] {
    Refuse(wire::WelcomeStatus::kRefused,
           fmt::format("the worker was not ready within {}", SecondsText(kStartNsMax)));
    Kill();
  });
}

bool Session::Fits(const Peer& peer, const GuestHello& hello) const {
  const GuestHello& mine = guest_.hello;
  return is_warm() && end_reason_.empty() && guest_.peer.uid == peer.uid && mine.api == hello.api &&
         mine.digest == hello.digest && mine.functions == hello.functions &&
         mine.environment == hello.environment;
}

bool Session::Adopt(Guest& guest) {
  if (!SendGuest(guest).has_value()) {
    Kill();
    end_reason_ = "it had ended before its guest came";
    return false;
  }
  guest.session = id();
  guest_ = std::move(guest);
  warm_ = false;
  ready_.reset();  // until the worker has met its guest
  started_ns_ = MonotonicNanoseconds();
  watchdog_ = Watchdog(WatchdogNanoseconds(services_.config, guest_.hello));
  LimitStart();
  return true;
}

Result<void> Session::Prepare() {
  if (services_.users != nullptr) worker_user_ = AVA_TRY(services_.users->Take());
  AVA_TRY(MakeDirectories());
  AVA_TRY(MakeMemory());
  return StartWorkerProcess();
}

Result<void> Session::MakeDirectories() {
  const std::string directory = Directory();
  if (mkdir(directory.c_str(), 0700) != 0) return FailSystem("mkdir", directory);
  if (services_.mounts) {
    AVA_TRY(MountStorage(directory, worker_uid(), storage()));
  } else if (worker_user_ && chown(directory.c_str(), *worker_user_, *worker_user_) != 0) {
    return FailSystem("chown", directory);
  }
  AVA_TRY(
      cache_.CreateView(id(), Owner(), services_.mounts ? std::optional(storage()) : std::nullopt));
  return {};
}

Result<void> Session::MakeMemory() {
  memory_ = AVA_TRY(transport::CreateSessionMemory(
      {.session = id(),
       .arena_bytes = static_cast<std::uint64_t>(services_.config.arena_bytes),
       .functions = guest_.hello.functions}));
  ledger_.emplace(AVA_TRY(LedgerPage::Create(guest_.hello.functions)));
  tenant_slot_.emplace(AVA_TRY(services_.tenants.Take(tenant())));
  seat_.emplace(AVA_TRY(services_.scheduler.Add(id(), tenant(), ledger_->ledger())));
  auto session_sockets = AVA_TRY(SocketPair());
  guest_socket_ = std::move(session_sockets[0]);
  worker_socket_ = std::move(session_sockets[1]);
  auto control_sockets = AVA_TRY(SocketPair());
  control_ = std::move(control_sockets[0]);
  worker_control_ = std::move(control_sockets[1]);
  return {};
}

std::string Session::Description() const {
  const Config& config = services_.config;
  WorkerSpec spec;
  spec.session = id();
  spec.manager_pid = getpid();
  spec.api = guest_.hello.api;
  spec.digest = guest_.hello.digest;
  spec.functions = guest_.hello.functions;
  spec.change_user = worker_user_.has_value();
  spec.uid = worker_user_.value_or(0);
  spec.session_directory = Directory();
  spec.cache_directory = cache_.ViewPath(id());
  spec.environment = guest_.hello.environment;
  spec.environment_patterns = config.environment;
  spec.library_directories = config.library_directories;
  spec.vendor_library = config.VendorOf(spec.api);
  spec.read_paths = config.read_paths;
  spec.device_paths = config.device_paths;
  // A user's limit counts the user's other programs as well, so it is set for users of workers
  // only.
  spec.processes = worker_user_ ? static_cast<std::uint64_t>(config.worker_processes) : 0;
  spec.descriptors = static_cast<std::uint64_t>(config.worker_descriptors);
  spec.file_bytes = static_cast<std::uint64_t>(config.directory_bytes);
  spec.landlock_required = config.landlock_required;
  spec.device_memory_session = static_cast<std::uint64_t>(config.device_memory_session);
  spec.device_memory_tenant = static_cast<std::uint64_t>(config.device_memory_user);
  spec.tenant_slot = tenant_slot_->index();
  return ToJson(spec);
}

Result<void> Session::SendGuest(const Guest& guest) {
  const std::string text = ToJson(GuestComes{guest.peer.pid});
  const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(text))};
  const std::array<int, 1> connection = {guest.connection.get()};
  const int error = SendPacket(control_.get(), parts, connection, SendMode::kDontWait);
  if (error != 0) return FailSystem("send", "the guest to its worker", error);
  return {};
}

Result<void> Session::StartWorkerProcess() {
  if (guest_.connection) AVA_TRY(SendGuest(guest_));
  const UniqueFd spec = AVA_TRY(PutIntoMemory(Description()));
  worker_pid_ = AVA_TRY(
      StartWorker(services_.config.worker_program,
                  {spec.get(), worker_control_.get(), worker_socket_.get(), memory_.get(),
                   ledger_->fd(), tenant_slot_->fd(), seat_->lease_fd(), seat_->doorbell_fd()}));
  seat_->Follow(worker_pid_);
  worker_control_.Reset();
  worker_socket_.Reset();
  return {};
}

// While the worker loads the vendor's library.
void Session::FillCache() {
  filling_cache_ = true;
  services_.set_up.Do([cache = cache_, session = id(),
                       owner = Owner()] { static_cast<void>(cache.FillView(session, owner)); },
                      [this] {
                        filling_cache_ = false;
                        WelcomeWhenReady();
                        CleanUpWhenDead();
                      });
}

}  // namespace ava::control
