// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/callback_threads.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include "ava/base/futex.h"
#include "ava/base/text.h"
#include "ava/base/thread.h"
#include "ava/guest/session.h"

namespace ava::guest {
namespace {

// As much as a program's own threads have: what runs here is the program's.
constexpr std::size_t kCallbackStackBytes = std::size_t{8} << 20;

}  // namespace

bool CallbackThreads::Start() {
  if (started_.load(std::memory_order_acquire)) return true;
  const std::lock_guard lock(mutex_);
  if (thread_count_ != 0) return true;
  pthread_sigmask(SIG_BLOCK, nullptr, &program_mask_);
  const bool started = StartOneLocked();
  started_.store(started, std::memory_order_release);
  return started;
}

bool CallbackThreads::StartOneLocked() {
  Thread& self = threads_[thread_count_];
  self.threads = this;
  pthread_t thread;
  const int error = ava::StartThread(
      thread, "ava-callbacks", kCallbackStackBytes,
      [](void* argument) -> void* {
        auto& started = *static_cast<Thread*>(argument);
        started.threads->Serve(started);
        return nullptr;
      },
      &self);
  if (error != 0) {
    if (thread_count_ == 0)
      Say("cannot start the thread that runs callbacks: %s", ErrnoText(error));
    return false;
  }
  pthread_detach(thread);  // it ends with the process
  ++thread_count_;
  ++idle_;
  return true;
}

void CallbackThreads::Post(const void* about, std::span<const std::byte> header,
                           std::span<const std::byte> payload) {
  const std::size_t bytes = header.size() + payload.size();
  void* memory = std::malloc(sizeof(Node) + bytes);
  if (memory == nullptr) return;
  auto* node = new (memory) Node{.next = nullptr, .about = about, .bytes = bytes};
  auto* record = reinterpret_cast<std::byte*>(node + 1);
  if (!header.empty()) std::memcpy(record, header.data(), header.size());
  if (!payload.empty()) std::memcpy(record + header.size(), payload.data(), payload.size());
  {
    const std::lock_guard lock(mutex_);
    *end_ = node;
    end_ = &node->next;
  }
  posted_.fetch_add(1, std::memory_order_release);
  FutexWake(posted_, 1, FutexScope::kPrivate);
}

void CallbackThreads::Serve(Thread& self) {
  for (;;) {
    const std::uint32_t seen = posted_.load(std::memory_order_acquire);
    Deadline deadline = Deadline::Never();
    Node* node = Take(self, deadline);
    if (node == nullptr) {
      FutexWait(posted_, seen, FutexScope::kPrivate, deadline);
      continue;
    }
    RunAsProgram(*node);
    Finish(self);
    std::free(node);
  }
}

CallbackThreads::Node* CallbackThreads::Take(Thread& self, Deadline& deadline) {
  const std::lock_guard lock(mutex_);
  if (first_ == nullptr) return nullptr;
  const std::int64_t now_ns = MonotonicNanoseconds();
  if (latest_ != nullptr && now_ns < taken_at_ns_ + kStuckNs) {
    deadline = Deadline::At(taken_at_ns_ + kStuckNs);
    return nullptr;
  }
  Node* node = UnlinkLocked();
  if (node == nullptr) return nullptr;  // whoever runs what it has to wait for takes it next
  self.running = true;
  self.about = node->about;
  latest_ = &self;
  taken_at_ns_ = now_ns;
  --idle_;
  if (idle_ == 0 && thread_count_ < kThreadsMax) StartOneLocked();
  return node;
}

// The first that concerns no object about which one runs.
CallbackThreads::Node* CallbackThreads::UnlinkLocked() {
  for (Node** place = &first_; *place != nullptr; place = &(*place)->next) {
    Node* node = *place;
    const auto is_in_the_way = [node](const Thread& thread) {
      return thread.running && node->about != nullptr && thread.about == node->about;
    };
    if (std::ranges::any_of(threads_, is_in_the_way)) continue;
    *place = node->next;
    if (end_ == &node->next) end_ = place;
    return node;
  }
  return nullptr;
}

void CallbackThreads::RunAsProgram(const Node& node) {
  sigset_t ours;
  pthread_sigmask(SIG_SETMASK, &program_mask_, &ours);
  run_(owner_, node.record());
  pthread_sigmask(SIG_SETMASK, &ours, nullptr);
}

void CallbackThreads::Finish(Thread& self) {
  const std::lock_guard lock(mutex_);
  self.running = false;
  ++idle_;
  if (latest_ == &self) latest_ = nullptr;
}

}  // namespace ava::guest
