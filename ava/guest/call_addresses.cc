// SPDX-License-Identifier: Apache-2.0

#include <cstring>

#include "ava/guest/call.h"
#include "ava/guest/session.h"

// Addresses that a call names, what it allocates and frees, and what it shows of that memory.

namespace ava::guest {
namespace {

const void* ElementOf(const void* pointers, std::uint64_t index) {
  const void* pointer = nullptr;
  std::memcpy(&pointer, static_cast<const std::byte*>(pointers) + index * sizeof(pointer),
              sizeof(pointer));
  return pointer;
}

}  // namespace

bool Call::Address(const void* pointer, std::uint64_t bytes, std::uint64_t& there) {
  if (pointer == nullptr) return true;
  there = session_.addresses().There(pointer, bytes);
  return there != 0;
}

bool Call::FreeAddress(const void* pointer, std::uint64_t& there) {
  if (pointer == nullptr) return true;
  there = session_.addresses().Claim(pointer);
  if (there == 0) return false;
  freeing_.push_back(pointer);
  dirty_ = true;
  return true;
}

template <class One>
bool Call::EachAddress(const void* pointers, std::uint64_t count, wire::Blob& blob, One one) {
  if (pointers == nullptr) return true;
  std::byte* room = Room(count * sizeof(std::uint64_t), blob);
  if (room == nullptr) return true;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t there = 0;
    if (!one(ElementOf(pointers, i), there)) return false;
    std::memcpy(room + i * sizeof(there), &there, sizeof(there));
  }
  return true;
}

bool Call::Addresses(const void* pointers, std::uint64_t count, wire::Blob& blob) {
  return EachAddress(pointers, count, blob, [this](const void* pointer, std::uint64_t& there) {
    return Address(pointer, 1, there);
  });
}

bool Call::FreeAddresses(const void* pointers, std::uint64_t count, wire::Blob& blob) {
  return EachAddress(pointers, count, blob, [this](const void* pointer, std::uint64_t& there) {
    return FreeAddress(pointer, there);
  });
}

bool Call::OrAddress(const void* pointer, std::uint64_t bytes, wire::Blob& blob) {
  const std::uint64_t there = session_.addresses().There(pointer, 1);
  if (there == 0) return false;
  blob = {.place = static_cast<std::uint32_t>(wire::Place::kAddress),
          .segment = 0,
          .offset = there,
          .bytes = bytes};
  return true;
}

void* Call::Allocated(std::uint64_t bytes) {
  if (reply_.result == 0) return nullptr;
  return session_.addresses().Place(reply_.result, bytes, session_.options().addresses);
}

void Call::Mapped(const void* pointer, std::uint64_t bytes, bool writes) {
  if (pointer != nullptr) session_.addresses().AddView(pointer, bytes, writes);
}

void Call::TakeBack(const void* pointer, wire::Blob& contents) {
  view_ = session_.addresses().ClaimView(pointer);
  if (view_.id == 0) return;
  dirty_ = true;
  // Before the contents are there the program has not written.
  if (view_.writes && !session_.deliveries().IsPendingTo(pointer, view_.bytes))
    In(pointer, view_.bytes, contents);
}

// What is still to come to these bytes comes too late.
void Call::Forget(const void* pointer, std::uint64_t bytes) {
  if (session_.channel() != nullptr)
    session_.deliveries().ForgetTo(pointer, bytes, *session_.channel());
}

void Call::FinishAddresses(bool success) {
  if (view_.id != 0 && success) {
    session_.addresses().RemoveView(view_.id);
    Forget(reinterpret_cast<const void*>(view_.begin), view_.bytes);
  } else if (view_.id != 0) {
    session_.addresses().PutBackView(view_.id);
  }
  view_ = {};
  // Without a worker nobody else frees it.
  for (const void* pointer : freeing_) {
    guest::Addresses::Range removed;
    if (!success && !session_.lost()) {
      session_.addresses().PutBack(pointer);
    } else if (session_.addresses().Remove(pointer, removed)) {
      Forget(pointer, removed.bytes);
      session_.addresses().Unmap(removed);
    }
  }
  freeing_.clear();
}

}  // namespace ava::guest
