// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/call.h"

#include <algorithm>
#include <new>
#include <utility>

#include "ava/base/check.h"
#include "ava/guest/api.h"
#include "ava/guest/discoveries.h"

namespace ava::guest {
namespace {

constexpr std::uint32_t RoundUp8(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + 7) & ~std::uint64_t{7});
}

wire::Blob RecordBlob(std::uint64_t offset, std::uint64_t bytes) {
  return {.place = static_cast<std::uint32_t>(wire::Place::kRecord),
          .segment = 0,
          .offset = offset,
          .bytes = bytes};
}

}  // namespace

wire::Blob ArenaBlob(const transport::Block& block, std::uint64_t bytes) {
  return {.place = static_cast<std::uint32_t>(wire::Place::kArena),
          .segment = block.segment,
          .offset = block.offset,
          .bytes = bytes};
}

namespace {

// A handle where the program wants it; the API's handle types are all pointers.
void StoreHandle(void* destination, void* handle) {
  std::memcpy(destination, &handle, sizeof(handle));
}

}  // namespace

// Inputs -----------------------------------------------------------------------------------------

transport::Block Call::Allocate(std::uint64_t bytes, wire::Blob& blob) {
  transport::Block block;
  if (session_.channel() != nullptr && !session_.lost()) {
    session_.Deliver();  // what is finished need not occupy the arena
    block = session_.channel()->Allocate(std::max<std::uint64_t>(bytes, 1));
  }
  if (!block) failed_ = true;
  blob = ArenaBlob(block, bytes);
  return block;
}

std::byte* Call::Room(std::uint64_t bytes, wire::Blob& blob, bool kept) {
  if (bytes <= wire::kInlineBytesMax && payload_used_ + bytes <= payload_bytes_) {
    std::byte* room = payload_ + payload_used_;
    blob = RecordBlob(sizeof(wire::CommandHeader) + argument_bytes_ + payload_used_, bytes);
    const std::uint32_t after = RoundUp8(payload_used_ + bytes);
    // What pads a blob is ours and travels: no bytes of the stack go out.
    if (after <= payload_bytes_) std::memset(room + bytes, 0, after - payload_used_ - bytes);
    payload_used_ = std::min(after, payload_bytes_);
    return room;
  }
  const transport::Block block = Allocate(bytes, blob);
  if (!block) return nullptr;
  in_blocks_.push_back({.block = block, .kept = kept});
  dirty_ = true;
  return block.data;
}

void Call::In(const void* data, std::uint64_t bytes, wire::Blob& blob, bool kept) {
  if (data == nullptr) return;
  std::byte* room = Room(bytes, blob, kept);
  if (room != nullptr && bytes != 0) std::memcpy(room, data, bytes);
}

void Call::InRect(const void* memory, const Rect& rect, wire::Blob& blob, bool kept) {
  if (memory == nullptr) return;
  std::byte* room = Room(rect.bytes(), blob, kept);
  if (room != nullptr && rect.bytes() != 0) rect.Pack(room, static_cast<const std::byte*>(memory));
}

void Call::String(const char* text, wire::Blob& blob) {
  if (text != nullptr) In(text, std::strlen(text) + 1, blob);
}

bool Call::UseAll(const void* handles, std::uint64_t count, std::uint16_t type, bool optional,
                  wire::Blob& blob) {
  if (handles == nullptr) return true;
  std::byte* room = Room(count * sizeof(wire::HandleId), blob);
  if (room == nullptr) return true;
  const auto* elements = static_cast<const std::byte*>(handles);
  for (std::uint64_t i = 0; i < count; ++i) {
    void* handle = nullptr;
    wire::HandleId id = 0;
    std::memcpy(&handle, elements + i * sizeof(handle), sizeof(handle));
    if (!(optional ? UseOptional(handle, type, id) : Use(handle, type, id))) return false;
    std::memcpy(room + i * sizeof(id), &id, sizeof(id));
  }
  return true;
}

