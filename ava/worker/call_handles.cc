// SPDX-License-Identifier: Apache-2.0

// Call: handles and references.

#include <sched.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "ava/base/clock.h"
#include "ava/base/format.h"
#include "ava/worker/call.h"

namespace ava::worker {
namespace {

// How long a call without room waits for objects that the program has released.
constexpr std::int64_t kEndsNsMax = 2 * kNanosecondsPerMillisecond;

// What does not fit counts as the most that does.
std::uint64_t Amount(Wide amount) {
  constexpr Wide kMost = std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::clamp<Wide>(amount, 0, kMost));
}

}  // namespace

void Call::Mint(HandleId id, TypeId type, const char* name) {
  if (id == 0 || !ok()) return;
  if (!session_.handles.CanMint(id)) {
    Violate(name, fmt::format("mints {:#x}, which is in use or malformed", id));
    return;
  }
  minted_.push_back({.id = id, .type = type});
}

void Call::MintAll(const Blob& ids, TypeId type, const char* name) {
  if (!ok()) return;
  auto* copy = In<HandleId>(ids, name, Wide{ids.bytes / sizeof(HandleId)}, Data::kInterpreted);
  if (copy == nullptr) return;
  const std::span<HandleId> all(copy, ids.bytes / sizeof(HandleId));
  for (const HandleId id : all) Mint(id, type, name);
  minted_arrays_.push_back({.blob = &ids, .ids = all});
}

std::span<HandleId> Call::MintedIds(const Blob& ids) const {
  for (const MintedArray& array : minted_arrays_) {
    if (array.blob == &ids) return array.ids;
  }
  return {};
}

void* Call::UseHandle(HandleId id, TypeId type, std::int64_t invalid, Null null) {
  if (!ok() || (id == 0 && null == Null::kPassed)) return nullptr;
  void* vendor = session_.handles.Find(id, type);
  if (vendor == nullptr) Refuse(invalid);
  return vendor;
}

void** Call::UseHandles(const Blob& blob, TypeId type, const char* name, Wide count,
                        std::int64_t invalid, Null null) {
  static_assert(sizeof(HandleId) == sizeof(void*));
  auto* ids = In<HandleId>(blob, name, count, Data::kInterpreted);
  if (ids == nullptr) return nullptr;
  const auto all = static_cast<std::size_t>(count);
  void** handles = ScratchFor<void*>(all);
  for (std::size_t i = 0; i < all && ok(); ++i) handles[i] = UseHandle(ids[i], type, invalid, null);
  return handles;
}

void** Call::UseHandleList(const Blob& blob, TypeId type, const char* name, std::int64_t invalid) {
  if (!ok()) return nullptr;
  const std::size_t words = blob.bytes / sizeof(HandleId);
  auto* ids = In<HandleId>(blob, name, Wide{words}, Data::kInterpreted);
  if (ids == nullptr) return nullptr;
  if (words == 0 || ids[words - 1] != 0) {
    Violate(name, "a list of handles that does not end with NULL");
    return nullptr;
  }
  void** handles = ScratchFor<void*>(words);
  for (std::size_t i = 0; i + 1 < words && ok(); ++i)
    handles[i] = UseHandle(ids[i], type, invalid, Null::kRefused);
  return handles;
}

void Call::Retains(HandleId id, TypeId type) {
  references_.push_back({.id = id, .type = type, .retains = true});
}

void Call::Releases(HandleId id, TypeId type, std::int64_t invalid) {
  references_.push_back({.id = id, .type = type, .retains = false});
  if (ok() && id != 0 && !session_.handles.CanRelease(id, type)) Refuse(invalid);
}

// What nobody waits for has been counted by the guest already, whatever became of it.
void Call::CountReferences() {
  if (waits() && !succeeded()) return;
  for (const Reference& reference : references_) {
    if (!session_.handles.Is(reference.id, reference.type)) continue;
    if (reference.retains) {
      session_.handles.Retain(reference.id);
    } else {
      session_.handles.Release(reference.id);
    }
  }
}

