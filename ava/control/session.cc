// SPDX-License-Identifier: Apache-2.0
#include "ava/control/session.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "ava/base/check.h"
#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/text.h"
#include "ava/control/admission.h"
#include "ava/control/directories.h"
#include "ava/control/processes.h"
#include "ava/control/welcome.h"
#include "ava/control/worker_spec.h"
#include "ava/transport/session_memory.h"

namespace ava::control {
namespace {

// How long a worker has to tell its guest why the session ends.
constexpr std::int64_t kEndNsMax = 500 * kNanosecondsPerMillisecond;
// What a worker may write into the manager's log.
constexpr int kLogLinesMax = 100;
constexpr int kKillersMax = 3;
// How long a worker may take to notice its guest's end.
constexpr std::int64_t kGuestGoneNsMax = 2 * kNanosecondsPerSecond;
constexpr std::size_t kLogLineBytesMax = 400;

void Send(int socket, std::string_view text) {
  const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(text))};
  SendPacket(socket, parts, {}, SendMode::kDontWait);
}

}  // namespace

Session::Session(SessionServices& services, Guest guest, Events events)
    : services_(services),
      guest_(std::move(guest)),
      events_(std::move(events)),
      cache_(services.config.cache_directory, guest_.peer.uid, services.manager_name),
      warm_(!guest_.connection),
      started_ns_(MonotonicNanoseconds()),
      watchdog_(WatchdogNanoseconds(services.config, guest_.hello)) {}

Session::~Session() = default;

// The worker ------------------------------------------------------------------------------------

