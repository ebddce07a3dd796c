// SPDX-License-Identifier: Apache-2.0
#pragma once

// One command on its way through the generated server: decoding, the vendor's answer, the reply.
//
//   decode     the error is sticky: what goes wrong first decides, and what follows yields nothing.
//   A refusal is the
//              API's own error, which an honest program can cause; a violation is what no honest
//              guest library sends, and ends the session. Generated code looks at ok() before it
//              evaluates an expression of the spec, and once more before it calls the vendor
//              library.
//   Made       the vendor library's answer: new handles are bound, the reply is filled in
//   Finish     by the session, when the generated function has returned: outputs into place, marks,
//   the reply
//
// Everything interpreted is a private copy. Plain data is used where it lies if it is large.

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ava/wire/blob.h"
#include "ava/wire/record.h"
#include "ava/worker/handle_table.h"
#include "ava/worker/limits.h"
#include "ava/worker/pending_work.h"
#include "ava/worker/scratch.h"
#include "ava/worker/server_api.h"
#include "ava/worker/session.h"
#include "ava/worker/wide.h"

namespace ava::worker {

using wire::Blob;
using wire::HandleId;

// What to do with a NULL handle.
enum class Null { kRefused, kPassed };
// Where the bytes of an input may lie while the vendor library reads them.
enum class Data { kPlain, kInterpreted, kUntil };

// What stands behind a key of a properties list.
struct PropertyType {
  TypeId type = 0;  // 0: a plain word
  std::int64_t invalid = 0;
};

template <class T>
inline constexpr std::size_t kElementBytes = sizeof(T);
template <>
inline constexpr std::size_t kElementBytes<void> = 1;
template <>
inline constexpr std::size_t kElementBytes<const void> = 1;

class Call {
 public:
  // `record`: header, arguments and payload, a private copy that lives as long as the call.
  Call(Session& session, const FunctionEntry& function, std::span<std::byte> record,
       Scratch& scratch);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  template <class Args>
  const Args& As() const {
    return *reinterpret_cast<const Args*>(record_.data() + sizeof(wire::CommandHeader));
  }
  Session& session() { return session_; }
  const wire::CommandHeader& header() const { return header_; }
  bool waits() const { return (header_.flags & wire::kCommandWaits) != 0; }

  bool ok() const { return state_ == State::kDecoding; }
  void Refuse(std::int64_t error);
  void Violate(const char* parameter, const std::string& what);
  // A documented precondition: refuses with `error` when it does not hold.
  void Require(bool condition, std::int64_t error) {
    if (!condition) Refuse(error);
  }

  // Handles ------------------------------------------------------------------------------------
  // First of all, so that an id is known to be dead should anything go wrong later. 0: none.
  void Mint(HandleId id, TypeId type, const char* name);
  void MintAll(const Blob& ids, TypeId type, const char* name);

  template <class T>
  T Use(HandleId id, TypeId type, std::int64_t invalid, Null null = Null::kRefused) {
    return static_cast<T>(UseHandle(id, type, invalid, null));
  }
  template <class T>
  T* UseAll(const Blob& blob, TypeId type, const char* name, Wide count, std::int64_t invalid,
            Null null = Null::kRefused) {
    return reinterpret_cast<T*>(UseHandles(blob, type, name, count, invalid, null));
  }
  // An array that ends with a NULL handle; the copy does, too.
  template <class T>
  T* UseList(const Blob& blob, TypeId type, const char* name, std::int64_t invalid) {
    return reinterpret_cast<T*>(UseHandleList(blob, type, name, invalid));
  }
  // The program's reference: counted when the call is done.
  void Retains(HandleId id, TypeId type);
  void Releases(HandleId id, TypeId type, std::int64_t invalid);

  // Places for what the vendor library creates or shows. NULL when the program passed NULL.
  template <class T>
  T* New(HandleId id, TypeId type) {
    return reinterpret_cast<T*>(NewHandle(id, type));
  }
  template <class T>
  T* NewAll(const Blob& ids, TypeId type, const char* name, Wide count) {
    return reinterpret_cast<T*>(NewHandles(ids, type, name, count));
  }
  template <class T>
  T* Existing(const Blob& place, TypeId type, const char* name, Wide count) {
    return reinterpret_cast<T*>(ExistingHandles(place, type, name, count));
  }
  void NewResult(HandleId id, TypeId type, const void* vendor);
  HandleId IdOf(TypeId type, const void* vendor);
  // 0: NULL, or an object that the guest does not know.
  HandleId KnownId(TypeId type, const void* vendor) const {
    return session_.handles.IdOf(type, const_cast<void*>(vendor));
  }

