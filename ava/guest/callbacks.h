// SPDX-License-Identifier: Apache-2.0
#pragma once

// The program's callbacks: a table of those that may still fire. They never run on the channel's
// listener thread, so a callback may call the API, blocking calls included.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ava/base/mutex.h"
#include "ava/guest/callback_threads.h"
#include "ava/guest/object.h"
#include "ava/wire/record.h"

namespace ava::guest {

class Session;

inline constexpr std::size_t kCallbackArgumentsMax = 8;
inline constexpr std::size_t kCallbackHoldsMax = 2;
inline constexpr std::uint32_t kCallbacksMax = std::uint32_t{1} << 20;  // alive at once

struct CallbackEntry {
  std::uint16_t callback = 0;  // CallbackId; 0: free
  void (*function)() = nullptr;
  void* userdata = nullptr;
  std::array<Object*, kCallbackHoldsMax> holds = {};
  // What it is called with after the worker was lost, each argument as ToWord made it.
  std::array<std::uint64_t, kCallbackArgumentsMax> lost = {};
  // What the call would have returned, had it not failed: the callback is given it, and then it is
  // released.
  Object* left = nullptr;
};

class Callbacks {
 public:
  explicit Callbacks(Session& session) : session_(session) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;

  // Takes holds of entry.holds. 0: kCallbacksMax are alive, or there is no thread to run it on. On
  // a thread of the program's.
  std::uint64_t Add(const CallbackEntry& entry);
  // Forgets it and gives its holds back. Nothing when it is gone already.
  void Drop(std::uint64_t id) { (void)Take(id); }
  // Its call has failed after the worker had called it: it still runs, with `left` (or null), which
  // is released afterwards.
  void Leave(std::uint64_t id, std::uint16_t callback, Object* left);

  // One was added at some time.
  bool used() const { return used_.load(std::memory_order_relaxed); }

  // On the listener thread: leaves the work to a thread for callbacks.
  void Post(const wire::UpcallHeader& header, std::span<const std::byte> payload);
  void PostLost();

 private:
  struct Row {
    CallbackEntry entry;
    std::uint32_t generation = 0;
    bool claimed = false;  // by the thread that runs it, when it fires once
  };
  // The row of a callback that may still fire; null when there is none. mutex_ held.
  Row* FindLocked(std::uint64_t id);
  bool Find(std::uint64_t id, CallbackEntry& entry);
  // Find for a thread that is about to run it: one that fires once is nobody else's from then on.
  bool Claim(std::uint64_t id, std::uint16_t callback, CallbackEntry& entry);
  // Forgets it; what it was.
  CallbackEntry Take(std::uint64_t id);
  void Retire(std::uint64_t id);
  // `record`: header and payload of an upcall; empty: the worker was lost.
  void Run(std::span<const std::byte> record);
  void RunOne(std::span<const std::byte> record);
  void RunLost();

  Session& session_;
  std::atomic<bool> used_{false};
  Mutex mutex_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> free_rows_;

  CallbackThreads threads_{[](void* self, std::span<const std::byte> record) {
                             static_cast<Callbacks*>(self)->Run(record);
                           },
                           this};
};

}  // namespace ava::guest
