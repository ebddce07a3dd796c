// SPDX-License-Identifier: Apache-2.0
#include "ava/router/gate.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "ava/base/clock.h"
#include "ava/base/futex.h"

namespace ava::router {
namespace {

// Before anything is known of a session's units.
constexpr std::uint64_t kUnitsUnknown = 8;
constexpr std::uint64_t kUnitsMost = 256;
constexpr std::uint64_t kGroupsInWindow = 4;
constexpr double kPairWindows = 4;
constexpr std::uint64_t kGroupOfStalled = 64;
// One that waits looks at its window so often while that drains.
constexpr std::int64_t kRoomPauseLeastNs = 20 * kNanosecondsPerMicrosecond;
constexpr std::int64_t kRoomPauseMostNs = kNanosecondsPerMillisecond;
constexpr double kRoomPausePart = 0.125;
// Between calls of `go_on`.
constexpr std::int64_t kLeasePauseNs = 2 * kNanosecondsPerMillisecond;
// No completion for so long, and next to no device time: it waits for the program.
constexpr std::int64_t kStallNs = 5 * kNanosecondsPerMillisecond;
constexpr std::int64_t kStallPart = 20;
constexpr double kNewestPart = 0.25;  // of the estimate
// Units from one look at the clock to the next.
constexpr std::uint64_t kUnitsEstimated = 8;
constexpr std::size_t kProbesMax = 512;

std::int64_t CpuNanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * kNanosecondsPerSecond + time.tv_nsec;
}

void StoreClaim(std::uint64_t& word, std::uint64_t value) {
  std::atomic_ref<std::uint64_t>(word).store(value, std::memory_order_relaxed);
}

}  // namespace

Gate::Gate(const Options& options, wire::LedgerWatch& watch)
    : options_(options),
      counts_units_(options.lease != nullptr && options.events.done != nullptr),
      watch_(watch),
      units_most_(counts_units_ ? kUnitsUnknown : std::numeric_limits<std::uint64_t>::max()) {}

Gate::~Gate() {
  for (const Probe& probe : probes_) options_.events.release(probe.event);
}

bool Gate::IsOpen() const {
  const wire::Lease& lease = *options_.lease;
  return (lease.state.load(std::memory_order_acquire) & wire::kLeaseOpen) != 0 &&
         submitted_ < lease.commands_limit.load(std::memory_order_relaxed);
}

void Gate::Pass(const std::function<bool()>& go_on) {
  if (options_.lease == nullptr) return;
  Notice();
  if (!HasRoom()) [[unlikely]]
    Reap();
  if (!IsOpen() || !HasRoom()) [[unlikely]]
    Hold(go_on);
  StoreClaim(watch_.submitted, ++submitted_);
}

// The manager looks at this session again from here on. It costs a system call, once in a while.
void Gate::Ring() {
  const std::uint64_t one = 1;
  static_cast<void>(!write(options_.doorbell, &one, sizeof(one)));
}

void Gate::Hold(const std::function<bool()>& go_on) {
  wire::LedgerAddShared(watch_.waits, 1);
  stall_since_ns_ = 0;
  while (go_on()) {
    const std::uint32_t state = options_.lease->state.load(std::memory_order_acquire);
    if (!IsOpen()) {
      stall_since_ns_ = 0;
      if (options_.lease->parked.load(std::memory_order_relaxed) != 0) Ring();
      SleepUntilLeaseChanges(state);
      continue;
    }
    Reap();
    if (HasRoom()) break;
    NoticeStall();
    if (HasRoom()) break;
    SleepUntilRoom();
  }
  wire::LedgerAddShared(watch_.waits, static_cast<std::uint64_t>(-1));
}

void Gate::SleepUntilLeaseChanges(std::uint32_t seen) const {
  // The kernel only reads the word.
  auto& word = const_cast<std::atomic<std::uint32_t>&>(options_.lease->state);
  FutexWait(word, seen, FutexScope::kShared, Deadline::In(kLeasePauseNs));
}

void Gate::SleepUntilRoom() const {
  const double expected = unit_ns_ * static_cast<double>(in_flight_) * kRoomPausePart;
  const std::int64_t pause_ns =
      std::clamp(static_cast<std::int64_t>(expected), kRoomPauseLeastNs, kRoomPauseMostNs);
  const timespec pause = {.tv_sec = 0, .tv_nsec = pause_ns};
  nanosleep(&pause, nullptr);
}