bool Call::Properties(const void* list, std::span<const HandleKey> handle_keys, wire::Blob& blob) {
  if (list == nullptr) return true;
  const auto word_at = [list](std::uint64_t index) {
    std::uint64_t word = 0;
    std::memcpy(&word, static_cast<const std::byte*>(list) + index * sizeof(word), sizeof(word));
    return word;
  };
  std::uint64_t words = 0;
  while (word_at(words) != 0) words += 2;
  // One more 0: some keys have lists of their own as values, which end with a 0 before the last
  // one.
  const std::uint64_t bytes = (words + 1) * sizeof(std::uint64_t);
  std::byte* room = Room(bytes + sizeof(std::uint64_t), blob);
  if (room == nullptr) return true;
  std::memcpy(room, list, bytes);
  std::memset(room + bytes, 0, sizeof(std::uint64_t));
  for (std::uint64_t i = 0; i < words; i += 2) {
    for (const HandleKey& handle_key : handle_keys) {
      if (handle_key.key != word_at(i)) continue;
      wire::HandleId id = 0;
      if (!UseOptional(FromWord<void*>(word_at(i + 1)), handle_key.type, id)) return false;
      std::memcpy(room + (i + 1) * sizeof(id), &id, sizeof(id));
    }
  }
  return true;
}

// Outputs ----------------------------------------------------------------------------------------

Output* Call::AddOutput(void* destination, std::uint64_t bytes, wire::Blob& blob, bool later) {
  AVA_CHECK(output_count_ < kOutputsMax);
  auto* added = new (&output(output_count_))
      Output{.destination = destination, .bytes = bytes, .later = later};
  ++output_count_;
  dirty_ = true;
  if (!later && slot_used_ + bytes <= transport::kSlotInlineBytes) {
    added->in_slot = true;
    added->slot_offset = slot_used_;
    blob = {.place = static_cast<std::uint32_t>(wire::Place::kSlot),
            .segment = 0,
            .offset = slot_used_,
            .bytes = bytes};
    slot_used_ = RoundUp8(slot_used_ + bytes);
  } else {
    added->block = Allocate(bytes, blob);
  }
  return added;
}

Output* Call::Out(void* destination, std::uint64_t bytes, wire::Blob& blob) {
  return destination == nullptr ? nullptr : AddOutput(destination, bytes, blob, false);
}

Output* Call::OutInPlace(const void* memory, void* destination, std::uint64_t bytes,
                         wire::Blob& blob) {
  constexpr std::uint64_t kPlaceAlignment = 8;
  const bool pays = memory != nullptr && destination != nullptr && bytes >= kInPlaceBytesMin;
  if (!pays) return Out(destination, bytes, blob);
  const wire::Blob place = session_.shared_memory().Locate(memory, bytes);
  if (place.bytes != bytes || place.offset % kPlaceAlignment != 0 || alone_)
    return Out(destination, bytes, blob);
  alone_ = session_.BeginAlone();
  if (!alone_) return Out(destination, bytes, blob);
  AVA_CHECK(output_count_ < kOutputsMax);
  auto* added = new (&output(output_count_))
      Output{.destination = destination, .bytes = bytes, .borrowed = true};
  ++output_count_;
  added->block = {.data = static_cast<std::byte*>(const_cast<void*>(memory)), .bytes = bytes};
  blob = place;
  dirty_ = true;
  return added;
}

void Call::OutLater(void* destination, std::uint64_t bytes, wire::Blob& blob) {
  if (destination != nullptr) AddOutput(destination, bytes, blob, true);
}

Output* Call::OutRect(void* memory, const Rect& rect, wire::Blob& blob, bool later) {
  if (memory == nullptr) return nullptr;
  Output* added = AddOutput(memory, rect.bytes(), blob, later);
  added->strided = true;
  added->rect = rect;
  return later ? nullptr : added;
}

