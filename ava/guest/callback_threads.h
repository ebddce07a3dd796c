// SPDX-License-Identifier: Apache-2.0
#pragma once

// The threads on which the program's callbacks run: one after the other, in the order in which they
// were posted. When one does not come back, it may be waiting for another, and a second thread goes
// on with those that concern other objects.
//
// The threads are the program's as far as it can tell: made by a thread of its own, so that they
// share its descriptors, with a stack as deep as any, and with its signals unblocked while its code
// runs on them. Between callbacks all signals are blocked.

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/base/clock.h"
#include "ava/base/mutex.h"

namespace ava::guest {

class CallbackThreads {
 public:
  static constexpr std::size_t kThreadsMax = 16;
  static constexpr std::int64_t kStuckNs = 200 * kNanosecondsPerMillisecond;

  using Run = void (*)(void* owner, std::span<const std::byte> record);
  CallbackThreads(Run run, void* owner) : run_(run), owner_(owner) {}
  CallbackThreads(const CallbackThreads&) = delete;
  CallbackThreads& operator=(const CallbackThreads&) = delete;

  // On a thread of the program's: makes sure that there is a thread. False: none could be had.
  bool Start();
  // On any thread: run(owner, record) on one of ours, where `record` is the two parts joined. Those
  // about one object never run at the same time.
  void Post(const void* about, std::span<const std::byte> header,
            std::span<const std::byte> payload);

 private:
  static constexpr std::size_t kNobody = kThreadsMax;

  struct Node {
    Node* next;
    const void* about;
    std::size_t bytes;  // of the record behind this
    std::span<const std::byte> record() const {
      return {reinterpret_cast<const std::byte*>(this + 1), bytes};
    }
  };
  struct Thread {
    CallbackThreads* threads = nullptr;
    bool running = false;
    const void* about = nullptr;  // while running
  };

  bool StartOneLocked();
  void Serve(Thread& self);
  // Null: nothing is to be done before `deadline`.
  Node* Take(Thread& self, Deadline& deadline);
  Node* UnlinkLocked();
  void RunAsProgram(const Node& node);
  void Finish(Thread& self);

  const Run run_;
  void* const owner_;
  std::atomic<bool> started_{false};
  std::atomic<std::uint32_t> posted_{0};  // futex: counts the nodes appended

  Mutex mutex_;
  sigset_t program_mask_ = {};
  std::array<Thread, kThreadsMax> threads_ = {};
  std::size_t thread_count_ = 0;
  std::size_t idle_ = 0;
  const Thread* latest_ = nullptr;  // that has taken a node and still runs it
  std::int64_t taken_at_ns_ = 0;
  Node* first_ = nullptr;
  Node** end_ = &first_;
};

}  // namespace ava::guest