void** Call::NewHandle(HandleId id, TypeId type) {
  if (id == 0 || !ok()) return nullptr;
  void** storage = ScratchFor<void*>(1);
  outputs_.push_back({.role = Role::kNewHandle,
                      .type = type,
                      .id = id,
                      .storage = reinterpret_cast<std::byte*>(storage)});
  return storage;
}

void** Call::NewHandles(const Blob& ids, TypeId type, const char* name, Wide count) {
  if (!SizeIs(ids, name, count * Wide{sizeof(HandleId)})) return nullptr;
  const std::span<HandleId> minted = MintedIds(ids);
  void** storage = ScratchFor<void*>(minted.size());
  outputs_.push_back({.role = Role::kNewHandles,
                      .type = type,
                      .storage = reinterpret_cast<std::byte*>(storage),
                      .ids = minted,
                      .count = minted.size()});
  return storage;
}

void** Call::ExistingHandles(const Blob& place, TypeId type, const char* name, Wide count) {
  if (!SizeIs(place, name, count * Wide{sizeof(HandleId)})) return nullptr;
  const std::span<std::byte> bytes = OutputPlace(place, name);
  if (!ok()) return nullptr;
  const std::size_t all = bytes.size() / sizeof(HandleId);
  void** storage = ScratchFor<void*>(all);
  outputs_.push_back({.role = Role::kExisting,
                      .type = type,
                      .storage = reinterpret_cast<std::byte*>(storage),
                      .place = bytes,
                      .count = all});
  return storage;
}

void Call::NewResult(HandleId id, TypeId type, const void* vendor) {
  if (id == 0 || vendor == nullptr) return;
  void** storage = ScratchFor<void*>(1);
  *storage = const_cast<void*>(vendor);
  outputs_.push_back({.role = Role::kNewHandle,
                      .type = type,
                      .id = id,
                      .storage = reinterpret_cast<std::byte*>(storage)});
}

void Call::BindNew(const Output& output) {
  void* const* vendor = reinterpret_cast<void* const*>(output.storage);
  const bool one = output.role == Role::kNewHandle;
  const std::span<const HandleId> ids = one ? std::span<const HandleId>(&output.id, 1) : output.ids;
  std::size_t bound = 0;
  for (; bound < ids.size() && vendor[bound] != nullptr; ++bound) {
    if (session_.handles.Bind(ids[bound], output.type, vendor[bound])) continue;
    if (session_.handles.Find(ids[bound], output.type) == vendor[bound]) {
      bound_early_ = true;
      continue;
    }
    Violate("minted", fmt::format("{:#x} is in use", ids[bound]));
    return;
  }
  if (!one) reply_.produced = bound;
}

HandleId Call::IdOf(TypeId type, const void* vendor) {
  if (vendor == nullptr) return 0;
  const HandleId id = session_.handles.Existing(type, const_cast<void*>(vendor));
  if (id == 0)
    Violate("result",
            fmt::format("more than {} objects that the guest did not create", kServerMintedMax));
  return id;
}

void Call::ShowExisting(const Output& output) {
  void* const* vendor = reinterpret_cast<void* const*>(output.storage);
  for (std::size_t i = 0; i < output.count; ++i) {
    const HandleId id = IdOf(output.type, vendor[i]);
    std::memcpy(output.place.data() + i * sizeof(id), &id, sizeof(id));
  }
  out_bytes_ += output.count * sizeof(HandleId);
}

void Call::TranslateHandles(void* place, Wide bytes, TypeId type) {
  for (std::uint64_t& word : WordsOf(place, bytes))
    word = IdOf(type, reinterpret_cast<const void*>(word));
}

std::uint64_t Call::PropertyHandle(std::uint64_t id, PropertyType type) {
  return reinterpret_cast<std::uintptr_t>(UseHandle(id, type.type, type.invalid, Null::kPassed));
}

void Call::DependsOn(HandleId child, HandleId parent) {
  if (!session_.handles.AddParent(child, parent)) {
    Violate("depends_on", fmt::format("an object with more than {} parents", kParentsMax));
  }
}

void Call::DependAllOn(const Blob& children, HandleId parent) {
  for (const HandleId child : MintedIds(children)) DependsOn(child, parent);
}