  // Data ---------------------------------------------------------------------------------------
  template <class T>
  T* In(const Blob& blob, const char* name, Wide count, Data data = Data::kPlain) {
    return reinterpret_cast<T*>(InBytes(blob, name, count * Wide{kElementBytes<T>}, data));
  }
  // A private place: copied to the guest's when the call is done.
  template <class T>
  T* Out(const Blob& blob, const char* name, Wide count) {
    return reinterpret_cast<T*>(OutBytes(blob, name, count * Wide{kElementBytes<T>}));
  }
  // The guest's place itself. Data::kUntil: written until the call's event completes.
  template <class T>
  T* OutInPlace(const Blob& blob, const char* name, Wide count, Data data = Data::kPlain) {
    return reinterpret_cast<T*>(OutPlace(blob, name, count * Wide{kElementBytes<T>}, data));
  }
  template <class T>
  T* InOut(const Blob& in, const Blob& out, const char* name, Wide count, bool always = false) {
    T* place = Out<T>(out, name, count);
    T* data = In<T>(in, name, count, Data::kInterpreted);
    if (place == nullptr || data == nullptr) return nullptr;
    outputs_.back().always = always;
    std::memcpy(place, data, static_cast<std::size_t>(count) * kElementBytes<T>);
    return place;
  }
  // Text that ends with a NUL of ours; without `count` the guest's ends with one, too. A count of 0
  // says the same.
  char* String(const Blob& blob, const char* name, std::optional<Wide> count = std::nullopt);
  template <class Count>
  const char** Strings(const Blob& blob, const char* name, Wide count, Count length) {
    const char** strings = nullptr;
    ForEachNested(blob, name, count, [&](std::size_t index, std::size_t all, const Blob& element) {
      if (strings == nullptr) strings = ScratchFor<const char*>(all);
      strings[index] = String(element, name, length(index));
    });
    return strings == nullptr ? EmptyOrNull<const char*>(blob) : strings;
  }
  // As many as there are, the NULL at their end included.
  template <class Count>
  const char** StringList(const Blob& blob, const char* name, Count length) {
    const char** strings = Strings(blob, name, CountOfList(blob), length);
    NeedNullAtEnd(strings, name, CountOfList(blob));
    return strings;
  }
  template <class T, class Count>
  T** Buffers(const Blob& blob, const char* name, Wide count, Count length) {
    T** buffers = nullptr;
    ForEachNested(blob, name, count, [&](std::size_t index, std::size_t all, const Blob& element) {
      if (buffers == nullptr) buffers = ScratchFor<T*>(all);
      buffers[index] = In<T>(element, name, length(index));
    });
    return buffers == nullptr ? EmptyOrNull<T*>(blob) : buffers;
  }
  template <class T, class WireT, class Convert>
  T* Structs(const Blob& blob, const char* name, Wide count, Convert convert) {
    const auto* from = In<WireT>(blob, name, count, Data::kInterpreted);
    if (from == nullptr) return nullptr;
    const auto all = static_cast<std::size_t>(count);
    T* to = ScratchFor<T>(all);
    for (std::size_t index = 0; index < all && ok(); ++index)
      to[index] = convert(*this, from[index]);
    return to;
  }
  // {key, value} words up to the key 0; zeros stand behind it.
  template <class T, class TypeOf>
  T* Properties(const Blob& blob, const char* name, TypeOf type_of) {
    static_assert(sizeof(T) == sizeof(std::uint64_t));
    const std::span<std::uint64_t> words = PropertyWords(blob, name);
    for (std::size_t i = 0; i + 1 < words.size() && words[i] != 0 && ok(); i += 2) {
      const PropertyType type = type_of(static_cast<T>(words[i]));
      if (type.type != 0) words[i + 1] = PropertyHandle(words[i + 1], type);
    }
    return reinterpret_cast<T*>(words.data());
  }

