// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the generated part of a guest library and a spec's guest code may name.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <new>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "ava/guest/api.h"
#include "ava/guest/call.h"
#include "ava/guest/include_scan.h"
#include "ava/guest/object.h"
#include "ava/guest/proofs.h"
#include "ava/guest/session.h"
#include "ava/wire/blob.h"
#include "ava/wire/record.h"

#define AVA_EXPORT __attribute__((visibility("default")))
// A function of the API for code of both sides; on the other one it is the vendor library's.
#define AVA_API(function) (&::function)

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

// The live object whose handle lies in these bytes, which may be something else altogether; null:
// it is. For untyped arguments, in the guest's own conditions.
template <class Handle>
Handle named(const void* bytes, std::size_t size) {
  if (bytes == nullptr || size != sizeof(Handle)) return Handle{};
  Handle handle{};
  std::memcpy(&handle, bytes, sizeof(handle));
  return IsAlive(handle) ? handle : Handle{};
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
// `Kept`: with what the language's own words keep beside it.
template <class Metadata, class Kept = Metadata>
void* MakeMetadata() {
  return static_cast<Metadata*>(new Kept());
}
template <class Metadata, class Kept = Metadata>
void DropMetadata(void* metadata) {
  delete static_cast<Kept*>(static_cast<Metadata*>(metadata));
}
// Null for a dead object.
template <class Metadata>
ProofSet* ProofsWith(const void* handle, std::uint16_t type) {
  const Object* object = g_objects.Find(handle, type);
  if (object == nullptr || object->metadata == nullptr) return nullptr;
  auto* metadata = static_cast<Metadata*>(object->metadata);
  return &static_cast<WithProofs<Metadata>*>(metadata)->ava_proofs;
}

// A live handle's object.
inline Object* AsObject(const void* handle) {
  return static_cast<Object*>(const_cast<void*>(handle));
}
// It is, or was, a handle of ours.
inline bool IsHandle(const void* pointer) { return g_objects.IsSlot(pointer); }
// A proof's word for a value. Of an object its id, since a later one may get a dead one's handle.
template <class T>
std::uint64_t ProofWord(T value) {
  if constexpr (std::is_pointer_v<T> && kTypeOf<T> != 0) {
    const Object* object = g_objects.Find(value, kTypeOf<T>);
    return object == nullptr ? 0 : object->id;
  } else {
    return ToWord(value);
  }
}
// A handle lies in these bytes, of whatever type, dead or alive.
inline bool names_handle(const void* bytes, std::size_t size) {
  void* handle = nullptr;
  if (bytes == nullptr || size != sizeof(handle)) return false;
  std::memcpy(&handle, bytes, sizeof(handle));
  return IsHandle(handle);
}
inline bool IsServers(wire::HandleId id) { return wire::HandleServerMinted(id); }

// It points into memory that the API has allocated and the program names by addresses.
inline bool is_address(const void* pointer) {
  return Session::Current().addresses().Has(pointer, 1);
}

// An allocation at the worker's own address, if it can be: that has to be free here. Where it is
// not, others are tried; large ones lie elsewhere than small ones, as allocators go. Meanwhile the
// first are kept, so that the vendor library gives no address twice. `ask(bytes)` is the call,
// `give_back(pointer)` undoes it.
template <class Ask, class GiveBack>
void* Placed(std::uint64_t bytes, Ask ask, GiveBack give_back) {
  constexpr std::uint64_t kBytesLeast[] = {0, std::uint64_t{1} << 20U, std::uint64_t{1} << 26U};
  std::array<void*, std::size(kBytesLeast)> elsewhere = {};
  Addresses& addresses = Session::Current().addresses();
  std::size_t count = 0;
  void* found = nullptr;
  for (const std::uint64_t least : kBytesLeast) {
    void* const pointer = ask(bytes > least ? bytes : least);
    if (pointer == nullptr) break;
    if (addresses.IsSame(pointer)) {
      found = pointer;
      break;
    }
    elsewhere[count++] = pointer;
    if (!Session::Current().options().addresses) break;
  }
  const std::size_t kept = found == nullptr && count != 0 ? 1 : 0;
  if (kept != 0) found = elsewhere[0];
  for (std::size_t i = kept; i < count; ++i) give_back(elsewhere[i]);
  return found;
}

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

// Changes the number in a value that has been copied to the program.
template <class Change>
void Becomes(const Output* output, std::uint64_t bytes, Change change) {
  if (output == nullptr || bytes > output->bytes) return;
  const auto apply = [&](auto number) {
    std::memcpy(&number, output->destination, sizeof(number));
    number = static_cast<decltype(number)>(change(number));
    std::memcpy(output->destination, &number, sizeof(number));
  };
  if (bytes == sizeof(std::uint64_t)) apply(std::uint64_t{0});
  if (bytes == sizeof(std::uint32_t)) apply(std::uint32_t{0});
}

// In place of a query's size: the guest library asks itself for all that the program's pointers are
// to point to.
inline thread_local std::size_t t_all_contents = 0;

// A query whose value is an array of pointers to the program's memory: asks for the sizes, then for
// all contents one behind the other, and puts them where the pointers that are not NULL say.
template <class Status, class Ask>
Status AnswerPointers(Status success, std::size_t capacity, void* value, std::size_t* size_ret,
                      Ask ask) {
  std::size_t bytes = 0;
  Status status = ask(true, std::size_t{0}, nullptr, &bytes);
  if (status != success) return status;
  std::vector<std::size_t> sizes(bytes / sizeof(std::size_t));
  if (value != nullptr && capacity < bytes) return ask(true, capacity, sizes.data(), nullptr);
  status = ask(true, bytes, sizes.data(), nullptr);
  std::size_t all = 0;
  for (const std::size_t size : sizes) all += size;
  std::vector<std::byte> contents(all);
  if (status == success && value != nullptr && all != 0)
    status = ask(false, all, contents.data(), &t_all_contents);
  if (status != success) return status;
  const std::byte* from = contents.data();
  for (std::size_t i = 0; value != nullptr && i < sizes.size(); from += sizes[i++]) {
    void* const to = static_cast<void* const*>(value)[i];
    if (to != nullptr && sizes[i] != 0) std::memcpy(to, from, sizes[i]);
  }
  if (size_ret != nullptr) *size_ret = bytes;
  return success;
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
// Addresses in an upcall, as the program knows them.
inline std::vector<void*> UpcallAddresses(std::span<const std::byte> record,
                                          const wire::Blob& blob) {
  const auto* data = static_cast<const std::byte*>(UpcallData(record, blob));
  std::vector<void*> pointers(data == nullptr ? 0 : blob.bytes / sizeof(std::uint64_t));
  for (void*& pointer : pointers) {
    std::uint64_t there = 0;
    std::memcpy(&there, data, sizeof(there));
    data += sizeof(there);
    pointer = Session::Current().addresses().Here(there);
  }
  return pointers;
}

}  // namespace ava::guest
