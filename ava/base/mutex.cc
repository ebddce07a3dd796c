// SPDX-License-Identifier: Apache-2.0
#include "ava/base/mutex.h"

#include <cstdint>

#include "ava/base/futex.h"
#include "ava/base/spin.h"

namespace ava {
namespace {

// About a microsecond: what a critical section here takes, and less than a sleep costs.
constexpr int kSpinsMax = 40;

}  // namespace

void Mutex::LockSlow() {
  for (int spin = 0; spin < kSpinsMax; ++spin) {
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
    SpinPause();
  }
  while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
    FutexWait(state_, kContended, FutexScope::kPrivate);
  }
}

void Mutex::WakeOne() { FutexWake(state_, 1, FutexScope::kPrivate); }

}  // namespace ava