  // A condition of the spec chose case `evaluated`; the guest must have come to the same.
  std::uint32_t Case(std::uint32_t wire_case, const char* name, std::uint32_t evaluated);
  // The guest chose among `cases`.
  std::uint32_t GuestCase(std::uint32_t wire_case, const char* name, std::uint32_t cases);
  // The vendor library may read `most` bytes where the chosen case has `bytes`.
  void AtLeast(const void* pointer, const char* name, Wide bytes, Wide most);

  // Callbacks. The key for the trampoline; 0 when the program gave none. `result`: minted for what
  // the call returns, if the callback may be given that.
  std::uintptr_t Register(std::uint64_t guest_id, const char* name, bool once,
                          std::initializer_list<HandleId> holds, HandleId result = 0,
                          TypeId result_type = 0);
  void HoldForCallback(std::uintptr_t key, HandleId id);
  // They come while their event is under way. The vendor library may hold its locks then, so that
  // it must not be asked which other events have completed.
  void CallbacksComeEarly();

  // Shared memory -------------------------------------------------------------------------------
  // What the guest gives as memory of the object that the call makes; null: nothing.
  void* Shared(const Blob& blob, const char* name, Wide bytes);
  // After Made: it stays lent until LentMemory::GiveBack gets what this returns.
  void* Lend(const Blob& blob);

  // Mappings ------------------------------------------------------------------------------------
  void Maps(std::uint64_t mapping, const Blob& shadow, Wide bytes, bool reads, bool writes);
  // After Made: what the vendor library mapped; a box has `region` elements of `element` bytes.
  void Mapped(void* pointer);
  void Mapped(void* pointer, const std::size_t* region, Wide element, std::size_t row_pitch,
              std::size_t slice_pitch);
  void* Unmaps(
      std::uint64_t mapping);  // its pointer, contents brought back; one that no library accepts

  // Addresses -----------------------------------------------------------------------------------
  // So many bytes have to live there; NULL is passed on.
  void* Address(std::uint64_t address, Wide bytes, std::int64_t invalid);
  void** Addresses(const Blob& blob, const char* name, Wide count, std::int64_t invalid);
  void* FreeAddress(std::uint64_t address, std::int64_t invalid);
  void** FreeAddresses(const Blob& blob, const char* name, Wide count, std::int64_t invalid);
  static bool IsAddress(const Blob& blob) {
    return blob.place == static_cast<std::uint32_t>(wire::Place::kAddress);
  }
  template <class T>
  T* AddressIn(const Blob& blob, Wide count, std::int64_t invalid) {
    return reinterpret_cast<T*>(AddressOf(blob, count * Wide{kElementBytes<T>}, invalid));
  }
  // What this call brings to the guest when it is done; what it takes back before it begins.
  void Brings(const void* from, const Blob& contents, const char* name, Wide bytes);
  void TakesBack(void* to, const Blob& contents, const char* name);
  // The vendor call follows, and frees what FreeAddress named.
  void FreesNow();
  // After Made: so many bytes, of which the program has wanted these.
  void Allocated(const void* base, std::uint64_t wanted, Wide bytes);

  // The vendor call ------------------------------------------------------------------------------
  // Whether it may block; decides what Data::kUntil means, so it comes before.
  void Blocks(bool blocks) { blocks_ = blocks; }
  bool blocks() const { return blocks_; }
  template <class Vendor>
  auto Blocking(Vendor vendor) {
    const RoleScope scope(*this, blocks_);
    return vendor();
  }
  template <class Vendor>
  auto Compiling(Vendor vendor) {
    const ExemptScope exempt(session_);
    const GuestFiles::Compile compile(session_.files);
    const RoleScope scope(*this, blocks_);
    return vendor();
  }
  // Takes what the call would hold from the session's quota; refuses with `error` beyond it. What
  // no Account follows is given back.
  void Reserve(std::uint16_t resource, Wide amount, std::int64_t error);
  // True when the call succeeded. Binds new handles.
  bool Made(bool succeeded, std::uint64_t result, std::int32_t error);
  // A callback has shown what the call returns: the vendor library counts a reference too many.
  bool bound_early() const { return bound_early_; }
  bool succeeded() const { return state_ == State::kSucceeded; }