void Session::OnControl() {
  std::array<std::byte, kWorkerMessageBytesMax> buffer;
  const ssize_t bytes = recv(control_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (bytes < 0) return;
  if (bytes == 0) {
    control_watch_.reset();  // it is about to end: its exit status will say more
    return;
  }
  OnPacket({reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(bytes)});
}

void Session::OnPacket(std::string_view packet) {
  const auto message = ParseWorkerMessageUntrusted(packet);
  if (message.has_value()) {
    OnMessage(*message);
    return;
  }
  end_reason_ = message.error().message();
  Kill();
}

// What a worker said before it ended.
void Session::HearLastWords() {
  constexpr int kPacketsMax = 1000;
  std::array<std::byte, kWorkerMessageBytesMax> buffer;
  for (int i = 0; i < kPacketsMax; ++i) {
    const ssize_t bytes = recv(control_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (bytes <= 0) return;
    OnPacket({reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(bytes)});
  }
}

void Session::OnMessage(const WorkerMessage& message) {
  if (const auto* ready = std::get_if<WorkerReady>(&message)) OnReady(*ready);
  if (const auto* failed = std::get_if<WorkerFailed>(&message)) OnFailed(failed->reason);
  if (const auto* log = std::get_if<WorkerLog>(&message)) OnLog(log->line);
  const auto* ended = std::get_if<WorkerEnded>(&message);
  if (ended != nullptr && end_reason_.empty()) end_reason_ = ended->reason;
}

void Session::OnReady(const WorkerReady& ready) {
  if (state_ != State::kStarting) return;
  // From before its guest came to it: it has not met it yet.
  if (ready.has_guest == warm_) return;
  ready_ = ready;
  if (warm_) {
    start_timer_ = services_.loop.After(services_.config.warm_seconds * kNanosecondsPerSecond,
                                        [this] { End("no program has come for it"); });
  }
  WelcomeWhenReady();
}

void Session::OnFailed(const std::string& reason) {
  if (state_ != State::kStarting) return;
  end_reason_ = reason;
  Refuse(wire::WelcomeStatus::kRefused, reason);
}

void Session::OnLog(const std::string& line) {
  if (log_lines_++ >= kLogLinesMax) return;
  services_.log.Info(fmt::format("session {}: {}", id(), line.substr(0, kLogLineBytesMax)));
}

void Session::WelcomeWhenReady() {
  if (state_ != State::kStarting || !ready_ || filling_cache_ || !guest_.connection) return;
  start_timer_.reset();
  const bool sent = WelcomeGuest(guest_.connection.get(), {.session = id(),
                                                           .server = ready_->server,
                                                           .memory_fd = memory_.get(),
                                                           .socket_fd = guest_socket_.get()});
  guest_.connection.Reset();
  guest_socket_.Reset();
  if (!sent) {
    end_reason_ = "the guest ended before its session began";
    Kill();
    return;
  }
  state_ = State::kLive;
  was_live_ = true;
  WatchGuest();
  services_.log.Info(fmt::format("session {}: user {} process {} api {} worker {} ready after {}",
                                 id(), tenant(), guest_.peer.pid, guest_.hello.api, worker_pid_,
                                 SecondsText(MonotonicNanoseconds() - started_ns_)));
}

// The worker sees its session's socket close and ends. One that was stopped, perhaps by the guest's
// own kernel, does not.
void Session::WatchGuest() {
  if (guest_.peer.pid <= 0) return;  // of a process namespace that we do not see
  guest_process_ = OpenProcess(guest_.peer.pid);
  if (!guest_process_) {
    if (errno == ESRCH) return KillWhenLeftAlone();
    services_.log.Warn(fmt::format(
        "session {}: process {} cannot be watched: {}: should it end while its worker is stopped, "
        "end the worker {} by hand",
        id(), guest_.peer.pid, ErrnoText(errno), worker_pid_));
    return;
  }
  guest_watch_ = services_.loop.WhenReadable(guest_process_.get(), [this] {
    // The loop may wake us for what a descriptor before this one had to say.
    if (!HasEnded(guest_process_.get())) return;
    KillWhenLeftAlone();
    guest_watch_.reset();
  });
}

void Session::KillWhenLeftAlone() {
  kill_timer_ = services_.loop.After(kGuestGoneNsMax, [this] {
    if (end_reason_.empty()) end_reason_ = "the guest has ended and the worker did not notice";
    Kill();
  });
}

void Session::Refuse(wire::WelcomeStatus status, const std::string& reason) {
  if (!guest_.connection) return;
  RefuseGuest(guest_.connection.get(), status, reason);
  guest_.connection.Reset();
  guest_socket_.Reset();
}

// Ending -----------------------------------------------------------------------------------------

void Session::End(const std::string& reason) {
  if (state_ != State::kStarting && state_ != State::kLive) return;
  if (end_reason_.empty()) end_reason_ = reason;
  if (!warm_) services_.log.Warn(fmt::format("session {}: ended: {}", id(), reason));
  Refuse(wire::WelcomeStatus::kRefused, reason);
  Send(control_.get(), ToJson(EndSession{reason}));
  kill_timer_ = services_.loop.After(kEndNsMax, [this] { Kill(); });
}

void Session::Kill() {
  if (worker_pid_ > 0) kill(worker_pid_, SIGKILL);
}

void Session::Sample(std::int64_t now_ns) {
  if (state_ != State::kLive || watchdog_.limit_ns() == 0 || !end_reason_.empty()) return;
  const wire::LedgerWatch& watch = ledger_->ledger().watch;
  const WatchSample sample{.now_ns = now_ns,
                           .cpu_ns = CpuNanoseconds(worker_pid_),
                           .progress = wire::LedgerReadUntrusted(watch.progress),
                           .exempt = wire::LedgerReadUntrusted(watch.exempt) != 0};
  if (sample.cpu_ns < 0 || !watchdog_.Expired(sample)) return;
  End(fmt::format("watchdog: the device has been computing for {} without an end",
                  SecondsText(watchdog_.limit_ns())));
}

void Session::EndForStorage() {
  if (state_ != State::kLive || !end_reason_.empty()) return;
  End(
      fmt::format("its files have more than {} bytes or {} names: raise "
                  "'sessions.directory_bytes', 'sessions.directory_files'",
                  storage().bytes, storage().files));
}

bool Session::IsOurs(pid_t child) const { return child == worker_pid_ || child == killer_pid_; }

bool Session::OnChildExit(pid_t child, int status, std::int64_t cpu_ns) {
  if (child == killer_pid_) {
    killer_pid_ = -1;
    if (status != 0) StartKiller();
    CleanUpWhenDead();
    return true;
  }
  if (child != worker_pid_) return false;
  worker_pid_ = -1;
  cpu_ns_ = cpu_ns;
  HearLastWords();
  const std::string how = DescribeExit(status);
  if (end_reason_.empty()) end_reason_ = how;
  if (state_ == State::kStarting) {
    Refuse(wire::WelcomeStatus::kRefused,
           fmt::format("the worker ended before it was ready: {}", how.empty() ? "exit 0" : how));
  }
  services_.log.Info(fmt::format("session {}: worker {} ended{}{}", id(), child,
                                 end_reason_.empty() ? "" : ": ", end_reason_));
  Finish(child);
  return true;
}

std::string Session::DescribeExit(int status) const {
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("killed by SIG{}", name == nullptr ? "?" : name);
  }
  return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit {}", WEXITSTATUS(status));
}

// `worker` is dead, or never was.
void Session::Finish(pid_t worker) {
  state_ = State::kEnding;
  ended_ns_ = MonotonicNanoseconds();
  control_watch_.reset();
  start_timer_.reset();
  kill_timer_.reset();
  guest_watch_.reset();
  guest_process_.Reset();
  control_.Reset();
  if (seat_) device_ns_ = seat_->DeviceNanoseconds();
  seat_.reset();
  events_.worker_ended(*this);
  memory_.Reset();
  if (worker > 0) kill(-worker, SIGKILL);  // the others of its process group
  if (worker > 0 && worker_user_) StartKiller();
  CleanUpWhenDead();
}

// Whoever gets this user next must not meet what a worker has left: without a killer that says it
// is done, nobody gets it.
void Session::StartKiller() {
  while (killers_++ < kKillersMax) {
    const auto started = StartKillingUser(*worker_user_);
    if (!started.has_value()) continue;
    killer_pid_ = *started;
    return;
  }
  services_.log.Error(
      fmt::format("session {}: the processes of user {} cannot be killed: no worker "
                  "will be this user again",
                  id(), *worker_user_));
  user_is_lost_ = true;
}

void Session::CleanUpWhenDead() {
  if (state_ != State::kEnding || killer_pid_ > 0 || filling_cache_) return;
  state_ = State::kGone;
  // What the worker held has died with it, unless its user's processes could not be killed.
  if (!user_is_lost_) tenant_slot_.reset();
  services_.clean_up.Do(
      // Nothing of this object: if the manager gives up waiting, the queue outlives it.
      [cache = cache_, session = id(), owner = Owner(), directory = Directory(),
       &log = services_.log, lost = user_is_lost_] {
        // Processes of this user live, and may exchange what we are about to touch.
        if (lost) return;
        const auto cached = cache.CloseView(session, owner, CacheLimits{});
        Unmount(directory);
        const auto removed = RemoveTree(directory);
        for (const auto* result : {&cached, &removed}) {
          if (!result->has_value()) log.Error(result->error().message());
        }
      },
      [this] {
        if (worker_user_ && !user_is_lost_) services_.users->Give(*worker_user_);
        events_.gone(*this);
      });
}

// Queries ----------------------------------------------------------------------------------------

std::string Session::Directory() const {
  return fmt::format("{}/{}", services_.session_directory, id());
}

std::vector<std::string> Session::UnlimitedDirectories() const {
  if (state_ != State::kLive) return {};
  std::vector<std::string> directories;
  if (!cache_.is_mounted()) directories.push_back(cache_.ViewPath(id()));
  if (!services_.mounts) directories.push_back(Directory());
  return directories;
}

StorageLimits Session::storage() const {
  return {.bytes = static_cast<std::uint64_t>(services_.config.directory_bytes),
          .files = static_cast<std::uint64_t>(services_.config.directory_files)};
}

CacheOwner Session::Owner() const {
  return {.change = worker_user_.has_value(), .uid = worker_user_.value_or(0)};
}

SessionRecord Session::Record() const {
  const bool over = state_ == State::kEnding || state_ == State::kGone;
  SessionRecord record;
  record.session = id();
  record.uid = tenant();
  record.pid = guest_.peer.pid;
  record.worker_pid = worker_pid_;
  record.api = guest_.hello.api;
  record.run_id = run_id();
  record.server = ready_ ? ready_->server : "";
  record.state = over ? "ended" : state_ == State::kLive ? "live" : warm_ ? "warm" : "starting";
  record.end_reason = end_reason_;
  const std::int64_t until_ns = over ? ended_ns_ : MonotonicNanoseconds();
  record.seconds = static_cast<double>(until_ns - started_ns_) / kNanosecondsPerSecond;
  const std::int64_t cpu_ns = over ? cpu_ns_ : CpuNanoseconds(worker_pid_);
  record.worker_cpu_seconds = static_cast<double>(cpu_ns) / kNanosecondsPerSecond;
  const std::int64_t device_ns = seat_ ? seat_->DeviceNanoseconds() : device_ns_;
  record.device_seconds = static_cast<double>(device_ns) / kNanosecondsPerSecond;
  if (!ledger_) return record;
  std::vector<std::uint64_t> local_calls(wire::kFunctionsMax);
  if (memory_) static_cast<void>(transport::ReadLocalCallsUntrusted(memory_.get(), local_calls));
  FillCounts(ledger_->ledger(), ready_ ? ready_->functions : std::vector<std::string>{},
             local_calls, record);
  return record;
}

}  // namespace ava::control
