// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/serve.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/worker/call.h"
#include "ava/worker/limits.h"
#include "ava/worker/scratch.h"
#include "ava/worker/session.h"

namespace ava::worker {
namespace {

using transport::WorkerChannel;
using namespace std::chrono_literals;

constexpr auto kIdleTimeout = 1s;
// How often finished work is looked for while no command asks for it.
constexpr auto kPendingTimeout = 1ms;
constexpr auto kBlockedSweep = 2ms;
constexpr std::int64_t kHeldSweepNs = 2 * kNanosecondsPerMillisecond;

class Server final : public Session::Roles, public std::enable_shared_from_this<Server> {
 public:
  Server(const ServerApi& api, std::shared_ptr<WorkerChannel> channel, router::Router& router,
         Progress& progress, GuestFiles::Setup files)
      : channel_(std::move(channel)), session_(api, *channel_, router, progress, std::move(files)) {
    session_.roles = this;
  }

  int Run(std::chrono::milliseconds grace);
  void ReleaseRole() override;
  bool RetakeRole() override;

 private:
  struct Memory {
    alignas(16) std::byte record[wire::kRecordBytesMax];
    Scratch scratch;
  };

  void StartThread(bool has_role);  // mutex_ held
  void TryStartThread();            // likewise
  void ThreadMain(bool has_role);
  void JoinStandBy();
  bool StandBy();
  // False: the role went to another thread meanwhile.
  bool ServeNext(Memory& memory);
  bool Execute(Memory& memory, std::size_t bytes);
  void ExecuteSessionCommand(const wire::CommandHeader& header, std::span<const std::byte> body);
  bool GoOnWaiting();
  bool CallsAreUnderWay();
  void FollowStdout(std::uint32_t number);
  void EndSession(const std::string& reason);
  void SweepWhileBlocked(std::unique_lock<std::mutex>& lock);

  std::shared_ptr<WorkerChannel> channel_;  // the process's monitor has it, too
  Session session_;
  std::uint32_t until_sweep_ = kSweepEvery;  // the role's
  std::int64_t next_sweep_ns_ = 0;           // likewise, while a command waits for its turn

