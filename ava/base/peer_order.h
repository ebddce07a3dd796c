// SPDX-License-Identifier: Apache-2.0
#pragma once

// Order that another process carries: a thread of ours tells the peer something, the peer answers,
// and another thread of ours takes the answer. What the first did happened before what the second
// does, but ThreadSanitizer sees our side only and has to be told. Without it these do nothing.

#if defined(__SANITIZE_THREAD__)
#define AVA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AVA_THREAD_SANITIZER 1
#endif
#endif

#ifdef AVA_THREAD_SANITIZER
extern "C" {
// Of the sanitizer's runtime; NOLINTBEGIN(bugprone-reserved-identifier): its names.
void __tsan_acquire(void* address);
void __tsan_release(void* address);
// NOLINTEND(bugprone-reserved-identifier)
}
#endif

namespace ava {

class PeerOrder {
 public:
  void BeforeTelling() {
#ifdef AVA_THREAD_SANITIZER
    __tsan_release(this);
#endif
  }
  void AfterHearing() {
#ifdef AVA_THREAD_SANITIZER
    __tsan_acquire(this);
#endif
  }
};

}  // namespace ava
