// SPDX-License-Identifier: Apache-2.0
#pragma once

// A mutex of one word, for short critical sections inside one process. Unlike std::mutex it never
// throws, and one that was locked at a fork can be put back by the child. Meets std::lock_guard's
// requirements.

#include <atomic>
#include <cstdint>

namespace ava {

class Mutex {
 public:
  constexpr Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() {
    std::uint32_t free = kFree;
    if (!state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire)) LockSlow();
  }
  bool try_lock() {
    std::uint32_t free = kFree;
    return state_.compare_exchange_strong(free, kLocked, std::memory_order_acquire);
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kContended) WakeOne();
  }
  // In a forked child, where the thread that held it does not exist.
  void ResetAfterFork() { state_.store(kFree, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kLocked = 1;
  static constexpr std::uint32_t kContended = 2;  // locked, and somebody may sleep

  void LockSlow();
  void WakeOne();

  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace ava
