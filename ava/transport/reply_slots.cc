// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/reply_slots.h"

#include <algorithm>
#include <bit>

#include "ava/base/clock.h"
#include "ava/base/futex.h"
#include "ava/transport/wait.h"

namespace ava::transport {
namespace {

// Whatever the worker asks for, a guest thread yields no longer than this.
constexpr std::int64_t kReplyYieldNsMax = kNanosecondsPerMillisecond;
constexpr std::uint32_t kLongWaitsBeforeSleep = 16;
constexpr std::uint32_t kLongWaitsBetweenTries = 16;

constexpr wire::ReplyHeader kLostReply = {
    .status = static_cast<std::uint32_t>(wire::ReplyStatus::kLost),
    .error = 0,
    .result = 0,
    .produced = 0};

// Partner of WorkerChannel::Reply, which stores the reply before it posts.
bool IsPosted(const wire::ReplySlot& slot) {
  return slot.state.load(std::memory_order_acquire) >= wire::kSlotPosted;
}

}  // namespace

ReplySlots::ReplySlots(const SessionMapping& mapping)
    : slots_(mapping.slots()), reply_yield_us_(&mapping.control().tuning.reply_yield_us) {}

bool ReplySlots::TryAcquire(std::uint32_t& index) {
  for (std::uint32_t word = 0; word < kWords; ++word) {
    std::uint64_t taken = taken_[word].load(std::memory_order_relaxed);
    while (taken != ~std::uint64_t{0}) {
      const int bit = std::countr_one(taken);
      if (taken_[word].compare_exchange_weak(taken, taken | std::uint64_t{1} << bit,
                                             std::memory_order_seq_cst)) {
        index = word * 64 + static_cast<std::uint32_t>(bit);
        return true;
      }
    }
  }
  return false;
}

std::uint32_t ReplySlots::Acquire() {
  std::uint32_t index = 0;
  if (!TryAcquire(index)) {
    // Whoever gives one back looks at acquirers_ afterwards; we look for a free one after having
    // counted ourselves.
    acquirers_.fetch_add(1, std::memory_order_seq_cst);
    for (;;) {
      const std::uint32_t releases = releases_.load(std::memory_order_seq_cst);
      if (TryAcquire(index)) break;
      FutexWait(releases_, releases, FutexScope::kPrivate);
    }
    acquirers_.fetch_sub(1, std::memory_order_seq_cst);
  }
  slots_[index].state.store(wire::kSlotArmed, std::memory_order_seq_cst);
  return index;
}

void ReplySlots::Release(std::uint32_t index) {
  taken_[index / 64].fetch_and(~(std::uint64_t{1} << (index % 64)), std::memory_order_seq_cst);
  if (acquirers_.load(std::memory_order_seq_cst) == 0) return;
  releases_.fetch_add(1, std::memory_order_seq_cst);
  FutexWake(releases_, 1, FutexScope::kPrivate);
}

std::int64_t ReplySlots::YieldNs() {
  const std::uint32_t long_waits = long_waits_.load(std::memory_order_relaxed);
  if (long_waits >= kLongWaitsBeforeSleep && long_waits % kLongWaitsBetweenTries != 0) return 0;
  return std::min(reply_yield_us_->load(std::memory_order_relaxed) * kNanosecondsPerMicrosecond,
                  kReplyYieldNsMax);
}

wire::ReplyHeader ReplySlots::Await(std::uint32_t index) {
  wire::ReplySlot& slot = slots_[index];
  const bool may_yield = contention_.MayYield();
  const Awake how = WaitAwake(may_yield ? YieldNs() : 0, [&] { return IsPosted(slot); });
  contention_.Note(how);
  if (how != Awake::kNo) {
    if (long_waits_.load(std::memory_order_relaxed) != 0)
      long_waits_.store(0, std::memory_order_relaxed);
  } else {
    // One that could not yield says nothing of how long the device takes.
    if (may_yield) long_waits_.fetch_add(1, std::memory_order_relaxed);
    SleepUntilPosted(slot);
  }
  if (slot.state.load(std::memory_order_acquire) != wire::kSlotPosted) return kLostReply;
  return slot.reply;
}

void ReplySlots::SleepUntilPosted(wire::ReplySlot& slot) {
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  std::uint32_t armed = wire::kSlotArmed;
  slot.state.compare_exchange_strong(armed, wire::kSlotAsleep, std::memory_order_seq_cst);
  // Abandon sets the flag first and then wakes those asleep: one of the two sees the other.
  while (!IsPosted(slot) && !abandoned_.load(std::memory_order_seq_cst)) {
    FutexWait(slot.state, wire::kSlotAsleep, FutexScope::kShared);
  }
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
}

void ReplySlots::Abandon() {
  abandoned_.store(true, std::memory_order_seq_cst);
  for (std::uint32_t i = 0; i < wire::kReplySlots; ++i) {
    std::atomic<std::uint32_t>& state = slots_[i].state;
    std::uint32_t seen = state.load(std::memory_order_seq_cst);
    while (seen == wire::kSlotArmed || seen == wire::kSlotAsleep) {
      if (!state.compare_exchange_weak(seen, wire::kSlotAbandoned, std::memory_order_seq_cst))
        continue;
      if (seen == wire::kSlotAsleep) FutexWake(state, kFutexWakeAll, FutexScope::kShared);
      break;
    }
  }
}

}  // namespace ava::transport
