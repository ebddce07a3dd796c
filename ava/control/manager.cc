// SPDX-License-Identifier: Apache-2.0
#include "ava/control/manager.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/format.h"
#include "ava/control/admin.h"
#include "ava/control/admission.h"
#include "ava/control/event_loop.h"
#include "ava/control/policy_settings.h"
#include "ava/control/processes.h"
#include "ava/control/session.h"
#include "ava/control/socket.h"
#include "ava/control/tree_usage.h"
#include "ava/control/warm_sessions.h"
#include "ava/control/welcome.h"

namespace ava::control {
namespace {

constexpr std::size_t kConnectionsMax = 8192;
constexpr std::size_t kConnectionsPerUserMax = 2048;
constexpr int kAcceptsPerTurnMax = 64;
constexpr std::int64_t kAcceptPauseNs = 100 * kNanosecondsPerMillisecond;
// A connection that says nothing for so long was not a guest's.
constexpr std::int64_t kFirstMessageNsMax = 10 * kNanosecondsPerSecond;
constexpr std::int64_t kSampleNs = 250 * kNanosecondsPerMillisecond;
// Sessions' files are looked at so often, and at most for a fiftieth of the time.
constexpr std::int64_t kMeasurePauseNs = kNanosecondsPerSecond;
constexpr std::int64_t kMeasurePauseFactor = 50;
constexpr std::int64_t kStopNsMax = 10 * kNanosecondsPerSecond;
constexpr const char* kStoppingReason = "it is stopping: a new 'ava run' starts another";

std::int64_t CpuOf(const rusage& usage) {
  const auto nanoseconds = [](const timeval& time) {
    return std::int64_t{time.tv_sec} * kNanosecondsPerSecond +
           std::int64_t{time.tv_usec} * kNanosecondsPerMicrosecond;
  };
  return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

struct Connection {
  UniqueFd socket;
  Peer peer;
  bool asked = false;  // an admin request came: this is no guest
  EventLoop::Handle timer;
  EventLoop::Handle watch;  // after the socket, so that it goes first
};

// Sessions whose worker is not dead yet have a slot beside those that are counted.
std::uint32_t TenantSlots(const Config& config) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(
      2 * config.sessions_per_user_max + config.warm_per_user, wire::kTenantSlotsMax));
}

}  // namespace

class Manager::State final : public AdminSource {
 public:
  State(Setup setup, const Log& log)
      : setup_(std::move(setup)),
        log_(log),
        set_up_(loop_),
        clean_up_(loop_),
        measure_(loop_),
        tenants_(TenantSlots(setup_.config)),
        scheduler_(setup_.config.Scheduling(), log_),
        services_{.loop = loop_,
                  .set_up = set_up_,
                  .clean_up = clean_up_,
                  .config = setup_.config,
                  .log = log_,
                  .tenants = tenants_,
                  .scheduler = scheduler_,
                  .users = setup_.users,
                  .session_directory = setup_.session_directory,
                  .manager_name = setup_.name,
                  .mounts = setup_.mounts} {}

  void Run();

  // AdminSource.
  uid_t owner() const override { return geteuid(); }
  std::string DescribeManager() const override;
  std::vector<SessionRecord> Sessions() const override;
  const EndedSessions& Ended() const override { return ended_; }
  std::string DescribePolicy() const override {
    return control::DescribePolicy(setup_.config, scheduler_);
  }
  Result<void> ChangePolicy(std::string_view text, std::string_view name) override {
    return TakePolicy(text, name, setup_.config, scheduler_);
  }
  void Shutdown(const std::string& reason) override { Stop(reason); }

 private:
  void Accept();
  bool AcceptOne();
  void RestFromAccepting();
  bool IsWorker(uid_t uid) const;
  void OnReadable(std::uint64_t id);
  void Answer(std::uint64_t id, Connection& connection, std::string_view request);
  void StartSession(std::uint64_t id, std::span<const std::byte> packet);
  void MakeSession(Session::Guest guest);
  void RefuseConnection(std::uint64_t id, wire::WelcomeStatus status, const std::string& reason);
  Load CurrentLoad(uid_t uid) const;
  std::int64_t FreeUsers() const;

  void ReapChildren();
  void OnWorkerEnded(Session& session);
  void OnGone(Session& session);
  void KillStrays();
  void SampleWhileWatched();
  void MeasureStorage();
  void MeasureStorageAfter(std::int64_t pause_ns);

  void RestartIdleTimer();
  void Stop(const std::string& reason);
  void CloseListener();
  void StopWhenEmpty();

  Setup setup_;
  const Log& log_;
  EventLoop loop_;
  WorkQueue set_up_;
  WorkQueue clean_up_;
  WorkQueue measure_;
  TenantMemories tenants_;
  DeviceScheduler scheduler_;
  SessionServices services_;

