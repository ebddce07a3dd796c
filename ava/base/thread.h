// SPDX-License-Identifier: Apache-2.0
#pragma once

// A thread of ours inside somebody's program: all signals blocked, so that the program's handlers
// never run on it, and a stack of the size that it needs. The owner joins it.

#include <pthread.h>

#include <cstddef>

namespace ava {

// 0 or an errno. `name` has at most 15 characters.
int StartThread(pthread_t& thread, const char* name, std::size_t stack_bytes,
                void* (*function)(void*), void* argument);

// No cancellation point in this scope acts as one: the program may cancel its threads, but not in
// the middle of our work.
class NoCancellation {
 public:
  NoCancellation() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NoCancellation(const NoCancellation&) = delete;
  NoCancellation& operator=(const NoCancellation&) = delete;
  ~NoCancellation() { pthread_setcancelstate(before_, nullptr); }

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace ava
