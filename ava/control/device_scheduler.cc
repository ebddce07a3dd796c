// SPDX-License-Identifier: Apache-2.0
#include "ava/control/device_scheduler.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "ava/base/clock.h"
#include "ava/base/futex.h"
#include "ava/base/system_error.h"
#include "ava/control/lease_page.h"
#include "ava/control/processes.h"

namespace ava::control {
namespace {

using policy::LeaseTerms;
using policy::Sample;
using policy::SessionId;

// Beside the sessions' numbers, which begin at 1.
constexpr std::uint64_t kChanged = 0;
constexpr std::uint64_t kTimer = UINT64_MAX;
constexpr int kEventsMax = 64;
constexpr int kRingsMax = 16;
constexpr int kNicest = -20;

int ProcessorsOfThisProcess() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

// What it decides is worth little if it comes late. It takes a hundredth of a processor.
void GoFirst() {
  const sched_param soonest = {.sched_priority = sched_get_priority_min(SCHED_RR)};
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &soonest) == 0) return;
  setpriority(PRIO_PROCESS, 0, kNicest);
}

// Of our own: nobody else has its description.
void Drain(int eventfd) {
  std::uint64_t count = 0;
  static_cast<void>(!read(eventfd, &count, sizeof(count)));
}

// Of a worker's, who may have written what and as much as it likes. What stays rings once more.
void HearDoorbell(int socket) {
  std::array<std::byte, 8> message;
  for (int i = 0; i < kRingsMax; ++i) {
    if (recv(socket, message.data(), message.size(), MSG_DONTWAIT) <= 0) return;
  }
}

}  // namespace

struct DeviceScheduler::State {
  State(policy::Settings settings, const Log& its_log, int its_units)
      : log(its_log), units(its_units), schedule(std::move(settings), its_units) {}

  struct Entry {
    LeasePage page;
    UniqueFd doorbell;         // our end
    UniqueFd worker_doorbell;  // the worker's
    const wire::LedgerWatch& claims;
    std::optional<clockid_t> clock;
    UniqueFd process;             // a pidfd
    std::int64_t device_ns = 0;   // by its clock
    std::int64_t counted_ns = 0;  // likewise, when idleness was last reckoned
    LeaseTerms published;
  };

  void Run();
  void HearBells(const std::array<epoll_event, kEventsMax>& events, int count);
  void StepWhenDue();
  void Arm(SessionId session, Entry& entry, int operation) const;
  std::int64_t IdleNanoseconds(const std::map<SessionId, Sample>& samples, std::int64_t now_ns);
  static Sample Look(Entry& entry);
  void PublishAll();
  void Publish(SessionId session, Entry& entry);
  void SetTimer();
  void Tell() const;

  const Log& log;
  const int units;
  UniqueFd epoll;
  UniqueFd changed;
  UniqueFd timer;
  UniqueFd uptime{open("/proc/uptime", O_RDONLY | O_CLOEXEC)};

  std::mutex mutex;  // guards what follows
  policy::Schedule schedule;
  std::map<SessionId, Entry> entries;
  bool stopping = false;
  std::int64_t left_ns = 0;
  std::int64_t left_at_ns = 0;
  std::int64_t timer_ns = -1;

  std::thread thread;
};

void DeviceScheduler::State::Run() {
  GoFirst();
  std::array<epoll_event, kEventsMax> events{};
  for (;;) {
    const int count = epoll_wait(epoll.get(), events.data(), kEventsMax, -1);
    const std::scoped_lock lock(mutex);
    if (stopping) return;
    if (count > 0) HearBells(events, count);
    StepWhenDue();
    SetTimer();
  }
}

void DeviceScheduler::State::HearBells(const std::array<epoll_event, kEventsMax>& events,
                                       int count) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t from = events[static_cast<std::size_t>(i)].data.u64;
    if (from == kChanged) Drain(changed.get());
    if (from == kTimer) {
      Drain(timer.get());
      timer_ns = -1;
    }
    const auto entry = entries.find(from);
    if (entry != entries.end()) schedule.Wake(from, Look(entry->second), MonotonicNanoseconds());
  }
}