  std::map<std::uint64_t, Connection> connections_;
  std::map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  EndedSessions ended_;
  std::uint64_t next_connection_ = 1;
  std::uint64_t next_session_ = 1;
  bool stopping_ = false;

  EventLoop::Handle listener_watch_;
  EventLoop::Handle accept_timer_;
  EventLoop::Handle keeper_watch_;
  EventLoop::Handle child_signals_;
  EventLoop::Handle stop_signals_;
  EventLoop::Handle sampler_;
  EventLoop::Handle measure_timer_;
  EventLoop::Handle idle_timer_;
  EventLoop::Handle stop_timer_;
};

// The loop ---------------------------------------------------------------------------------------

void Manager::State::Run() {
  listener_watch_ = loop_.WhenReadable(setup_.listener.get(), [this] { Accept(); });
  keeper_watch_ =
      loop_.WhenReadable(setup_.keeper.get(), [this] { Stop("the keeper has been killed"); });
  child_signals_ = loop_.OnSignals({SIGCHLD}, [this] { ReapChildren(); });
  stop_signals_ = loop_.OnSignals({SIGTERM, SIGINT, SIGHUP}, [this] { Stop("by a signal"); });
  RestartIdleTimer();
  log_.Info(
      fmt::format("manager '{}' {} listens on '{}'", setup_.name, kVersion, setup_.config.socket));
  loop_.Run();
  log_.Info("ended");
}

void Manager::State::RestartIdleTimer() {
  idle_timer_.reset();
  if (setup_.config.idle_exit_seconds == 0 || stopping_) return;
  if (!sessions_.empty() || !connections_.empty()) return;
  idle_timer_ = loop_.After(setup_.config.idle_exit_seconds * kNanosecondsPerSecond, [this] {
    Accept();  // those who came just now
    if (sessions_.empty() && connections_.empty()) Stop("no session for long enough");
  });
}

void Manager::State::Stop(const std::string& reason) {
  if (std::exchange(stopping_, true)) return;
  log_.Info(fmt::format("stops: {}", reason));
  CloseListener();
  keeper_watch_.reset();
  for (const auto& [id, session] : sessions_) session->End("the manager stops: " + reason);
  stop_timer_ = loop_.After(kStopNsMax, [this] {
    log_.Error(fmt::format("{} sessions are still not gone: giving up", sessions_.size()));
    loop_.Stop();
  });
  // Not at once: the answer to the request that stops us is still to be sent.
  loop_.Post([this] { StopWhenEmpty(); });
}

// From here on whoever looks for a manager finds none, and starts one, which waits for our lock.
// Those who have connected already get an answer. A socket of somebody else's stays, and who waits
// there is the next manager's guest.
void Manager::State::CloseListener() {
  if (setup_.own_socket) {
    RemoveSocket(setup_.config.socket, setup_.socket_file);
    for (std::size_t i = 0; i < kConnectionsMax && AcceptOne(); ++i) {
    }
  }
  listener_watch_.reset();
  setup_.listener.Reset();
}

void Manager::State::StopWhenEmpty() {
  if (!stopping_ || !sessions_.empty()) return;
  for (const auto& [id, connection] : connections_) {
    if (!connection.asked) {
      RefuseGuest(connection.socket.get(), wire::WelcomeStatus::kRefused, kStoppingReason);
    }
  }
  loop_.Stop();
}

// Connections ------------------------------------------------------------------------------------

void Manager::State::Accept() {
  for (int i = 0; i < kAcceptsPerTurnMax && AcceptOne(); ++i) {
  }
}

