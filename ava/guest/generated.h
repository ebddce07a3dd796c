// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the generated part of a guest library and a spec's guest code may name.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "ava/guest/api.h"
#include "ava/guest/call.h"
#include "ava/guest/include_scan.h"
#include "ava/guest/object.h"
#include "ava/guest/session.h"
#include "ava/wire/blob.h"
#include "ava/wire/record.h"

#define AVA_EXPORT __attribute__((visibility("default")))

namespace ava::guest {

// TypeId of a C handle type; specialised by generated code.
template <class Handle>
inline constexpr std::uint16_t kTypeOf = 0;

// True when `handle` names a live object of its type; any pointer may be asked.
template <class Handle>
bool IsAlive(Handle handle) {
  static_assert(kTypeOf<Handle> != 0, "not a type of handle of this API");
  return g_objects.Find(handle, kTypeOf<Handle>) != nullptr;
}

// What the spec keeps with a live object. A dead one has a scratch structure, so that an expression
// which is evaluated in vain does no harm.
template <class Metadata>
Metadata* MetadataOf(const void* handle, std::uint16_t type) {
  const Object* object = g_objects.Find(handle, type);
  if (object != nullptr && object->metadata != nullptr)
    return static_cast<Metadata*>(object->metadata);
  alignas(Metadata) static thread_local std::array<std::byte, sizeof(Metadata)> storage;
  return new (storage.data()) Metadata();
}
template <class Metadata>
void* MakeMetadata() {
  return new Metadata();
}
template <class Metadata>
void DropMetadata(void* metadata) {
  delete static_cast<Metadata*>(metadata);
}

// A live handle's object.
inline Object* AsObject(const void* handle) {
  return static_cast<Object*>(const_cast<void*>(handle));
}
// It is, or was, a handle of ours.
inline bool IsHandle(const void* pointer) { return g_objects.IsSlot(pointer); }
inline bool IsServers(wire::HandleId id) { return wire::HandleServerMinted(id); }

// A plain value out of a reply or an upcall.
template <class Value>
Value FromResult(std::uint64_t result) {
  if constexpr (std::is_floating_point_v<Value> || std::is_pointer_v<Value>) {
    return FromWord<Value>(result);
  } else {
    return static_cast<Value>(result);
  }
}

// count * size, or more than any call may carry.
inline std::uint64_t Bytes(std::uint64_t count, std::uint64_t size) {
  return count > kRectBytesMax / size ? kRectBytesMax : count * size;
}
// Programs may ask for as much as there is with a count that no memory has behind it. More than
// this is never given, so it is not asked for.
inline constexpr std::uint64_t kValueBytesMax = std::uint64_t{256} << 20U;
inline constexpr std::uint64_t kEntriesMax = std::uint64_t{1} << 16U;
template <class Count>
Count AtMost(Count count, std::uint64_t most) {
  return count > most ? static_cast<Count>(most) : count;
}
// Elements of an array of pointers or handles, the ending NULL included.
template <class Element>
std::uint64_t CountToNull(const Element* elements) {
  std::uint64_t count = 0;
  if (elements == nullptr) return 0;
  while (elements[count] != nullptr) ++count;
  return count + 1;
}

// The key under which a setter is kept.
template <class... Words>
std::uint64_t KeyOf(std::uint64_t first, Words... more) {
  ((first = (first ^ more) * 0x9e3779b97f4a7c15U), ...);
  return first;
}
inline std::uint64_t KeyOf() { return 0; }

// Copies a callback's argument structure out of an upcall; false: the record is too short for it.
template <class Arguments>
bool ReadUpcall(std::span<const std::byte> record, Arguments& arguments) {
  if (record.size() < sizeof(wire::UpcallHeader) + sizeof(arguments)) return false;
  std::memcpy(&arguments, record.data() + sizeof(wire::UpcallHeader), sizeof(arguments));
  return true;
}
// Data of an upcall; null for NULL and for what does not lie inside the record.
inline const void* UpcallData(std::span<const std::byte> record, const wire::Blob& blob) {
  if (blob.place != static_cast<std::uint32_t>(wire::Place::kRecord)) return nullptr;
  if (blob.offset > record.size() || blob.bytes > record.size() - blob.offset) return nullptr;
  return record.data() + blob.offset;
}

}  // namespace ava::guest