  std::mutex mutex_;
  std::condition_variable changed_;
  bool role_taken_ = false;
  bool ended_ = false;
  std::size_t threads_ = 0;
  std::size_t standing_by_ = 0;
  std::size_t blocked_ = 0;
  std::size_t finishing_ = 0;  // no longer blocked, and without the role
};

int Server::Run(std::chrono::milliseconds grace) {
  if (session_.api.bind_session != nullptr) session_.api.bind_session(&session_);
  std::unique_lock lock(mutex_);
  StartThread(true);
  while (!ended_) {
    changed_.wait(lock, [&] { return ended_ || (blocked_ != 0 && !session_.pending.empty()); });
    SweepWhileBlocked(lock);
  }
  const bool gone =
      changed_.wait_for(lock, grace, [&] { return threads_ == 0; }) && session_.callbacks.quiet();
  if (gone && session_.api.bind_session != nullptr) session_.api.bind_session(nullptr);
  return gone ? 0 : 1;
}

// A guest thread may wait for arena blocks that are done, while no other thread of the guest sends
// anything.
void Server::SweepWhileBlocked(std::unique_lock<std::mutex>& lock) {
  while (!ended_ && blocked_ != 0 && !session_.pending.empty()) {
    lock.unlock();
    session_.pending.Sweep();
    lock.lock();
    changed_.wait_for(lock, kBlockedSweep, [&] { return ended_; });
  }
}

void Server::StartThread(bool has_role) {
  std::thread([self = shared_from_this(), has_role] { self->ThreadMain(has_role); }).detach();
  ++threads_;  // It looks only with the lock.
  if (has_role) {
    role_taken_ = true;
  } else {
    ++standing_by_;
  }
}

// Without one more, commands wait until one of those returns that are in the vendor library.
void Server::TryStartThread() {
  try {
    StartThread(false);
  } catch (const std::system_error& error) {
    spdlog::warn("no thread to serve while {} wait: {}", blocked_, error.what());
  }
}

void Server::ThreadMain(bool has_role) {
  const auto memory = std::make_unique<Memory>();
  while (!channel_->closed()) {
    if (!has_role && !StandBy()) break;
    has_role = ServeNext(*memory);
    if (!has_role) JoinStandBy();
  }
  const std::scoped_lock lock(mutex_);
  if (has_role) role_taken_ = false;
  ended_ = true;
  --threads_;
  changed_.notify_all();
}

void Server::JoinStandBy() {
  const std::scoped_lock lock(mutex_);
  --finishing_;
  ++standing_by_;
}

// WaitForCommand returns when a command waits that nobody reads; by the time we ask, somebody may,
// or may have, and be blocked in its next call.
bool Server::StandBy() {
  std::unique_lock lock(mutex_);
  bool open = true;
  do {
    lock.unlock();
    open = channel_->WaitForCommand();
    lock.lock();
  } while (open && (role_taken_ || !channel_->HasCommand()));
  --standing_by_;
  if (open) role_taken_ = true;
  return open;
}

// The announcement is made with the lock held: whoever takes the role next must not withdraw it
// before it is made.
void Server::ReleaseRole() {
  const std::scoped_lock lock(mutex_);
  role_taken_ = false;
  ++blocked_;
  if (standing_by_ == 0 && threads_ < kWorkerThreadsMax) TryStartThread();
  if (!session_.pending.empty()) changed_.notify_all();
  channel_->AnnounceAsleep();
}

bool Server::RetakeRole() {
  const std::scoped_lock lock(mutex_);
  --blocked_;
  if (!std::exchange(role_taken_, true)) return true;
  ++finishing_;
  return false;
}

// By the thread that has the role: other calls than its own, which no other thread can begin.
bool Server::CallsAreUnderWay() {
  const std::scoped_lock lock(mutex_);
  return blocked_ != 0 || finishing_ != 0 || !session_.pending.empty();
}

bool Server::ServeNext(Memory& memory) {
  const bool all_through = session_.pending.empty() && !session_.router.gate().HasEvents();
  const std::chrono::nanoseconds timeout = all_through ? std::chrono::nanoseconds(kIdleTimeout)
                                                       : std::chrono::nanoseconds(kPendingTimeout);
  switch (channel_->Receive(memory.record, timeout)) {
    case WorkerChannel::Next::kCommand: {
      wire::CommandHeader header;
      std::memcpy(&header, memory.record, sizeof(header));
      return Execute(memory, header.bytes);
    }
    case WorkerChannel::Next::kTimeout:
      session_.pending.Sweep();
      session_.router.gate().Reap();
      return true;
    case WorkerChannel::Next::kClosed:
      return true;
    case WorkerChannel::Next::kViolation:
      EndSession(channel_->reason());
      return true;
  }
  return true;
}

bool Server::Execute(Memory& memory, std::size_t bytes) {
  const std::span<std::byte> record =
      std::span(memory.record).first(std::min(bytes, sizeof(memory.record)));
  wire::CommandHeader header;
  std::memcpy(&header, record.data(), sizeof(header));
  session_.Tick();
  if (const router::Verdict verdict = session_.router.Admit(header, record); !verdict.admitted) {
    EndSession(verdict.reason);
    return true;
  }
  if (header.function >= wire::kSessionFunctionFirst) {
    ExecuteSessionCommand(header, record.subspan(sizeof(header)));
    return true;
  }
  if (--until_sweep_ == 0) {
    until_sweep_ = kSweepEvery;
    session_.pending.Sweep();
  }
  const FunctionEntry& function = session_.api.functions[header.function];
  if ((function.flags & kFunctionSubmits) != 0) {
    session_.router.gate().Pass([this] { return GoOnWaiting(); });
  } else {
    session_.router.gate().Notice();
  }
  Call call(session_, function, record, memory.scratch);
  try {
    function.serve(call);
    call.Finish();
  } catch (const std::exception& error) {
    call.Violate("worker", error.what());  // no memory for what it asks, or the spec's own code
  }
  if (!call.violation().empty()) {
    EndSession(call.violation());
  } else if (!call.waits() && !call.succeeded()) {
    spdlog::info("{}: command {} failed with {} after its caller went on", function.name,
                 header.sequence, call.error());
  }
  const bool queues = (function.flags & kFunctionSubmits) != 0 && !call.blocks();
  if (!queues && !call.role_lost()) session_.router.gate().Reap();
  return !call.role_lost();
}

// Until the session's turn comes.
bool Server::GoOnWaiting() {
  if (const std::int64_t now_ns = MonotonicNanoseconds(); now_ns >= next_sweep_ns_) {
    session_.pending.Sweep();
    next_sweep_ns_ = now_ns + kHeldSweepNs;
  }
  return !channel_->closed();
}

void Server::ExecuteSessionCommand(const wire::CommandHeader& header,
                                   std::span<const std::byte> body) {
  std::uint32_t number = 0;
  if (body.size() >= sizeof(number)) std::memcpy(&number, body.data(), sizeof(number));
  switch (header.function) {
    case wire::kSessionDropSegment:
      if (session_.lent->IsLent(number)) {
        return EndSession(
            fmt::format("segment {} was dropped while an object has its memory there", number));
      }
      return channel_->DropSegment(number, CallsAreUnderWay());
    case wire::kSessionStdout:
      return FollowStdout(number);
    default:
      EndSession("unknown session command " + std::to_string(header.function));
  }
}

// What the vendor library prints from here on goes where the program's own output goes.
void Server::FollowStdout(std::uint32_t number) {
  if (number == wire::kFirstStdout) return session_.output->Restore();
  if (number == wire::kNoStdout) return session_.output->LetGo();
  if (!session_.output->Exchange(channel_->TakeStdout(number)))
    spdlog::warn("the program's standard output number {} did not come", number);
}

void Server::EndSession(const std::string& reason) {
  spdlog::warn("session ended: {}", reason);
  channel_->Close(reason.c_str());
}

}  // namespace

int ServeSession(const ServerApi& api, std::shared_ptr<WorkerChannel> channel,
                 router::Router& router, Progress& progress, GuestFiles::Setup files,
                 std::chrono::milliseconds grace) {
  const auto server =
      std::make_shared<Server>(api, std::move(channel), router, progress, std::move(files));
  const int status = server->Run(grace);
  static std::shared_ptr<Server> left;  // to those who may still ask for it
  if (status != 0) left = server;
  return status;
}

}  // namespace ava::worker
