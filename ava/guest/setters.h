// SPDX-License-Identifier: Apache-2.0
#pragma once

// Setters that the guest keeps (Lapis: `coalesce`): the encoded command of the last write per key
// waits with its object until a call that `consumes` the object takes it along. A registry knows
// all of them, so that they can be sent before anything dies that they may name.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/base/mutex.h"
#include "ava/transport/guest_channel.h"

namespace ava::guest {

struct Object;
class SetterRegistry;

inline constexpr std::size_t kSettersMax = 1024;  // kept per object
inline constexpr std::size_t kSetterBytesMax =
    std::size_t{8} * 1024;  // argument structure and payload of one

struct Setter {
  std::uint64_t key = 0;
  std::uint16_t function = 0;
  bool pending = false;
  std::uint32_t bytes = 0;
  std::uint32_t capacity = 0;
  std::byte* data = nullptr;
};

class SetterList {
 public:
  explicit SetterList(SetterRegistry& registry) : registry_(registry) {}
  ~SetterList();
  SetterList(const SetterList&) = delete;
  SetterList& operator=(const SetterList&) = delete;

  enum class Kept { kNew, kReplaced, kNot };
  // Keeps the command made of these two pieces. kNot: too large or no memory; it must be sent.
  Kept Keep(std::uint16_t function, std::uint64_t key, std::span<const std::byte> arguments,
            std::span<const std::byte> payload);

  // Submits what is pending and then `last`, with nothing between them. False: the session is lost.
  bool SubmitWith(transport::GuestChannel& channel, std::uint32_t thread,
                  const transport::GuestChannel::Record& last);
  // Submits what is pending.
  bool Flush(transport::GuestChannel& channel, std::uint32_t thread);
  // True: what was kept has been submitted.
  bool empty() const { return pending_.load(std::memory_order_acquire) == 0; }

 private:
  friend class SetterRegistry;
  Setter* Find(std::uint16_t function, std::uint64_t key);
  bool SubmitLocked(transport::GuestChannel& channel, std::uint32_t thread,
                    const transport::GuestChannel::Record* last);

  SetterRegistry& registry_;
  SetterList* next_ = nullptr;  // guarded by the registry's mutex
  SetterList* previous_ = nullptr;
  Mutex mutex_;
  std::atomic<std::uint32_t> pending_{0};
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
  Setter* setters_ = nullptr;
};

class SetterRegistry {
 public:
  // The object's list, made on its first use; null: no memory.
  SetterList* ListOf(Object& object);
  // Sends everything that is pending anywhere.
  void FlushAll(transport::GuestChannel& channel, std::uint32_t thread);
  bool empty() const { return pending_.load(std::memory_order_acquire) == 0; }

 private:
  friend class SetterList;
  void Remove(SetterList& list);

  Mutex mutex_;
  SetterList* first_ = nullptr;
  std::atomic<std::uint64_t> pending_{0};
};

// What is pending is dropped with its object.
void DropSetters(SetterList* list);

}  // namespace ava::guest