void DeviceScheduler::State::StepWhenDue() {
  const std::int64_t now_ns = MonotonicNanoseconds();
  const auto due_ns = schedule.NextStepNs();
  if (!due_ns || now_ns < *due_ns) return;
  std::map<SessionId, Sample> samples;
  for (const SessionId session : schedule.ToLookAt(now_ns)) {
    const auto entry = entries.find(session);
    if (entry != entries.end()) samples[session] = Look(entry->second);
  }
  schedule.Step(samples, IdleNanoseconds(samples, now_ns), now_ns);
  PublishAll();
}

// Of all processors, as the kernel counts it, in hundredths of a second. If these are not ours
// alone, what the sessions have left.
std::int64_t DeviceScheduler::State::IdleNanoseconds(const std::map<SessionId, Sample>& samples,
                                                     std::int64_t now_ns) {
  if (units != get_nprocs()) {
    std::int64_t used_ns = 0;
    for (const auto& [session, sample] : samples) {
      Entry& entry = entries.at(session);
      used_ns += sample.device_ns - std::exchange(entry.counted_ns, sample.device_ns);
    }
    left_ns +=
        std::max<std::int64_t>(units * (now_ns - std::exchange(left_at_ns, now_ns)) - used_ns, 0);
    return left_ns;
  }
  std::array<char, 64> text{};
  if (pread(uptime.get(), text.data(), text.size() - 1, 0) <= 0) return 0;
  double up = 0;
  double idle = 0;
  if (std::sscanf(text.data(), "%lf %lf", &up, &idle) != 2) return 0;
  return static_cast<std::int64_t>(idle * static_cast<double>(kNanosecondsPerSecond));
}

Sample DeviceScheduler::State::Look(Entry& entry) {
  timespec time{};
  if (entry.clock && clock_gettime(*entry.clock, &time) == 0) {
    entry.device_ns = std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
  }
  return {.device_ns = entry.device_ns,
          .waits = wire::LedgerReadUntrusted(entry.claims.waits) != 0,
          .submitted = wire::LedgerReadUntrusted(entry.claims.submitted)};
}

void DeviceScheduler::State::PublishAll() {
  for (auto& [session, entry] : entries) Publish(session, entry);
}

void DeviceScheduler::State::Publish(SessionId session, Entry& entry) {
  const LeaseTerms& terms = schedule.LeaseOf(session);
  const LeaseTerms before = std::exchange(entry.published, terms);
  // A child of the worker's may have made it go on.
  if (terms.frozen || terms.frozen != before.frozen) {
    const int signal = terms.frozen ? SIGSTOP : SIGCONT;
    syscall(SYS_pidfd_send_signal, entry.process.get(), signal, nullptr, 0);
  }
  if (terms == before) return;
  wire::Lease& lease = entry.page.lease();
  lease.window_ns.store(static_cast<std::uint64_t>(terms.window_ns), std::memory_order_relaxed);
  lease.units_least.store(terms.units_least, std::memory_order_relaxed);
  lease.commands_limit.store(terms.commands_limit, std::memory_order_relaxed);
  if (terms.open != before.open || terms.commands_limit != before.commands_limit) {
    const std::uint32_t state = lease.state.load(std::memory_order_relaxed);
    const std::uint32_t next = (state & ~wire::kLeaseOpen) + wire::kLeaseChanged;
    lease.state.store(next | (terms.open ? wire::kLeaseOpen : 0), std::memory_order_release);
    FutexWake(lease.state, kFutexWakeAll, FutexScope::kShared);
  }
  if (terms.parked == before.parked) return;
  if (terms.parked) HearDoorbell(entry.doorbell.get());
  lease.parked.store(terms.parked ? 1 : 0, std::memory_order_relaxed);
  if (!terms.parked) return;
  Arm(session, entry, EPOLL_CTL_MOD);
  // What has passed in between has not rung.
  const Sample now = Look(entry);
  if (now.submitted > schedule.SubmittedBy(session))
    schedule.Wake(session, now, MonotonicNanoseconds());
}

// It rings once: who rings on does not wake us.
void DeviceScheduler::State::Arm(SessionId session, Entry& entry, int operation) const {
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = session}};
  epoll_ctl(epoll.get(), operation, entry.doorbell.get(), &event);
}

