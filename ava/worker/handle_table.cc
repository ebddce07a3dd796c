// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/handle_table.h"

#include <utility>

namespace ava::worker {

// `id`, `type` and `vendor` are read without the lock; all else is the lock's.
struct HandleTable::Entry {
  std::atomic<HandleId> id{0};         // 0: free
  std::atomic<void*> vendor{nullptr};  // null: dead
  std::atomic<TypeId> type{0};
  std::int32_t error = 0;
  std::uint32_t references = 0;
  std::uint32_t holds = 0;
  std::uint32_t watches = 0;  // of the holds
  std::vector<HandleId> parents;
  std::vector<Charge> charges;
  std::shared_ptr<void> metadata;
};

struct HandleTable::Chunk {
  std::array<Entry, kChunk> entries;
};

std::size_t HandleTable::KeyHash::operator()(const Key& key) const {
  return (reinterpret_cast<std::uintptr_t>(key.vendor) >> 4U) * 0x9e3779b97f4a7c15U + key.type;
}

HandleTable::HandleTable(OnRelease on_release) : on_release_(std::move(on_release)) {}

HandleTable::~HandleTable() {
  for (auto& chunk : guest_) delete chunk.load(std::memory_order_relaxed);
  for (auto& chunk : server_) delete chunk.load(std::memory_order_relaxed);
}

HandleTable::Entry* HandleTable::At(HandleId id) const {
  const std::uint32_t index = wire::HandleIndex(id);
  const bool server = wire::HandleServerMinted(id);
  if (index >= (server ? kServerMintedMax : wire::kHandlesMax)) return nullptr;
  const ChunkPointer& pointer = server ? server_[index / kChunk] : guest_[index / kChunk];
  Chunk* chunk = pointer.load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : &chunk->entries[index % kChunk];
}

HandleTable::Entry* HandleTable::Known(HandleId id) const {
  Entry* entry = id == 0 ? nullptr : At(id);
  return entry != nullptr && entry->id.load(std::memory_order_acquire) == id ? entry : nullptr;
}

HandleTable::Entry& HandleTable::Make(HandleId id) {
  const std::uint32_t index = wire::HandleIndex(id);
  ChunkPointer& pointer =
      wire::HandleServerMinted(id) ? server_[index / kChunk] : guest_[index / kChunk];
  if (pointer.load(std::memory_order_relaxed) == nullptr)
    pointer.store(new Chunk, std::memory_order_release);
  return pointer.load(std::memory_order_relaxed)->entries[index % kChunk];
}

void* HandleTable::Find(HandleId id, TypeId type) const {
  const Entry* entry = Known(id);
  if (entry == nullptr || entry->type.load(std::memory_order_relaxed) != type) return nullptr;
  return entry->vendor.load(std::memory_order_acquire);
}

bool HandleTable::CanMint(HandleId id) const {
  if (wire::HandleServerMinted(id) || wire::HandleGeneration(id) == 0) return false;
  if (wire::HandleIndex(id) >= wire::kHandlesMax) return false;
  const Entry* entry = At(id);
  return entry == nullptr || entry->id.load(std::memory_order_acquire) == 0;
}

void HandleTable::Occupy(Entry& entry, HandleId id, TypeId type, void* vendor) {
  entry.type.store(type, std::memory_order_relaxed);
  entry.references = 1;
  entry.holds = 0;
  entry.watches = 0;
  entry.error = 0;
  entry.vendor.store(vendor, std::memory_order_release);
  entry.id.store(id, std::memory_order_release);
  ++size_;
  if (vendor == nullptr) return;
  const auto [place, inserted] = by_vendor_.try_emplace(Key{vendor, type}, id);
  if (inserted) return;
  // The vendor library has used the address again: what we knew there has died without our seeing
  // it.
  if (Entry* stale = Known(place->second)) stale->vendor.store(nullptr, std::memory_order_release);
  place->second = id;
}

bool HandleTable::Bind(HandleId id, TypeId type, void* vendor) {
  const std::scoped_lock lock(mutex_);
  if (!CanMint(id)) return false;
  Occupy(Make(id), id, type, vendor);
  return true;
}

bool HandleTable::Kill(HandleId id, TypeId type, std::int32_t error) {
  const std::scoped_lock lock(mutex_);
  if (!CanMint(id)) return false;
  Entry& entry = Make(id);
  Occupy(entry, id, type, nullptr);
  entry.error = error;
  return true;
}

HandleId HandleTable::Existing(TypeId type, void* vendor) {
  if (vendor == nullptr) return 0;
  const std::scoped_lock lock(mutex_);
  if (const auto found = by_vendor_.find(Key{vendor, type}); found != by_vendor_.end())
    return found->second;
  if (server_minted_ == kServerMintedMax) return 0;
  const HandleId id = wire::MakeHandleId(server_minted_++, 1, true);
  Occupy(Make(id), id, type, vendor);
  return id;
}

HandleId HandleTable::IdOf(TypeId type, void* vendor) const {
  const std::scoped_lock lock(mutex_);
  const auto found = by_vendor_.find(Key{vendor, type});
  return found == by_vendor_.end() ? 0 : found->second;
}

bool HandleTable::Retain(HandleId id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = Known(id);
  if (entry == nullptr || entry->references >= kReferencesMax) return false;
  ++entry->references;
  return true;
}

bool HandleTable::CanRelease(HandleId id, TypeId type) const {
  const std::scoped_lock lock(mutex_);
  const Entry* entry = Known(id);
  return entry != nullptr && entry->type.load(std::memory_order_relaxed) == type &&
         entry->references > 0;
}

bool HandleTable::Release(HandleId id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = Known(id);
  if (entry == nullptr || entry->references == 0) return false;
  // The first reference to a server-minted object is the session's own.
  if (wire::HandleServerMinted(id) && entry->references == 1) return true;
  --entry->references;
  Collect(id);
  return true;
}

bool HandleTable::Is(HandleId id, TypeId type) const {
  const Entry* entry = Known(id);
  return entry != nullptr && entry->type.load(std::memory_order_relaxed) == type;
}

void HandleTable::Hold(HandleId id) {
  const std::scoped_lock lock(mutex_);
  if (Entry* entry = Known(id)) ++entry->holds;
}

void HandleTable::Unhold(HandleId id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = Known(id);
  if (entry == nullptr || entry->holds == 0) return;
  --entry->holds;
  Collect(id);
}

void HandleTable::Watch(HandleId id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = Known(id);
  if (entry == nullptr) return;
  ++entry->holds;
  ++entry->watches;
}

void HandleTable::Unwatch(HandleId id) {
  const std::scoped_lock lock(mutex_);
  Entry* entry = Known(id);
  if (entry == nullptr || entry->watches == 0) return;
  --entry->holds;
  --entry->watches;
  Collect(id);
}

bool HandleTable::AddParent(HandleId child, HandleId parent) {
  const std::scoped_lock lock(mutex_);
  Entry* younger = Known(child);
  Entry* elder = Known(parent);
  if (younger == nullptr || elder == nullptr || younger == elder) return true;
  if (younger->parents.size() == kParentsMax) return false;
  younger->parents.push_back(parent);
  ++elder->holds;
  return true;
}

void HandleTable::AddCharge(HandleId owner, Charge charge) {
  const std::scoped_lock lock(mutex_);
  if (Entry* entry = Known(owner)) {
    entry->charges.push_back(charge);
  } else {
    on_release_(charge);
  }
}

std::shared_ptr<void> HandleTable::Metadata(TypeId type, void* vendor,
                                            std::shared_ptr<void> (*make)()) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_vendor_.find(Key{vendor, type});
  Entry* entry = found == by_vendor_.end() ? nullptr : Known(found->second);
  if (entry == nullptr) return nullptr;
  if (entry->metadata == nullptr) entry->metadata = make();
  return entry->metadata;
}