std::uintptr_t Call::Register(std::uint64_t guest_id, const char* name, bool once,
                              std::initializer_list<HandleId> holds, HandleId result,
                              TypeId result_type) {
  if (guest_id == 0 || !ok()) return 0;
  const std::uintptr_t key = session_.callbacks.Register({.guest_id = guest_id,
                                                          .once = once,
                                                          .holds = holds,
                                                          .result = result,
                                                          .result_type = result_type});
  if (key == 0) {
    Violate(name, fmt::format("more than {} callbacks", kCallbacksMax));
    return 0;
  }
  for (const HandleId id : holds) once ? session_.handles.Hold(id) : session_.handles.Watch(id);
  callbacks_.push_back(key);
  return key;
}

void Call::HoldForCallback(std::uintptr_t key, HandleId id) {
  if (key == 0 || id == 0) return;
  const bool once = session_.callbacks.IsOnce(key);
  once ? session_.handles.Hold(id) : session_.handles.Watch(id);
  if (session_.callbacks.AddHold(key, id)) return;
  once ? session_.handles.Unhold(id) : session_.handles.Unwatch(id);
}

void Call::CallbacksComeEarly() {
  for (const std::uintptr_t key : callbacks_) session_.callbacks.SetEarly(key);
}

// The guest has to know which of them have been called already, and with what.
void Call::GiveUpCallbacks() {
  for (const std::uintptr_t key : callbacks_) {
    if (!session_.callbacks.Has(key)) reply_.produced |= wire::kFailedCalledBack;
    const bool once = session_.callbacks.IsOnce(key);
    for (const HandleId id : session_.callbacks.Cancel(key))
      once ? session_.handles.Unhold(id) : session_.handles.Unwatch(id);
  }
  const bool lives = std::ranges::any_of(minted_, [&](const Minted& minted) {
    return session_.handles.Find(minted.id, minted.type) != nullptr;
  });
  if (lives) reply_.produced |= wire::kFailedResultLives;
}

void Call::KillMinted() {
  for (const Minted& minted : minted_) session_.handles.Kill(minted.id, minted.type, reply_.error);
}

// A command that has just completed may not have let go of what the program has released yet.
bool Call::ReserveSoon(std::uint16_t resource, std::uint64_t amount) {
  if (amount > session_.router.limit(resource)) return false;
  const Deadline deadline = Deadline::In(kEndsNsMax);
  while (!session_.router.Reserve(resource, amount)) {
    if (!session_.ends->AreSome() || deadline.HasPassed()) return false;
    sched_yield();
  }
  return true;
}

void Call::Reserve(std::uint16_t resource, Wide amount, std::int64_t error) {
  if (!ok()) return;
  const std::uint64_t counted = Amount(amount);
  if (!ReserveSoon(resource, counted)) return Refuse(error);
  reserved_.push_back({resource, counted});
}

void Call::GiveUpReservations() {
  for (const Reserved& reserved : reserved_)
    session_.router.Unreserve(reserved.resource, reserved.amount);
  reserved_.clear();
}

std::uint64_t Call::Count(std::uint16_t resource, Wide amount) {
  const auto found = std::ranges::find(reserved_, resource, &Reserved::resource);
  const bool reserved = found != reserved_.end();
  const std::uint64_t counted = reserved ? found->amount : Amount(amount);
  if (reserved) reserved_.erase(found);
  session_.router.Account(resource, counted, reserved);
  return counted;
}

void Call::Account(std::uint16_t resource, Wide amount, HandleId owner) {
  const std::uint64_t counted = Count(resource, amount);
  if (owner != 0) session_.handles.AddCharge(owner, {.resource = resource, .amount = counted});
}

void* Call::AccountUntilEnd(std::uint16_t resource, Wide amount, HandleId owner) {
  const Charge charge{.resource = resource, .amount = Count(resource, amount)};
  if (charge.amount == 0) return nullptr;
  session_.handles.AddCharge(owner, {.resource = resource, .amount = 0, .until_end = true});
  return session_.ends->Keep(charge);
}

void Call::AccountUntilRelease(void* kept, HandleId owner) {
  session_.handles.AddCharge(owner, EndCharges::Take(kept));
}

void Call::Deallocate(std::uint16_t resource, Wide amount) {
  session_.router.Release(resource, Amount(amount));
}

}  // namespace ava::worker
