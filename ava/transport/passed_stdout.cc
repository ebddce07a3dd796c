// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/passed_stdout.h"

#include <mutex>
#include <utility>

#include "ava/base/futex.h"

namespace ava::transport {

bool PassedStdout::Add(std::uint32_t number, UniqueFd fd) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() == wire::kStdoutsWaitingMax) return false;
    waiting_.push_back({.number = number, .fd = std::move(fd)});
  }
  arrivals_.fetch_add(1, std::memory_order_seq_cst);
  FutexWake(arrivals_, kFutexWakeAll, FutexScope::kPrivate);
  return true;
}

UniqueFd PassedStdout::TakeNow(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    Passed first = std::move(waiting_.front());
    waiting_.pop_front();
    if (first.number == number) return std::move(first.fd);
  }
  return {};
}

UniqueFd PassedStdout::Take(std::uint32_t number, Deadline deadline) {
  for (;;) {
    const std::uint32_t arrivals = arrivals_.load(std::memory_order_seq_cst);
    UniqueFd fd = TakeNow(number);
    if (fd || closed_.load(std::memory_order_seq_cst)) return fd;
    if (!FutexWait(arrivals_, arrivals, FutexScope::kPrivate, deadline)) return TakeNow(number);
  }
}

void PassedStdout::Close() {
  closed_.store(true, std::memory_order_seq_cst);
  arrivals_.fetch_add(1, std::memory_order_seq_cst);
  FutexWake(arrivals_, kFutexWakeAll, FutexScope::kPrivate);
}

}  // namespace ava::transport
