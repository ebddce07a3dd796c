// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/object.h"

#include <sys/mman.h>

#include "ava/base/check.h"
#include "ava/guest/answers.h"
#include "ava/guest/api.h"
#include "ava/guest/session.h"
#include "ava/guest/setters.h"

namespace ava::guest {
namespace {

constexpr std::uint64_t kTableBytes = std::uint64_t{wire::kHandlesMax} * sizeof(Object);

}  // namespace

constinit ObjectTable g_objects;

bool ObjectTable::Reserve() {
  if (slots_.load(std::memory_order_acquire) != nullptr) return true;
  void* memory = mmap(nullptr, kTableBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return false;
  Object* expected = nullptr;
  if (!slots_.compare_exchange_strong(expected, static_cast<Object*>(memory),
                                      std::memory_order_acq_rel)) {
    munmap(memory, kTableBytes);
    return true;
  }
  std::uint64_t none = 0;  // Slot 0 is never used.
  bytes_used_.compare_exchange_strong(none, sizeof(Object), std::memory_order_acq_rel);
  return true;
}

Object* ObjectTable::PopFree() {
  std::uint64_t head = free_.load(std::memory_order_acquire);
  while (static_cast<std::uint32_t>(head) != 0) {
    Object& first = slots_.load(std::memory_order_relaxed)[static_cast<std::uint32_t>(head)];
    // Another thread may have taken it already; then this is garbage, and the exchange fails.
    const std::uint64_t next =
        std::atomic_ref<wire::HandleId>(first.id).load(std::memory_order_relaxed);
    const std::uint64_t after = ((head >> 32) + 1) << 32 | static_cast<std::uint32_t>(next);
    if (free_.compare_exchange_weak(head, after, std::memory_order_acq_rel)) return &first;
  }
  return nullptr;
}

Object* ObjectTable::TakeSlot() {
  if (Object* object = PopFree(); object != nullptr) return object;
  if (!Reserve()) return nullptr;
  while (bytes_used_.load(std::memory_order_acquire) == 0) {
    // Another thread is about to reserve slot 0.
  }
  std::uint64_t used = bytes_used_.load(std::memory_order_relaxed);
  do {
    if (used >= kTableBytes) return nullptr;
  } while (
      !bytes_used_.compare_exchange_weak(used, used + sizeof(Object), std::memory_order_acq_rel));
  return slots_.load(std::memory_order_relaxed) + used / sizeof(Object);
}

void ObjectTable::Fill(Object& object, std::uint16_t type, wire::HandleId id) {
  const TypeInfo& info = kApi.types[type];
  object.dispatch = kApi.dispatch;
  std::atomic_ref<wire::HandleId>(object.id).store(id, std::memory_order_relaxed);
  object.metadata = info.make_metadata == nullptr ? nullptr : info.make_metadata();
  object.answers.store(nullptr, std::memory_order_relaxed);
  object.setters.store(nullptr, std::memory_order_relaxed);
  for (std::uint32_t& parent : object.parents) parent = 0;
  object.counts.store(1, std::memory_order_relaxed);
  object.type.store(type, std::memory_order_release);
}

Object* ObjectTable::Mint(std::uint16_t type) {
  Object* object = TakeSlot();
  if (object == nullptr) return nullptr;
  if (++object->generation == 0) object->generation = 1;
  Fill(*object, type, wire::MakeHandleId(IndexOf(*object), object->generation, false));
  return object;
}

Object* ObjectTable::Adopt(wire::HandleId id, std::uint16_t type) {
  Object* object = TakeSlot();
  if (object != nullptr) Fill(*object, type, id);
  return object;
}

Object* ObjectTable::FindMinted(wire::HandleId id) const {
  const std::uint64_t place = std::uint64_t{wire::HandleIndex(id)} * sizeof(Object);
  if (place == 0 || place >= bytes_used_.load(std::memory_order_acquire)) return nullptr;
  Object& object = slots_.load(std::memory_order_relaxed)[wire::HandleIndex(id)];
  const bool alive = object.type.load(std::memory_order_acquire) != 0;
  return alive && std::atomic_ref<wire::HandleId>(object.id).load(std::memory_order_relaxed) == id
             ? &object
             : nullptr;
}

void ObjectTable::AddParent(Object& child, Object& parent) {
  if (parent.server_minted() || child.server_minted()) return;
  for (std::uint32_t& place : child.parents) {
    if (place != 0) continue;
    Hold(parent);
    place = IndexOf(parent);
    return;
  }
  const bool has_room_for_parent = false;
  AVA_CHECK(has_room_for_parent);
}

void ObjectTable::Drop(Object& object, std::uint64_t amount) {
  if (object.counts.fetch_sub(amount, std::memory_order_acq_rel) == amount) FreeSlot(object);
}

void ObjectTable::FreeSlot(Object& object) {
  const std::uint32_t type = object.type.exchange(0, std::memory_order_acq_rel);
  if (kApi.types[type].may_share) Session::GiveBackSharedMemory(object.id);
  if (object.metadata != nullptr) kApi.types[type].drop_metadata(object.metadata);
  delete object.answers.load(std::memory_order_relaxed);
  DropSetters(object.setters.load(std::memory_order_relaxed));
  Object* slots = slots_.load(std::memory_order_relaxed);
  Object* parents[kParentsMax] = {};
  for (std::size_t i = 0; i < kParentsMax; ++i) {
    if (object.parents[i] != 0) parents[i] = &slots[object.parents[i]];
  }
  std::uint64_t head = free_.load(std::memory_order_relaxed);
  do {
    std::atomic_ref<wire::HandleId>(object.id).store(static_cast<std::uint32_t>(head),
                                                     std::memory_order_relaxed);
  } while (!free_.compare_exchange_weak(head, ((head >> 32) + 1) << 32 | IndexOf(object),
                                        std::memory_order_acq_rel));
  for (Object* parent : parents) {
    if (parent != nullptr) Unhold(*parent);
  }
}

void ObjectTable::ResetAfterFork() {
  const std::uint64_t slots = bytes_used_.load(std::memory_order_relaxed) / sizeof(Object);
  for (std::uint64_t i = 1; i < slots; ++i) {
    slots_.load(std::memory_order_relaxed)[i].type.store(0, std::memory_order_relaxed);
  }
  free_.store(0, std::memory_order_relaxed);
}

}  // namespace ava::guest