bool Manager::State::AcceptOne() {
  UniqueFd socket(accept4(setup_.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (errno == EMFILE || errno == ENFILE) RestFromAccepting();
    return errno == ECONNABORTED || errno == EINTR;
  }
  const auto peer = PeerOf(socket.get());
  if (!peer.has_value()) return true;
  std::size_t of_user = 0;
  for (const auto& [id, connection] : connections_) of_user += connection.peer.uid == peer->uid;
  if (connections_.size() >= kConnectionsMax || of_user >= kConnectionsPerUserMax) {
    RefuseGuest(socket.get(), wire::WelcomeStatus::kBusy, "too many connections: try again later");
    return true;
  }
  const std::uint64_t id = next_connection_++;
  Connection& connection = connections_[id];
  connection.socket = std::move(socket);
  connection.peer = *peer;
  connection.watch = loop_.WhenReadable(connection.socket.get(), [this, id] { OnReadable(id); });
  connection.timer = loop_.After(kFirstMessageNsMax, [this, id] {
    connections_.erase(id);
    RestartIdleTimer();
  });
  idle_timer_.reset();
  return true;
}

// Out of descriptors: those who wait would keep us busy for nothing.
void Manager::State::RestFromAccepting() {
  if (!stopping_ && listener_watch_ != nullptr) {
    log_.Warn("no descriptor is free for another connection: they wait");
  }
  listener_watch_.reset();
  accept_timer_ = loop_.After(kAcceptPauseNs, [this] {
    if (stopping_) return;
    listener_watch_ = loop_.WhenReadable(setup_.listener.get(), [this] { Accept(); });
  });
}

// A kernel that has taken over its worker could become a guest, with a tenant's rights of its own.
bool Manager::State::IsWorker(uid_t uid) const {
  return setup_.users != nullptr && uid >= setup_.config.uid_first && uid <= setup_.config.uid_last;
}

void Manager::State::OnReadable(std::uint64_t id) {
  Connection& connection = connections_.at(id);
  static std::array<std::byte, wire::kHelloBytesMax> buffer;  // one thread
  const ssize_t bytes = PeekPacket(connection.socket.get(), buffer);
  if (bytes == -EAGAIN) return;
  if (bytes <= 0) {
    connections_.erase(id);
    RestartIdleTimer();
    return;
  }
  if (static_cast<std::size_t>(bytes) > buffer.size()) {
    RefuseConnection(id, wire::WelcomeStatus::kRefused, "bad first message: too long");
    return;
  }
  const std::span packet(buffer.data(), static_cast<std::size_t>(bytes));
  if (packet.front() == std::byte{'{'}) {
    Answer(id, connection, {reinterpret_cast<const char*>(packet.data()), packet.size()});
  } else if (connection.asked) {
    connections_.erase(id);
  } else {
    StartSession(id, packet);
  }
}

void Manager::State::Answer(std::uint64_t id, Connection& connection, std::string_view request) {
  connection.asked = true;
  connection.timer.reset();
  std::byte byte{};
  recv(connection.socket.get(), &byte, 1, MSG_DONTWAIT);  // it has been peeked at
  request = request.substr(0, kRequestBytesMax);
  for (const std::string& line : AnswerUntrusted(request, connection.peer, *this)) {
    const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(line))};
    if (SendPacket(connection.socket.get(), parts, {}, SendMode::kDontWait) == 0) continue;
    connections_.erase(id);  // it asks and does not listen
    RestartIdleTimer();
    return;
  }
}

void Manager::State::RefuseConnection(std::uint64_t id, wire::WelcomeStatus status,
                                      const std::string& reason) {
  const Connection& connection = connections_.at(id);
  log_.Warn(fmt::format("user {} process {}: refused: {}", connection.peer.uid, connection.peer.pid,
                        reason));
  RefuseGuest(connection.socket.get(), status, reason);
  connections_.erase(id);
  RestartIdleTimer();
}

std::int64_t Manager::State::FreeUsers() const {
  return setup_.users == nullptr ? std::numeric_limits<std::int64_t>::max()
                                 : static_cast<std::int64_t>(setup_.users->free());
}

Load Manager::State::CurrentLoad(uid_t uid) const {
  Load load;
  for (const auto& [id, session] : sessions_) {
    if (session->is_warm()) continue;
    const bool same = session->tenant() == uid;
    load.sessions += !session->is_dead();
    (session->is_dead() ? load.dead_of_user : load.sessions_of_user) += same;
  }
  return load;
}

void Manager::State::StartSession(std::uint64_t id, std::span<const std::byte> packet) {
  using enum wire::WelcomeStatus;
  Connection& connection = connections_.at(id);
  if (stopping_) return RefuseConnection(id, kRefused, kStoppingReason);
  if (geteuid() != 0 && connection.peer.uid != geteuid() && connection.peer.uid != 0) {
    RefuseConnection(id, kRefused, fmt::format("this manager belongs to user {}", geteuid()));
    return;
  }
  if (IsWorker(connection.peer.uid))
    return RefuseConnection(id, kRefused, "workers cannot be guests");
  auto hello = ParseHelloUntrusted(packet);
  if (!hello.has_value()) {
    RefuseConnection(id, kRefused, hello.error().message());
    return;
  }
  if (const auto refusal = Decide(setup_.config, *hello, CurrentLoad(connection.peer.uid))) {
    RefuseConnection(id, refusal->status, refusal->reason);
    return;
  }
  connection.watch.reset();
  Session::Guest guest{.session = 0,
                       .peer = connection.peer,
                       .hello = *std::move(hello),
                       .connection = std::move(connection.socket)};
  connections_.erase(id);
  Session* warm = FindWarm(sessions_, guest);
  while (warm != nullptr && !warm->Adopt(guest)) warm = FindWarm(sessions_, guest);
  if (warm == nullptr) MakeSession(std::move(guest));
  SampleWhileWatched();
  if (measure_timer_ == nullptr) MeasureStorageAfter(kMeasurePauseNs);
}