void DeviceScheduler::State::SetTimer() {
  const std::int64_t due_ns = schedule.NextStepNs().value_or(0);  // 0: disarmed
  if (due_ns == timer_ns) return;
  timer_ns = due_ns;
  const itimerspec at = {.it_interval = {},
                         .it_value = {.tv_sec = due_ns / kNanosecondsPerSecond,
                                      .tv_nsec = due_ns % kNanosecondsPerSecond}};
  timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void DeviceScheduler::State::Tell() const {
  const std::uint64_t one = 1;
  static_cast<void>(!write(changed.get(), &one, sizeof(one)));
}

DeviceScheduler::DeviceScheduler(policy::Settings settings, const Log& log, int units)
    : units_(units > 0 ? units : ProcessorsOfThisProcess()),
      state_(std::make_unique<State>(std::move(settings), log, units_)) {
  state_->epoll.Reset(epoll_create1(EPOLL_CLOEXEC));
  state_->changed.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  state_->timer.Reset(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  for (const auto& [fd, id] :
       {std::pair(state_->changed.get(), kChanged), std::pair(state_->timer.get(), kTimer)}) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = id}};
    if (epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      log.Error("the device's scheduler has no descriptors: sessions are not scheduled");
      return;
    }
  }
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

DeviceScheduler::~DeviceScheduler() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->Tell();
  if (state_->thread.joinable()) state_->thread.join();
}

void DeviceScheduler::Change(policy::Settings settings) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->schedule.Change(std::move(settings));
  }
  state_->Tell();
}

Result<DeviceScheduler::Seat> DeviceScheduler::Add(SessionId session, policy::TenantId tenant,
                                                   const wire::Ledger& ledger) {
  LeasePage page = AVA_TRY(LeasePage::Create());
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return FailSystem("socketpair", "doorbell");
  UniqueFd doorbell(ends[0]);
  UniqueFd worker_doorbell(ends[1]);
  const std::scoped_lock lock(state_->mutex);
  state_->schedule.Add(session, tenant);
  const auto [at, is_new] =
      state_->entries.emplace(session, State::Entry{.page = std::move(page),
                                                    .doorbell = std::move(doorbell),
                                                    .worker_doorbell = std::move(worker_doorbell),
                                                    .claims = ledger.watch,
                                                    .clock = std::nullopt,
                                                    .process = {},
                                                    .device_ns = 0,
                                                    .published = {}});
  state_->Publish(session, at->second);
  state_->Arm(session, at->second, EPOLL_CTL_ADD);
  return Seat(*this, session);
}

// Seats ------------------------------------------------------------------------------------------

DeviceScheduler::Seat::Seat(Seat&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), session_(other.session_) {}

DeviceScheduler::Seat::~Seat() {
  if (owner_ == nullptr) return;
  const std::scoped_lock lock(owner_->state_->mutex);
  owner_->state_->schedule.Remove(session_);
  const auto entry = owner_->state_->entries.find(session_);
  epoll_ctl(owner_->state_->epoll.get(), EPOLL_CTL_DEL, entry->second.doorbell.get(), nullptr);
  owner_->state_->entries.erase(entry);
}

int DeviceScheduler::Seat::lease_fd() const {
  const std::scoped_lock lock(owner_->state_->mutex);
  return owner_->state_->entries.at(session_).page.fd();
}

int DeviceScheduler::Seat::doorbell_fd() const {
  const std::scoped_lock lock(owner_->state_->mutex);
  return owner_->state_->entries.at(session_).worker_doorbell.get();
}

void DeviceScheduler::Seat::Follow(pid_t worker) {
  clockid_t clock{};
  if (clock_getcpuclockid(worker, &clock) != 0) return;
  UniqueFd process = OpenProcess(worker);
  const std::scoped_lock lock(owner_->state_->mutex);
  State::Entry& entry = owner_->state_->entries.at(session_);
  entry.clock = clock;
  entry.process = std::move(process);
}

std::int64_t DeviceScheduler::Seat::DeviceNanoseconds() const {
  const std::scoped_lock lock(owner_->state_->mutex);
  return owner_->state_->schedule.UsedNs(session_);
}

}  // namespace ava::control