void Call::Copy(const Output& from, std::uint64_t bytes) {
  if (from.strided) {
    if (from.bytes != 0) from.rect.Unpack(static_cast<std::byte*>(from.destination), Data(from));
  } else if (bytes != 0) {
    std::memcpy(from.destination, Data(from), bytes);
  }
}

void Call::CopyHandles(Output* from, std::uint64_t count, std::uint16_t type, bool keep_zero) {
  if (from == nullptr) return;
  count = std::min(count, from->bytes / sizeof(wire::HandleId));
  std::vector<std::uint64_t> adopted_at;
  for (std::uint64_t i = 0; i < count; ++i) {
    wire::HandleId id = 0;
    std::memcpy(&id, Data(*from) + i * sizeof(id), sizeof(id));
    if (id == 0 && keep_zero) continue;
    bool adopted = false;
    void* handle = session_.ProgramHandle(id, type, adopted);
    if (adopted) adopted_at.push_back(i * sizeof(id));
    StoreHandle(static_cast<std::byte*>(from->destination) + i * sizeof(void*), handle);
  }
  if (!adopted_at.empty()) Discover(*from, adopted_at, type);
}

// Remembers this call for forked children, if it means the same in another session.
void Call::Discover(const Output& from, std::span<const std::uint64_t> places, std::uint16_t type) {
  if (names_minted_ || !from.in_slot || !in_blocks_.empty()) return;
  for (std::size_t i = 0; i < output_count_; ++i) {
    if (!output(i).in_slot) return;
  }
  Discovery discovery = {.function = function_};
  const auto* arguments = static_cast<const std::byte*>(arguments_);
  discovery.arguments.assign(arguments, arguments + argument_bytes_);
  discovery.arguments.insert(discovery.arguments.end(), payload_, payload_ + payload_used_);
  for (const std::uint64_t place : places) {
    wire::HandleId id = 0;
    std::memcpy(&id, Data(from) + place, sizeof(id));
    auto* object = static_cast<Object*>(session_.ProgramHandle(id, type));
    if (object != nullptr) {
      discovery.found.push_back(
          {.object = object, .type = type, .id = id, .place = from.slot_offset + place});
    }
  }
  g_discoveries.Add(std::move(discovery));
}

void Call::CopyProperties(Output* from, std::uint64_t bytes,
                          std::span<const HandleKey> handle_keys) {
  if (from == nullptr) return;
  bytes = std::min(bytes, from->bytes);
  Copy(*from, bytes);
  auto* list = static_cast<std::byte*>(from->destination);
  for (std::uint64_t place = 0; place + 16 <= bytes; place += 16) {
    std::array<std::uint64_t, 2> pair = {};
    std::memcpy(pair.data(), list + place, sizeof(pair));
    if (pair[0] == 0) return;
    for (const HandleKey& handle_key : handle_keys) {
      if (handle_key.key == pair[0])
        StoreHandle(list + place + 8, session_.ProgramHandle(pair[1], handle_key.type));
    }
  }
}

// New handles ------------------------------------------------------------------------------------

Object* Call::MintOne(std::uint16_t type, wire::HandleId& id) {
  names_minted_ = true;
  Object* object = g_objects.Mint(type);
  if (object == nullptr) {
    failed_ = true;
    return nullptr;
  }
  dirty_ = true;
  id = object->id;
  return object;
}

void Call::New(void* destination, std::uint16_t type, wire::HandleId& id) {
  if (destination == nullptr) return;
  AVA_CHECK(minted_count_ < kMintedMax);
  Object* object = MintOne(type, id);
  if (object != nullptr) minted_[minted_count_++] = {.object = object, .destination = destination};
}

void* Call::NewResult(std::uint16_t type, wire::HandleId& id) {
  AVA_CHECK(minted_count_ < kMintedMax);
  Object* object = MintOne(type, id);
  if (object != nullptr) minted_[minted_count_++] = {.object = object, .destination = nullptr};
  return object;
}