  // After Made -----------------------------------------------------------------------------------
  void DependsOn(HandleId child, HandleId parent);
  void DependAllOn(const Blob& children, HandleId parent);
  void Account(std::uint16_t resource, Wide amount, HandleId owner = 0);
  void Account(std::uint16_t resource, Wide amount, const void* owner);
  // Until EndCharges::GiveBack gets what this returns; or, if nobody will call that, until the
  // owner's last release. Null: nothing is held.
  void* AccountUntilEnd(std::uint16_t resource, Wide amount, HandleId owner);
  void AccountUntilRelease(void* kept, HandleId owner);
  void Deallocate(std::uint16_t resource, Wide amount);
  // The event with which the call's data is the guest's again. `own`: nobody but us knows it.
  void CompletesWith(void* event, bool own);
  // True when data of this call is used until its event completes: then the library must give one.
  bool NeedsEvent() const {
    return item_ != nullptr || (mapping_ != nullptr && mapping_reads_ && !blocks_) ||
           (!blocks_ && session_.router.gate().WantsEvent());
  }
  // While the vendor library is asked about it, the event has the program's references only.
  router::Gate::Unheld Unheld(void* event) const { return {session_.router.gate(), event}; }
  // How much the call gave, for the reply; `place` was given by Out: only so many bytes are copied.
  void Produced(Wide amount) { reply_.produced = static_cast<std::uint64_t>(amount); }
  void Trim(const void* place, Wide bytes);
  // Value tables: what the vendor library wrote at `place`.
  void TranslateHandles(void* place, Wide bytes, TypeId type);
  static void Mask(void* place, Wide bytes, std::uint64_t mask);
  // The number at `place` becomes at most what the session can hold of the resource.
  void Within(void* place, Wide bytes, std::uint16_t resource);
  template <class TypeOf>
  void TranslateProperties(void* place, Wide bytes, TypeOf type_of) {
    const std::span<std::uint64_t> words = WordsOf(place, bytes);
    for (std::size_t i = 0; i + 1 < words.size() && words[i] != 0; i += 2) {
      const PropertyType type = type_of(words[i]);
      if (type.type != 0)
        words[i + 1] = IdOf(type.type, reinterpret_cast<const void*>(words[i + 1]));
    }
  }

  void Finish();
  const std::string& violation() const { return violation_; }
  bool role_lost() const { return role_lost_; }
  std::int32_t error() const { return reply_.error; }
  bool refused() const { return state_ == State::kRefused; }

 private:
  enum class State { kDecoding, kRefused, kViolated, kSucceeded, kFailed };
  enum class Role { kNewHandle, kNewHandles, kExisting, kCopy };
  // Something that the vendor library writes into memory of ours.
  struct Output {
    Role role;
    TypeId type = 0;
    HandleId id = 0;
    std::byte* storage = nullptr;
    std::span<const HandleId> ids;
    std::span<std::byte> place;
    std::size_t count = 0;  // handles, or bytes
    bool always = false;    // also from a call that failed
  };
  struct Reference {
    HandleId id;
    TypeId type;
    bool retains;
  };
  struct Minted {
    HandleId id;
    TypeId type;
  };
  struct Reserved {
    std::uint16_t resource;
    std::uint64_t amount;
  };
  struct MintedArray {
    const Blob* blob;  // in the record: which parameter it is
    std::span<HandleId> ids;
  };
  class RoleScope {
   public:
    RoleScope(Call& call, bool blocks)
        : call_(blocks && call.session_.roles != nullptr ? &call : nullptr) {
      if (call_ == nullptr) return;
      call_->session_.WaitsForDevice(1);
      call_->session_.roles->ReleaseRole();
    }
    ~RoleScope() {
      if (call_ == nullptr) return;
      call_->role_lost_ = !call_->session_.roles->RetakeRole();
      call_->session_.WaitsForDevice(-1);
    }
    RoleScope(const RoleScope&) = delete;
    RoleScope& operator=(const RoleScope&) = delete;

   private:
    Call* call_;
  };
  class ExemptScope {
   public:
    explicit ExemptScope(Session& session) : session_(session) { session_.Exempt(1); }
    ~ExemptScope() { session_.Exempt(-1); }
    ExemptScope(const ExemptScope&) = delete;
    ExemptScope& operator=(const ExemptScope&) = delete;

   private:
    Session& session_;
  };