void Gate::Submitted(void* event) {
  if (!counts_units_) return;
  ++group_;
  if (event == nullptr || group_ < group_most_) return;
  if (stalled_) Reap();
  options_.events.retain(event);
  probes_.push_back({.event = event, .units = group_, .counts = !stalled_});
  if (!stalled_) in_flight_ += group_;
  group_ = 0;
  if (probes_.size() > kProbesMax) ForgetOldest();
}

// Only of a session that has stalled are there so many: none of these counts.
void Gate::ForgetOldest() {
  const Probe oldest = probes_.front();
  probes_.pop_front();
  options_.events.release(oldest.event);
  if (oldest.counts) in_flight_ -= oldest.units;
}

Gate::Unheld::Unheld(const Gate& gate, void* event)
    : gate_(gate),
      event_(event),
      held_(static_cast<std::uint64_t>(std::ranges::count(gate.probes_, event, &Probe::event))) {
  for (std::uint64_t i = 0; i < held_; ++i) gate_.options_.events.release(event_);
}

Gate::Unheld::~Unheld() {
  for (std::uint64_t i = 0; i < held_; ++i) gate_.options_.events.retain(event_);
}

bool Gate::ReapOne(Probe& probe) {
  if (options_.events.done(probe.event) == 0) return false;
  options_.events.release(probe.event);
  if (probe.counts) in_flight_ -= probe.units;
  return true;
}

void Gate::Reap() {
  if (probes_.empty()) return;
  std::uint64_t units = 0;
  const auto gone = std::ranges::remove_if(probes_, [&](Probe& probe) {
    if (!ReapOne(probe)) return false;
    units += probe.units;
    return true;
  });
  probes_.erase(gone.begin(), gone.end());
  if (units != 0) Estimate(units);
}

void Gate::Estimate(std::uint64_t units) {
  stall_since_ns_ = 0;
  if (std::exchange(stalled_, false)) group_most_ = 1;
  through_ += units;
  if (through_ < kUnitsEstimated && unit_ns_ > 0 && unit_ns_ < kRoomPauseMostNs) return;
  const std::int64_t now_ns = DeviceNanoseconds();
  const double newest = static_cast<double>(now_ns - estimated_at_ns_) /
                        static_cast<double>(std::exchange(through_, 0));
  const bool known = estimated_at_ns_ != 0;
  estimated_at_ns_ = now_ns;
  if (known) unit_ns_ = unit_ns_ == 0 ? newest : unit_ns_ + kNewestPart * (newest - unit_ns_);
  SetBounds();
}

void Gate::SetBounds() {
  if (unit_ns_ <= 0) return;
  const auto window =
      static_cast<double>(options_.lease->window_ns.load(std::memory_order_relaxed));
  const std::uint64_t least = std::clamp<std::uint64_t>(
      options_.lease->units_least.load(std::memory_order_relaxed), 1, kUnitsMost);
  const double fit = std::min(window / unit_ns_, static_cast<double>(kUnitsMost));
  // Two, so that there is always a next one, unless one alone takes long.
  const std::uint64_t pair = unit_ns_ < kPairWindows * window ? 2 : 1;
  units_most_ = std::max({static_cast<std::uint64_t>(fit), least, pair});
  group_most_ = std::max<std::uint64_t>(units_most_ / kGroupsInWindow, 1);
}

// What is in flight does not count any more, nor what comes, until something completes.
void Gate::NoticeStall() {
  const std::int64_t now_ns = MonotonicNanoseconds();
  const std::int64_t device_ns = DeviceNanoseconds() - OwnNanoseconds();
  if (stall_since_ns_ == 0 || device_ns - stall_device_ns_ > kStallNs / kStallPart) {
    stall_since_ns_ = now_ns;
    stall_device_ns_ = device_ns;
    return;
  }
  if (now_ns - stall_since_ns_ < kStallNs) return;
  stalled_ = true;
  for (Probe& probe : probes_) probe.counts = false;
  in_flight_ = 0;
  group_most_ = kGroupOfStalled;
}

// What this thread has used by waiting is no device's work.
std::int64_t Gate::OwnNanoseconds() const {
  return options_.device_ns == nullptr ? CpuNanoseconds(CLOCK_THREAD_CPUTIME_ID) : 0;
}

std::int64_t Gate::DeviceNanoseconds() const {
  return options_.device_ns == nullptr ? CpuNanoseconds(CLOCK_PROCESS_CPUTIME_ID)
                                       : options_.device_ns();
}

}  // namespace ava::router
