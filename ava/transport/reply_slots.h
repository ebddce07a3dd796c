// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guest's reply slots: who has which, and waiting for what the worker posts. ava/wire/abi.h has
// their states.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/transport/session_mapping.h"
#include "ava/transport/wait.h"
#include "ava/wire/abi.h"

namespace ava::transport {

class ReplySlots {
 public:
  explicit ReplySlots(const SessionMapping& mapping);

  // The lowest free one, so that a program with one thread stays on one set of cache lines. Waits
  // while all are taken.
  std::uint32_t Acquire();
  void Release(std::uint32_t index);
  std::byte* InlineData(std::uint32_t index) const { return slots_[index].inline_data; }
  // The reply; kLost when the session ended before it came.
  wire::ReplyHeader Await(std::uint32_t index);

  // The listener, when the session is lost: every wait now and later returns.
  void Abandon();
  // Threads that sleep in Await now; after Abandon this falls to 0.
  int sleepers() const { return sleepers_.load(std::memory_order_seq_cst); }

 private:
  static constexpr std::uint32_t kWords = wire::kReplySlots / 64;

  bool TryAcquire(std::uint32_t& index);
  std::int64_t YieldNs();
  void SleepUntilPosted(wire::ReplySlot& slot);

  wire::ReplySlot* slots_;
  std::atomic<std::uint32_t>* reply_yield_us_;
  Contention contention_;
  std::atomic<bool> abandoned_{false};
  std::atomic<int> sleepers_{0};

  alignas(wire::kCacheLineBytes) std::array<std::atomic<std::uint64_t>, kWords> taken_ = {};
  std::atomic<std::uint32_t> releases_{0};  // counted only while acquirers_ wait; their futex word
  std::atomic<std::uint32_t> acquirers_{0};
  // Waits in a row that were too long for yielding. When there are many, it is not tried each time.
  std::atomic<std::uint32_t> long_waits_{0};
};

}  // namespace ava::transport