void Call::NewAll(void* destinations, std::uint64_t count, std::uint16_t type, wire::Blob& blob) {
  if (destinations == nullptr) return;
  std::byte* room = Room(count * sizeof(wire::HandleId), blob);
  if (room == nullptr) return;
  minted_many_destination_ = static_cast<void**>(destinations);
  for (std::uint64_t i = 0; i < count && !failed_; ++i) {
    wire::HandleId id = 0;
    if (Object* object = MintOne(type, id); object != nullptr) minted_many_.push_back(object);
    std::memcpy(room + i * sizeof(id), &id, sizeof(id));
  }
}

// Callbacks and setters --------------------------------------------------------------------------

void Call::Register(const CallbackEntry& entry, std::uint64_t& id) {
  callback_ = session_.callbacks().Add(entry);
  callback_kind_ = entry.callback;
  if (callback_ == 0) failed_ = true;
  id = callback_;
  dirty_ = true;
}

bool Call::Keep(const void* object, std::uint64_t key, const void* arguments) {
  if (!session_.options().coalesce || session_.lost() || failed_ || dirty_) return false;
  SetterList* list = session_.setters().ListOf(*static_cast<Object*>(const_cast<void*>(object)));
  if (list == nullptr) return false;
  switch (list->Keep(function_, key, {static_cast<const std::byte*>(arguments), argument_bytes_},
                     {payload_, payload_used_})) {
    case SetterList::Kept::kNew:
      return true;  // counted by the worker when it is sent
    case SetterList::Kept::kReplaced:
      CountLocal();
      return true;
    case SetterList::Kept::kNot:
      return false;
  }
  return false;
}

void Call::Consume(const void* object) {
  auto* consumed = static_cast<Object*>(const_cast<void*>(object));
  const SetterList* list = consumed->setters.load(std::memory_order_acquire);
  if (list != nullptr && !list->empty()) consumed_ = consumed;
}

void Call::FlushSetters() {
  if (session_.channel() != nullptr)
    session_.setters().FlushAll(*session_.channel(), t_thread.number);
}

// Sending ----------------------------------------------------------------------------------------

void Call::MarkInFlight(bool waits) {
  transport::GuestChannel& channel = *session_.channel();
  for (const InBlock& in : in_blocks_) {
    if (!waits || in.kept) channel.MarkInFlight(in.block);
  }
  for (std::size_t i = 0; i < output_count_; ++i) {
    if (output(i).later) channel.MarkInFlight(output(i).block);
  }
  if ((maps_ || unmaps_) && mapping_.shadow) channel.MarkInFlight(mapping_.shadow);
  if (shares_for_ != 0) channel.MarkInFlight(shared_);
}

bool Call::Submit(const void* arguments, wire::CommandHeader header) {
  const std::array<std::span<const std::byte>, 2> parts = {
      std::span(static_cast<const std::byte*>(arguments), argument_bytes_),
      std::span<const std::byte>(payload_, payload_used_)};
  const std::span<const std::span<const std::byte>> filled(parts.data(),
                                                           payload_used_ == 0 ? 1 : 2);
  transport::GuestChannel& channel = *session_.channel();
  if (consumed_ == nullptr) return channel.Submit(header, filled);
  SetterList* list = consumed_->setters.load(std::memory_order_acquire);
  return list->SubmitWith(channel, t_thread.number, {.header = header, .parts = filled});
}

bool Call::Send(const void* arguments, bool waits) {
  if (failed_ || session_.channel() == nullptr || session_.lost()) return false;
  transport::GuestChannel& channel = *session_.channel();
  arguments_ = arguments;
  waited_ = waits;
  delivers_ |= waits;
  wire::CommandHeader header = {
      .function = function_, .slot = wire::kNoSlot, .thread = t_thread.number};
  if (waits) {
    slot_ = channel.AcquireSlot();
    header.flags = wire::kCommandWaits;
    header.slot = slot_.index;
    dirty_ = true;
  }
  if (dirty_) MarkInFlight(waits);
  sent_ = Submit(arguments, header);
  if (!sent_) return false;
  if (waits) {
    reply_ = channel.Await(slot_);
    if (reply_.status == static_cast<std::uint32_t>(wire::ReplyStatus::kLost)) return false;
  }
  return true;
}