void Manager::State::MakeSession(Session::Guest guest) {
  guest.session = next_session_++;
  auto session = std::make_unique<Session>(
      services_, std::move(guest),
      Session::Events{.worker_ended = [this](Session& ended) { OnWorkerEnded(ended); },
                      .gone = [this](Session& gone) { OnGone(gone); }});
  Session& started = *session;
  sessions_[started.id()] = std::move(session);
  started.Start();
}

// Sessions ---------------------------------------------------------------------------------------

void Manager::State::ReapChildren() {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t child = wait4(-1, &status, WNOHANG, &usage);
    if (child <= 0) break;
    for (const auto& [id, session] : sessions_) {
      if (session->OnChildExit(child, status, CpuOf(usage))) break;
    }
  }
  KillStrays();
}

// Orphans of workers become our children. Nobody who is needed is among them.
void Manager::State::KillStrays() {
  for (const pid_t child : Children()) {
    bool known = false;
    for (const auto& [id, session] : sessions_) known = known || session->IsOurs(child);
    if (!known) kill(child, SIGKILL);
  }
}

void Manager::State::SampleWhileWatched() {
  const bool watched =
      std::ranges::any_of(sessions_, [](const auto& entry) { return entry.second->watched(); });
  if (!watched) sampler_.reset();
  if (!watched || sampler_ != nullptr) return;
  sampler_ = loop_.Every(kSampleNs, [this] {
    const std::int64_t now_ns = MonotonicNanoseconds();
    for (const auto& [id, session] : sessions_) session->Sample(now_ns);
  });
}

void Manager::State::MeasureStorageAfter(std::int64_t pause_ns) {
  if (!stopping_) measure_timer_ = loop_.After(pause_ns, [this] { MeasureStorage(); });
}

// One session's files after the other, in a thread; then a pause that keeps this cheap.
void Manager::State::MeasureStorage() {
  struct Job {
    std::uint64_t session;
    std::vector<std::string> directories;
    uid_t owner;
    StorageLimits limits;
    bool over = false;
  };
  auto jobs = std::make_shared<std::vector<Job>>();
  jobs->reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) {
    auto directories = session->UnlimitedDirectories();
    if (directories.empty()) continue;
    jobs->push_back({id, std::move(directories), session->worker_uid(), session->storage()});
  }
  const std::int64_t start_ns = MonotonicNanoseconds();
  measure_.Do(
      [jobs] {
        for (Job& job : *jobs) job.over = IsOverLimits(job.directories, job.owner, job.limits);
      },
      [this, jobs, start_ns] {
        for (const Job& job : *jobs) {
          const auto found = sessions_.find(job.session);
          if (job.over && found != sessions_.end()) found->second->EndForStorage();
        }
        const std::int64_t took_ns = MonotonicNanoseconds() - start_ns;
        measure_timer_.reset();
        if (sessions_.empty()) return;
        MeasureStorageAfter(std::max(kMeasurePauseNs, took_ns * kMeasurePauseFactor));
      });
}

void Manager::State::OnWorkerEnded(Session& session) {
  if (session.had_guest()) ended_.Add(session.Record());
}

void Manager::State::OnGone(Session& session) {
  auto next = NextWarm(sessions_, session, setup_.config, FreeUsers());
  sessions_.erase(session.id());
  if (next && !stopping_) MakeSession(*std::move(next));
  SampleWhileWatched();
  RestartIdleTimer();
  StopWhenEmpty();
}

std::vector<SessionRecord> Manager::State::Sessions() const {
  std::vector<SessionRecord> records;
  records.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) records.push_back(session->Record());
  std::erase_if(records, [](const SessionRecord& record) { return record.state == "ended"; });
  return records;
}

std::string Manager::State::DescribeManager() const {
  const nlohmann::ordered_json json = {{"version", kVersion},
                                       {"pid", getpid()},
                                       {"uid", geteuid()},
                                       {"name", setup_.name},
                                       {"socket", setup_.config.socket},
                                       {"stopping", stopping_},
                                       {"sessions", sessions_.size()},
                                       {"sessions_max", setup_.config.sessions_max},
                                       {"idle_exit_seconds", setup_.config.idle_exit_seconds}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Manager::Manager(Setup setup, const Log& log)
    : state_(std::make_unique<State>(std::move(setup), log)) {}
Manager::~Manager() = default;

void Manager::Run() { state_->Run(); }

}  // namespace ava::control
