// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/own_descriptors.h"

#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstddef>
#include <mutex>

#include "ava/base/futex.h"
#include "ava/base/peer_order.h"
#include "ava/base/thread.h"

namespace ava::transport {
namespace {

constexpr std::size_t kErrandStackBytes = std::size_t{128} << 10;

// ThreadSanitizer takes equal numbers in two tables for one descriptor.
#ifdef AVA_THREAD_SANITIZER
constexpr bool kOneTable = true;
#else
constexpr bool kOneTable = false;
#endif

// As a system call: the C library of an older system has no function for it.
bool CloseRange(unsigned first, unsigned last, unsigned flags) {
  return syscall(SYS_close_range, first, last, flags) == 0;
}

}  // namespace

bool LeaveDescriptorTable(int keep) {
  if constexpr (kOneTable) return false;
  const auto kept = static_cast<unsigned>(keep);
  // First what is above, since that is not even copied.
  if (!CloseRange(kept + 1, UINT_MAX, CLOSE_RANGE_UNSHARE)) return false;
  if (kept > STDERR_FILENO + 1) CloseRange(STDERR_FILENO + 1, kept - 1, 0);
  CloseRange(STDIN_FILENO, STDOUT_FILENO, 0);
  return true;
}

int ErrandThread::Start() {
  return StartThread(
      thread_, "ava-errands", kErrandStackBytes,
      [](void* self) -> void* {
        static_cast<ErrandThread*>(self)->Serve();
        return nullptr;
      },
      this);
}

void ErrandThread::Do(Errand errand, void* argument) {
  const std::lock_guard lock(mutex_);
  errand_ = errand;
  argument_ = argument;
  Become(kOrdered);
  Await(kDone);
}

void ErrandThread::Stop() {
  Do(nullptr, nullptr);
  pthread_join(thread_, nullptr);
}

void ErrandThread::Serve() {
  for (bool stops = false; !stops;) {
    Await(kOrdered);
    stops = errand_ == nullptr;
    if (!stops) errand_(argument_);
    Become(kDone);
  }
}

void ErrandThread::Await(std::uint32_t state) {
  for (;;) {
    const std::uint32_t seen = state_.load(std::memory_order_acquire);
    if (seen == state) return;
    FutexWait(state_, seen, FutexScope::kPrivate);
  }
}

void ErrandThread::Become(std::uint32_t state) {
  state_.store(state, std::memory_order_release);
  FutexWake(state_, kFutexWakeAll, FutexScope::kPrivate);
}

}  // namespace ava::transport
