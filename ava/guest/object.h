// SPDX-License-Identifier: Apache-2.0
#pragma once

// The objects that the program holds handles of. A handle IS the address of its slot here, so any
// pointer that the program passes can be judged without following it: range, alignment, then what
// the slot says.
//
//   slots_  +--------+--------+--------+-- --+
//           | Object | Object | (free) | ... |   kHandlesMax x 64 bytes, reserved once, touched as
//           needed
//           +--------+--------+--------+-- --+
//             ^ index 0 is never used: HandleId 0 is NULL
//
// A slot lives as long as the program's references (retain, release) or holds (children, callbacks
// that may still name it) are not 0; docs/wire.md says why the worker counts alike.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/wire/blob.h"

namespace ava::guest {

class AnswerTable;
class SetterList;

inline constexpr std::size_t kParentsMax = 2;

struct alignas(64) Object {
  const void* dispatch;             // First word of every handle: the loader's convention.
  std::atomic<std::uint32_t> type;  // TypeId; 0: free. Written last, so it publishes the rest.
  std::uint32_t generation;
  std::atomic<std::uint64_t> counts;  // low half: the program's references; high half: holds
  wire::HandleId id;                  // while free: index of the next free slot
  void* metadata;
  std::atomic<AnswerTable*> answers;
  std::atomic<SetterList*> setters;
  std::uint32_t parents[kParentsMax];  // slot indices, 0: none

  bool server_minted() const { return wire::HandleServerMinted(id); }
  std::uint32_t references() const {
    return static_cast<std::uint32_t>(counts.load(std::memory_order_relaxed));
  }
};
static_assert(sizeof(Object) == 64);

class ObjectTable {
 public:
  // The live object of this type behind a handle, or null for anything else.
  Object* Find(const void* handle, std::uint16_t type) const {
    if (!IsSlot(handle)) return nullptr;
    auto* object = const_cast<Object*>(static_cast<const Object*>(handle));
    return object->type.load(std::memory_order_acquire) == type ? object : nullptr;
  }
  // An object lives or has lived there.
  bool IsSlot(const void* pointer) const {
    const auto distance = reinterpret_cast<std::uintptr_t>(pointer) -
                          reinterpret_cast<std::uintptr_t>(slots_.load(std::memory_order_relaxed));
    return distance < bytes_used_.load(std::memory_order_acquire) && distance % sizeof(Object) == 0;
  }
  // The live object that the guest minted under this id, or null.
  Object* FindMinted(wire::HandleId id) const;

  // A new object with one reference; null when kHandlesMax are alive.
  Object* Mint(std::uint16_t type);
  // One that the server minted; it is never freed.
  Object* Adopt(wire::HandleId id, std::uint16_t type);

  static void Retain(Object& object) { object.counts.fetch_add(1, std::memory_order_relaxed); }
  void Release(Object& object) { Drop(object, 1); }
  static void Hold(Object& object) { object.counts.fetch_add(kHold, std::memory_order_relaxed); }
  void Unhold(Object& object) { Drop(object, kHold); }
  // `child` keeps `parent` alive. At most kParentsMax parents; more is a bug of the spec's.
  void AddParent(Object& child, Object& parent);

  // In a forked child: every handle is dead, and no slot that the parent used is used again, so
  // that a handle from before the fork cannot come to mean something else.
  void ResetAfterFork();

 private:
  static constexpr std::uint64_t kHold = std::uint64_t{1} << 32;

  Object* TakeSlot();
  Object* PopFree();
  bool Reserve();
  void Fill(Object& object, std::uint16_t type, wire::HandleId id);
  void Drop(Object& object, std::uint64_t amount);
  void FreeSlot(Object& object);
  std::uint32_t IndexOf(const Object& object) const {
    return static_cast<std::uint32_t>(&object - slots_.load(std::memory_order_relaxed));
  }

  std::atomic<Object*> slots_{nullptr};
  std::atomic<std::uint64_t> bytes_used_{0};
  // Index of the first free slot, and a count of changes in the high half against ABA.
  std::atomic<std::uint64_t> free_{0};
};

// Handles belong to the process, not to a session: what outlives a session must stay recognisable.
extern constinit ObjectTable g_objects;

}  // namespace ava::guest
