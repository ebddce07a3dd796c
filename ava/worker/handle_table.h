// SPDX-License-Identifier: Apache-2.0
#pragma once

// The objects of one session: from the ids that travel to the vendor library's pointers, and back.
//
//   guest-minted    Bind when the call that creates it was made, Kill when that call failed and
//   nobody waited for it server-minted   Existing, the first time that the vendor library shows an
//   object the guest did not create;
//                   stays for the session's life, as retain and release of a root device do nothing
//
// An entry counts what the program holds (references) and what others need to name it still (holds:
// children, callbacks). It is gone when both are 0; the guest counts alike, and only then mints its
// index anew. A callback that may always come again (watches) keeps the name, but not the vendor
// library's object: that is not to be used when nothing else holds it. Find takes no lock: entries
// never move, and an id is written last and cleared first.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ava/wire/blob.h"
#include "ava/worker/limits.h"

namespace ava::worker {

using TypeId = std::uint16_t;
using wire::HandleId;

// What the owner of a resource gives back when it dies.
struct Charge {
  std::uint16_t resource = 0;
  std::uint64_t amount = 0;
  bool until_end = false;  // the vendor library says when it is given back: end_charges.h
};

class HandleTable {
 public:
  using OnRelease = std::function<void(const Charge&)>;
  // `on_release` is called with the table locked.
  explicit HandleTable(OnRelease on_release);
  ~HandleTable();
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  // The vendor library's pointer; NULL when the id names nothing alive of this type. Any thread.
  void* Find(HandleId id, TypeId type) const;

  // False: no honest guest mints this id now (malformed, or in use).
  bool CanMint(HandleId id) const;
  bool Bind(HandleId id, TypeId type, void* vendor);
  // The id is dead with `error` until the program has given back its reference to it.
  bool Kill(HandleId id, TypeId type, std::int32_t error);

  // The id of an object that the vendor library shows; minted when it is unknown. 0: too many.
  HandleId Existing(TypeId type, void* vendor);
  // The id of a known object, or 0.
  HandleId IdOf(TypeId type, void* vendor) const;

  // The program's references. Release is false when the program holds none.
  bool Retain(HandleId id);
  bool CanRelease(HandleId id, TypeId type) const;
  bool Release(HandleId id);
  // An entry of this type, alive or dead.
  bool Is(HandleId id, TypeId type) const;

  void Hold(HandleId id);
  void Unhold(HandleId id);
  void Watch(HandleId id);
  void Unwatch(HandleId id);
  // `child` keeps `parent` known. False: too many edges.
  bool AddParent(HandleId child, HandleId parent);
  void AddCharge(HandleId owner, Charge charge);

  // What the spec keeps with an object; made by `make` when it is first asked for. NULL for an
  // unknown object.
  std::shared_ptr<void> Metadata(TypeId type, void* vendor, std::shared_ptr<void> (*make)());

  std::size_t size() const;  // entries, dead ones included

 private:
  struct Entry;
  static constexpr std::uint32_t kChunk = 1024;
  struct Chunk;
  using ChunkPointer = std::atomic<Chunk*>;
  struct Key {
    const void* vendor;
    TypeId type;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };

  Entry* At(HandleId id) const;     // the place of an id, or NULL when there is none yet
  Entry* Known(HandleId id) const;  // its entry, if the id is the entry's
  Entry& Make(HandleId id);         // the place of an id, made if need be
  void Occupy(Entry& entry, HandleId id, TypeId type, void* vendor);
  void Collect(HandleId id);  // drops the entry and what only it kept, if nothing needs it
  void ForgetVendor(Entry& entry, HandleId id);
  void Drop(Entry& entry, std::vector<HandleId>& orphans);

  const OnRelease on_release_;
  mutable std::mutex mutex_;
  std::array<ChunkPointer, wire::kHandlesMax / kChunk> guest_{};
  std::array<ChunkPointer, kServerMintedMax / kChunk> server_{};
  std::uint32_t server_minted_ = 0;
  std::size_t size_ = 0;
  std::unordered_map<Key, HandleId, KeyHash> by_vendor_;
};

}  // namespace ava::worker
