// SPDX-License-Identifier: Apache-2.0
#pragma once

// The session's memory, mapped into this process; pointers to the parts of ava/wire/abi.h's layout.
// Used by both sides.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "ava/wire/abi.h"

namespace ava::transport {

// One ring of the mapping, with what tells its records from pads.
struct RingMemory {
  wire::RingControl* control = nullptr;
  std::byte* data = nullptr;
  std::uint32_t bytes = 0;  // a power of two
  std::uint32_t pad_tag = 0;
  std::uint32_t record_bytes_max = 0;
};

class SessionMapping {
 public:
  SessionMapping() = default;
  SessionMapping(SessionMapping&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        owned_(std::exchange(other.owned_, false)) {}
  SessionMapping& operator=(SessionMapping&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~SessionMapping() { Unmap(); }

  // Maps the memfd `fd` after it has been checked: seals, size, header. Null, or what is wrong with
  // it; `error` is set to an errno when a system call is to blame.
  const char* Map(int fd, int& error);
  // A second owner of what another object has mapped and keeps mapped: both ends in one process,
  // for ThreadSanitizer.
  static SessionMapping Borrow(const SessionMapping& other);

  void Unmap();
  // In a forked child: everything but the arena goes, since the program may hold pointers into
  // that.
  void UnmapAllButArena();
  // Other threads may still be inside a call: the memory becomes private and empty instead of going
  // away.
  void ReplaceByPrivateMemory();

  explicit operator bool() const { return base_ != nullptr; }
  const wire::SessionHeader& header() const {
    return *At<wire::SessionHeader>(wire::kHeaderOffset);
  }
  wire::SessionControl& control() const { return *At<wire::SessionControl>(wire::kControlOffset); }
  wire::ReplySlot* slots() const { return At<wire::ReplySlot>(wire::kSlotsOffset); }
  wire::StatisticsRow* statistics() const {
    return At<wire::StatisticsRow>(wire::kStatisticsOffset);
  }
  RingMemory command_ring() const;
  RingMemory upcall_ring() const;
  std::byte* arena() const { return base_ + wire::kArenaOffset; }
  std::uint64_t arena_bytes() const { return bytes_ - wire::kArenaOffset; }

 private:
  template <class T>
  T* At(std::uint64_t offset) const {
    return reinterpret_cast<T*>(base_ + offset);
  }

  std::byte* base_ = nullptr;
  std::uint64_t bytes_ = 0;
  bool owned_ = false;
};

}  // namespace ava::transport