  template <class T>
  T* ScratchFor(std::size_t count) {
    return reinterpret_cast<T*>(scratch_.Allocate(count * sizeof(T)));
  }
  // A pointer to no elements is not NULL.
  template <class T>
  T* EmptyOrNull(const Blob& blob) {
    return blob.place == static_cast<std::uint32_t>(wire::Place::kNull) || !ok() ? nullptr
                                                                                 : ScratchFor<T>(0);
  }
  static Wide CountOfList(const Blob& blob) { return Wide{blob.bytes} / Wide{sizeof(Blob)}; }
  void NeedNullAtEnd(const char* const* strings, const char* name, Wide count);
  template <class Each>
  void ForEachNested(const Blob& blob, const char* name, Wide count, Each each) {
    const Blob* elements = In<Blob>(blob, name, count, Data::kInterpreted);
    const auto all = elements == nullptr ? std::size_t{0} : static_cast<std::size_t>(count);
    for (std::size_t index = 0; index < all && ok(); ++index) each(index, all, elements[index]);
  }

  // call_handles.cc
  void* UseHandle(HandleId id, TypeId type, std::int64_t invalid, Null null);
  void** UseHandles(const Blob& blob, TypeId type, const char* name, Wide count,
                    std::int64_t invalid, Null null);
  void** UseHandleList(const Blob& blob, TypeId type, const char* name, std::int64_t invalid);
  void** NewHandle(HandleId id, TypeId type);
  void** NewHandles(const Blob& ids, TypeId type, const char* name, Wide count);
  void** ExistingHandles(const Blob& place, TypeId type, const char* name, Wide count);
  std::span<HandleId> MintedIds(const Blob& ids) const;
  void BindNew(const Output& output);
  void ShowExisting(const Output& output);
  std::uint64_t PropertyHandle(std::uint64_t id, PropertyType type);
  void CountReferences();
  void GiveUpCallbacks();
  void KillMinted();
  void GiveUpReservations();
  bool ReserveSoon(std::uint16_t resource, std::uint64_t amount);
  std::uint64_t Count(std::uint16_t resource, Wide amount);

  // call_data.cc
  std::span<std::byte> InputPlace(const Blob& blob, const char* name);
  std::span<std::byte> OutputPlace(const Blob& blob, const char* name);
  bool SizeIs(const Blob& blob, const char* name, Wide bytes);
  std::byte* InBytes(const Blob& blob, const char* name, Wide bytes, Data data);
  std::byte* OutBytes(const Blob& blob, const char* name, Wide bytes);
  std::byte* OutPlace(const Blob& blob, const char* name, Wide bytes, Data data);
  std::byte* KeepForEvent(std::span<const std::byte> bytes);
  std::span<std::uint64_t> PropertyWords(const Blob& blob, const char* name);
  static std::span<std::uint64_t> WordsOf(void* place, Wide bytes);
  PendingItem& Item();

  // call_addresses.cc
  template <class One>
  void** EachAddress(const Blob& blob, const char* name, Wide count, One one);
  std::byte* AddressOf(const Blob& blob, Wide bytes, std::int64_t invalid);
  void Bring();
  void FinishFrees();

  // call.cc
  void FinishOutputs();
  void MarkBlocks();
  void MarkBlock(const Blob& blob, bool nested);
  bool IsPending(const Blob& blob) const;
  void GiveUpMapping();
  void SendDeferredError();

  Session& session_;
  const FunctionEntry& function_;
  const std::span<std::byte> record_;
  const wire::CommandHeader header_;
  Scratch& scratch_;

  State state_ = State::kDecoding;
  std::string violation_;
  bool blocks_ = false;
  bool role_lost_ = false;
  bool pending_added_ = false;
  bool bound_early_ = false;
  wire::ReplyHeader reply_{};
  std::uint64_t in_bytes_ = 0;
  std::uint64_t out_bytes_ = 0;
  std::vector<Output> outputs_;
  std::vector<Minted> minted_;
  std::vector<Reserved> reserved_;  // taken from a quota, and not accounted yet
  std::vector<MintedArray> minted_arrays_;
  std::vector<Reference> references_;
  std::vector<std::uintptr_t> callbacks_;
  std::shared_ptr<PendingItem> item_;
  std::shared_ptr<Mapping> mapping_;  // that this call maps
  bool mapping_reads_ = false;
  bool lends_ = false;
  struct Freed {
    const void* base;
    worker::Addresses::Range range;
  };
  std::vector<Freed> frees_;
  bool freed_ = false;
  Contents brought_;
  std::uint64_t unmaps_ = 0;  // that this call unmaps
};

}  // namespace ava::worker