void Call::FreeInputs(bool done) {
  for (const InBlock& in : in_blocks_) {
    if (done && waited_ && !in.kept) {
      session_.channel()->Free(in.block);
    } else {
      session_.channel()->FreeWhenDone(in.block);
    }
  }
  in_blocks_.clear();
}

void Call::Succeed() {
  if (shares_for_ != 0) FinishSharing(true);
  for (std::size_t i = 0; i < minted_count_; ++i) {
    if (minted_[i].destination != nullptr) StoreHandle(minted_[i].destination, minted_[i].object);
  }
  minted_count_ = 0;
  bound_many_ = minted_many_.size();
  if (waited_) bound_many_ = std::min<std::uint64_t>(reply_.produced, bound_many_);
  for (std::size_t i = 0; i < bound_many_; ++i)
    StoreHandle(&minted_many_destination_[i], minted_many_[i]);
  for (std::size_t i = 0; i < output_count_; ++i) {
    Output& later = output(i);
    if (!later.later) continue;
    const Delivery delivery = {.block = later.block,
                               .destination = static_cast<std::byte*>(later.destination),
                               .bytes = later.bytes,
                               .strided = later.strided,
                               .rect = later.rect};
    if (session_.deliveries().Add(delivery)) later.block = {};
  }
  callback_ = 0;
  if (maps_) FinishMapping(true);
  if (unmaps_) FinishUnmapping(true);
  if (view_.id != 0 || !freeing_.empty()) FinishAddresses(true);
}

void Call::Fail() {
  if (dirty_) CleanUp();
}

// The worker may have called back before the call failed, with what the call would have returned.
void Call::GiveUpCallback() {
  if ((reply_.produced & wire::kFailedCalledBack) == 0) {
    session_.callbacks().Drop(callback_);
  } else {
    Object* result = nullptr;
    if ((reply_.produced & wire::kFailedResultLives) != 0 && minted_count_ == 1)
      result = minted_[--minted_count_].object;
    session_.callbacks().Leave(callback_, callback_kind_, result);
  }
  callback_ = 0;
}

// Frees what no longer serves anything. What the worker may still write to is left to it.
void Call::CleanUp() {
  dirty_ = false;
  if (alone_) session_.EndAlone();
  alone_ = false;
  if (callback_ != 0) GiveUpCallback();
  for (std::size_t i = 0; i < minted_count_; ++i) g_objects.Release(*minted_[i].object);
  minted_count_ = 0;
  for (std::size_t i = bound_many_; i < minted_many_.size(); ++i)
    g_objects.Release(*minted_many_[i]);
  minted_many_.clear();
  if (view_.id != 0 || !freeing_.empty()) FinishAddresses(false);
  if (session_.channel() == nullptr) return;
  transport::GuestChannel& channel = *session_.channel();
  if (shares_for_ != 0) FinishSharing(false);
  if (maps_) FinishMapping(false);
  if (unmaps_) FinishUnmapping(false);
  for (std::size_t i = 0; i < output_count_; ++i) {
    Output& left = output(i);
    if (!left.block || left.borrowed) continue;
    if (left.later && sent_) {
      channel.FreeWhenDone(left.block);
    } else {
      channel.Free(left.block);
    }
    left.block = {};
  }
  output_count_ = 0;
  FreeInputs(/*done=*/true);
  if (slot_.index != wire::kNoSlot) channel.ReleaseSlot(slot_);
  slot_ = {};
}

// References -------------------------------------------------------------------------------------

}  // namespace ava::guest
