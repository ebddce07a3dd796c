// SPDX-License-Identifier: Apache-2.0
#pragma once

// Descriptors that the program cannot reach. A program may close all that it has not opened itself,
// put its own in their places, or run out of numbers (closefrom, daemons, dup2, RLIMIT_NOFILE). So
// a session's live in a table of descriptors of our own: that of the listener, which leaves the
// program's, and of the thread for errands that the listener starts there.

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "ava/base/mutex.h"

namespace ava::transport {

// Gives the calling thread a table of its own, with `keep` and standard error in it and nothing
// else. False: the system does not let it (Linux before 5.9, a filter), and all stays as it was.
bool LeaveDescriptorTable(int keep);

// A thread that does single things for others where its descriptors are.
class ErrandThread {
 public:
  using Errand = void (*)(void* argument);

  // By the thread whose descriptors it is to share. 0 or an errno.
  int Start();
  // Does it there, and comes back when it is done. Any thread; one errand at a time.
  void Do(Errand errand, void* argument);
  // Joins it.
  void Stop();

 private:
  enum State : std::uint32_t { kIdle, kOrdered, kDone };

  void Serve();
  void Await(std::uint32_t state);
  void Become(std::uint32_t state);

  pthread_t thread_ = {};
  Mutex mutex_;                              // held by whoever has ordered
  std::atomic<std::uint32_t> state_{kIdle};  // a futex word
  Errand errand_ = nullptr;                  // null: to stop
  void* argument_ = nullptr;
};

}  // namespace ava::transport
