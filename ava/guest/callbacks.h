// SPDX-License-Identifier: Apache-2.0
#pragma once

// The program's callbacks: a table of those that may still fire, and the one thread that runs them.
// They never run on the channel's listener thread, so a callback may call the API, blocking calls
// included.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ava/base/mutex.h"
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
};

class Callbacks {
 public:
  explicit Callbacks(Session& session) : session_(session) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;

  // Takes holds of entry.holds. 0: kCallbacksMax are alive.
  std::uint64_t Add(const CallbackEntry& entry);
  // Forgets it and gives its holds back. Nothing when it is gone already.
  void Drop(std::uint64_t id);

  // On the listener thread: leaves the work to the callback thread.
  void Post(const wire::UpcallHeader& header, std::span<const std::byte> payload);
  void PostLost();

 private:
  struct Row {
    CallbackEntry entry;
    std::uint32_t generation = 0;
  };
  struct Node {
    Node* next;
    std::size_t bytes;  // of the record behind this; 0: the worker was lost
    std::span<const std::byte> record() const {
      return {reinterpret_cast<const std::byte*>(this + 1), bytes};
    }
  };

  bool Find(std::uint64_t id, CallbackEntry& entry);
  void Append(Node* node);
  bool StartThread();
  void Run();
  void RunOne(std::span<const std::byte> record);
  void RunLost();

  Session& session_;
  Mutex mutex_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> free_rows_;

  Mutex queue_mutex_;
  Node* first_ = nullptr;
  Node** end_ = &first_;
  bool started_ = false;
  std::atomic<std::uint32_t> posted_{0};  // futex: counts the nodes appended
};

}  // namespace ava::guest
