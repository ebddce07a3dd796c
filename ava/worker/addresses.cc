// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/addresses.h"

#include <cstring>
#include <mutex>
#include <utility>

#include "ava/worker/limits.h"

namespace ava::worker {
namespace {

std::uintptr_t Word(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

}  // namespace

bool Addresses::Add(const void* base, std::uint64_t bytes) {
  const std::unique_lock lock(mutex_);
  if (ranges_.size() == kAddressesMax) return false;
  ranges_.insert_or_assign(Word(base), Range{.bytes = bytes, .charges = {}});
  return true;
}

bool Addresses::HasLocked(const void* pointer, std::uint64_t bytes) const {
  const auto behind = ranges_.upper_bound(Word(pointer));
  if (behind == ranges_.begin()) return false;
  const auto& [base, range] = *std::prev(behind);
  const std::uintptr_t offset = Word(pointer) - base;
  return offset < range.bytes && bytes <= range.bytes - offset;
}

bool Addresses::Has(const void* pointer, std::uint64_t bytes) const {
  const std::shared_lock lock(mutex_);
  return HasLocked(pointer, bytes);
}

bool Addresses::IsBase(const void* pointer) const {
  const std::shared_lock lock(mutex_);
  return ranges_.contains(Word(pointer));
}

Addresses::Range Addresses::Remove(const void* base) {
  const std::unique_lock lock(mutex_);
  auto node = ranges_.extract(Word(base));
  return node.empty() ? Range{} : std::move(node.mapped());
}

void Addresses::PutBack(const void* base, Range range) {
  const std::unique_lock lock(mutex_);
  ranges_.insert_or_assign(Word(base), std::move(range));
}

void Addresses::AddCharge(const void* base, Charge charge) {
  const std::unique_lock lock(mutex_);
  const auto found = ranges_.find(Word(base));
  if (found != ranges_.end()) found->second.charges.push_back(charge);
}

std::size_t Addresses::size() const {
  const std::shared_lock lock(mutex_);
  return ranges_.size();
}

bool Addresses::Read(const void* from, std::span<std::byte> to) const {
  const std::shared_lock lock(mutex_);
  if (!HasLocked(from, to.size())) return false;
  std::memcpy(to.data(), from, to.size());
  return true;
}

bool Addresses::Write(void* to, std::span<const std::byte> from) const {
  const std::shared_lock lock(mutex_);
  if (!HasLocked(to, from.size())) return false;
  std::memcpy(to, from.data(), from.size());
  return true;
}

}  // namespace ava::worker