void HandleTable::Collect(HandleId id) {
  std::vector<HandleId> waiting{id};
  while (!waiting.empty()) {
    const HandleId one = waiting.back();
    waiting.pop_back();
    Entry* entry = Known(one);
    if (entry == nullptr || entry->references != 0 || entry->holds != entry->watches) continue;
    if (entry->holds == 0) {
      Drop(*entry, waiting);
    } else {
      ForgetVendor(*entry, one);
    }
  }
}

void HandleTable::ForgetVendor(Entry& entry, HandleId id) {
  void* vendor = entry.vendor.exchange(nullptr, std::memory_order_acq_rel);
  const auto found = by_vendor_.find(Key{vendor, entry.type.load(std::memory_order_relaxed)});
  if (found != by_vendor_.end() && found->second == id) by_vendor_.erase(found);
}

void HandleTable::Drop(Entry& entry, std::vector<HandleId>& orphans) {
  const HandleId id = entry.id.exchange(0, std::memory_order_acq_rel);
  ForgetVendor(entry, id);
  for (const HandleId parent : std::exchange(entry.parents, {})) {
    if (Entry* elder = Known(parent)) --elder->holds;
    orphans.push_back(parent);
  }
  for (const Charge& charge : std::exchange(entry.charges, {})) on_release_(charge);
  entry.metadata.reset();
  --size_;
}

std::size_t HandleTable::size() const {
  const std::scoped_lock lock(mutex_);
  return size_;
}

}  // namespace ava::worker
