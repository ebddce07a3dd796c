// SPDX-License-Identifier: Apache-2.0

// Call: memory that is named by addresses.

#include <algorithm>
#include <utility>

#include "ava/base/format.h"
#include "ava/worker/call.h"

namespace ava::worker {
namespace {

void* Pointer(std::uint64_t address) { return reinterpret_cast<void*>(address); }

// More than there can be, when it comes to less than nothing.
std::uint64_t Size(Wide bytes) {
  return bytes < 0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(bytes);
}

}  // namespace

// A guest library asks its own table first; what lived there may have gone since.
void* Call::Address(std::uint64_t address, Wide bytes, std::int64_t invalid) {
  if (!ok() || address == 0) return nullptr;
  if (session_.addresses.Has(Pointer(address), Size(bytes))) return Pointer(address);
  Refuse(invalid);
  return nullptr;
}

void* Call::FreeAddress(std::uint64_t address, std::int64_t invalid) {
  if (!ok() || address == 0) return nullptr;
  if (!session_.addresses.Has(Pointer(address), 1)) {
    Refuse(invalid);
    return nullptr;
  }
  frees_.push_back({.base = Pointer(address), .range = {}});
  return Pointer(address);
}

template <class One>
void** Call::EachAddress(const Blob& blob, const char* name, Wide count, One one) {
  const auto* addresses = In<std::uint64_t>(blob, name, count, Data::kInterpreted);
  if (addresses == nullptr) return nullptr;
  const auto all = static_cast<std::size_t>(count);
  void** pointers = ScratchFor<void*>(all);
  for (std::size_t i = 0; i < all && ok(); ++i) pointers[i] = one(addresses[i]);
  return pointers;
}

void** Call::Addresses(const Blob& blob, const char* name, Wide count, std::int64_t invalid) {
  return EachAddress(blob, name, count,
                     [&](std::uint64_t address) { return Address(address, 1, invalid); });
}

void** Call::FreeAddresses(const Blob& blob, const char* name, Wide count, std::int64_t invalid) {
  return EachAddress(blob, name, count,
                     [&](std::uint64_t address) { return FreeAddress(address, invalid); });
}

std::byte* Call::AddressOf(const Blob& blob, Wide bytes, std::int64_t invalid) {
  return static_cast<std::byte*>(Address(blob.offset, bytes, invalid));
}

void Call::FreesNow() {
  freed_ = true;
  for (Freed& freed : frees_) {
    if (!session_.addresses.IsBase(freed.base)) {
      Violate("frees", fmt::format("no allocation begins at {}", freed.base));
      continue;
    }
    freed.range = session_.addresses.Remove(freed.base);
  }
}

// After the vendor call: what it refused to free lives on.
void Call::FinishFrees() {
  if (!freed_) return;
  for (Freed& freed : frees_) {
    if (!succeeded()) {
      session_.addresses.PutBack(freed.base, std::move(freed.range));
      continue;
    }
    for (const Charge& charge : freed.range.charges)
      session_.router.Release(charge.resource, charge.amount);
  }
}

void Call::Allocated(const void* base, std::uint64_t wanted, Wide bytes) {
  if (!session_.addresses.Add(base, std::min(wanted, Size(bytes))))
    Violate("result", fmt::format("more than {} allocations", kAddressesMax));
}

void Call::Brings(const void* from, const Blob& contents, const char* name, Wide bytes) {
  if (contents.place == static_cast<std::uint32_t>(wire::Place::kNull)) return;
  std::byte* to = OutPlace(contents, name, bytes, Data::kUntil);
  if (to == nullptr || from == nullptr) return;
  brought_ = {.from = from, .to = {to, static_cast<std::size_t>(contents.bytes)}};
  if (!blocks_) Item().contents = brought_;
}

void Call::Bring() {
  if (blocks_ && !brought_.to.empty()) (void)session_.addresses.Read(brought_.from, brought_.to);
}

void Call::TakesBack(void* to, const Blob& contents, const char* name) {
  const std::byte* from = InBytes(contents, name, contents.bytes, Data::kPlain);
  if (from == nullptr || !ok()) return;
  if (!session_.addresses.Write(to, {from, static_cast<std::size_t>(contents.bytes)}))
    Violate(name, "contents of what does not live");
}

void Call::Account(std::uint16_t resource, Wide amount, const void* owner) {
  const std::uint64_t counted = Count(resource, amount);
  session_.addresses.AddCharge(owner, {.resource = resource, .amount = counted});
}

}  // namespace ava::worker
