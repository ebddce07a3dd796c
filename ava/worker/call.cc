// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/call.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "ava/base/format.h"

namespace ava::worker {
namespace {

wire::CommandHeader HeaderOf(std::span<const std::byte> record) {
  wire::CommandHeader header;
  std::memcpy(&header, record.data(), sizeof(header));
  return header;
}

}  // namespace

Call::Call(Session& session, const FunctionEntry& function, std::span<std::byte> record,
           Scratch& scratch)
    : session_(session),
      function_(function),
      record_(record),
      header_(HeaderOf(record)),
      scratch_(scratch) {
  scratch_.Reset();
  in_bytes_ = record.size();
}

void Call::Refuse(std::int64_t error) {
  if (!ok()) return;
  state_ = State::kRefused;
  if (function_.error_by != ErrorBy::kNone) reply_.error = static_cast<std::int32_t>(error);
  if (function_.error_by == ErrorBy::kReturn) reply_.result = static_cast<std::uint64_t>(error);
}

void Call::Violate(const char* parameter, const std::string& what) {
  if (state_ == State::kViolated) return;
  state_ = State::kViolated;
  violation_ = fmt::format("{}: '{}': {}", function_.name, parameter, what);
}

bool Call::Made(bool succeeded, std::uint64_t result, std::int32_t error) {
  if (!ok()) return false;
  session_.Tick();
  reply_.result = result;
  reply_.error = error;
  state_ = succeeded ? State::kSucceeded : State::kFailed;
  FinishFrees();
  if (!succeeded) {
    reply_.produced = wire::kFailedInLibrary;
    return false;
  }
  Bring();
  for (const Output& output : outputs_) {
    if (output.role == Role::kNewHandle || output.role == Role::kNewHandles) BindNew(output);
  }
  return this->succeeded();
}

void* Call::Shared(const Blob& blob, const char* name, Wide bytes) {
  constexpr std::uint64_t kPageBytes = 4096;
  if (!SizeIs(blob, name, bytes)) return nullptr;
  if (blob.place != static_cast<std::uint32_t>(wire::Place::kArena) ||
      blob.offset % kPageBytes != 0) {
    Violate(name, fmt::format("memory of an object in place {} at {}", blob.place, blob.offset));
    return nullptr;
  }
  const std::span<std::byte> memory = OutputPlace(blob, name);
  return ok() ? memory.data() : nullptr;
}

void* Call::Lend(const Blob& blob) {
  lends_ = true;
  return session_.lent->Lend(blob);
}

void Call::Maps(std::uint64_t mapping, const Blob& shadow, Wide bytes, bool reads, bool writes) {
  // Without a shadow the guest sees the object's own memory.
  const bool in_place = !SizeIs(shadow, "shadow", bytes);
  if (!ok()) return;
  if (!in_place && shadow.place != static_cast<std::uint32_t>(wire::Place::kArena)) {
    Violate("shadow", fmt::format("in place {}", shadow.place));
    return;
  }
  if (!in_place) (void)OutputPlace(shadow, "shadow");
  mapping_ = std::make_shared<Mapping>();
  mapping_->id = mapping;
  mapping_->shadow = shadow;
  mapping_->bytes = shadow.bytes;
  mapping_->writes = writes && !in_place;
  mapping_->filled = !reads;
  mapping_reads_ = reads && !in_place;
  if (ok() && !session_.mappings.Add(mapping_)) {
    Violate("mapping",
            fmt::format("id {} is 0 or in use, or there are {} mappings", mapping, kMappingsMax));
    mapping_ = nullptr;
  }
}

void Call::Mapped(void* pointer) {
  const std::size_t range[3] = {mapping_->bytes, 1, 1};
  Mapped(pointer, range, 1, 0, 0);
}

void Call::Mapped(void* pointer, const std::size_t* region, Wide element, std::size_t row_pitch,
                  std::size_t slice_pitch) {
  {
    const std::lock_guard lock(mapping_->mutex);  // A guest may name it before it was told.
    mapping_->pointer = pointer;
    mapping_->box =
        Rect::Of(region, static_cast<std::uint64_t>(element), nullptr, row_pitch, slice_pitch);
  }
  if (!mapping_reads_) return;
  if (blocks_) {
    Mappings::Fill(*mapping_, session_.channel);
    out_bytes_ += mapping_->bytes;
    return;
  }
  Item().fill = mapping_;
}

void* Call::Unmaps(std::uint64_t mapping) {
  static std::byte nowhere;
  const std::shared_ptr<Mapping> found = session_.mappings.Find(mapping);
  if (found == nullptr) return &nowhere;
  void* const pointer = found->Pointer();
  if (pointer == nullptr) return &nowhere;
  unmaps_ = mapping;
  if (ok() && found->writes) {
    Mappings::Flush(*found, session_.channel);
    in_bytes_ += found->bytes;
  }
  return pointer;
}

void Call::GiveUpMapping() {
  if (mapping_ != nullptr && !succeeded()) session_.mappings.Remove(mapping_->id);
  if (unmaps_ == 0 || !succeeded()) return;
  const std::shared_ptr<Mapping> found = session_.mappings.Find(unmaps_);
  if (found == nullptr) return;
  session_.mappings.Remove(unmaps_);
  if (found->shadow.place == static_cast<std::uint32_t>(wire::Place::kArena))
    session_.channel.MarkBlockDone(found->shadow);
}

void Call::CompletesWith(void* event, bool own) {
  const bool needed = succeeded() && item_ != nullptr && !item_->empty();
  if (succeeded() && !blocks_) session_.router.gate().Submitted(event);
  if (event == nullptr) return;
  if (!needed) {
    if (own) session_.pending.Release(event);
    return;
  }
  item_->event = event;
  if (!own) session_.pending.Retain(event);
  pending_added_ = session_.pending.Add(item_);
  if (!pending_added_)
    Violate("event", fmt::format("more than {} calls wait for their events", kPendingMax));
}

void Call::Trim(const void* place, Wide bytes) {
  for (Output& output : outputs_) {
    if (output.storage != place || output.role != Role::kCopy) continue;
    output.count = static_cast<std::size_t>(
        std::clamp<Wide>(bytes, 0, static_cast<Wide>(output.place.size())));
  }
}

// After an error the guest looks only at those that are always brought back.
void Call::FinishOutputs() {
  if (!succeeded() && state_ != State::kFailed) return;
  for (const Output& output : outputs_) {
    if (!succeeded() && !output.always) continue;
    if (output.role == Role::kExisting) ShowExisting(output);
    if (output.role != Role::kCopy || output.count == 0) continue;
    std::memcpy(output.place.data(), output.storage, output.count);
    out_bytes_ += output.count;
  }
}

bool Call::IsPending(const Blob& blob) const {
  if (!pending_added_) return false;
  const auto is_this = [&](const Blob& pending) {
    return pending.segment == blob.segment && pending.offset == blob.offset;
  };
  return std::ranges::any_of(item_->blocks, is_this) ||
         (item_->fill != nullptr && is_this(item_->fill->shadow));
}

void Call::MarkBlock(const Blob& blob, bool nested) {
  if (nested && blob.bytes <= static_cast<std::uint64_t>(kElementsMax) * sizeof(Blob)) {
    const bool in_record = blob.place == static_cast<std::uint32_t>(wire::Place::kRecord);
    const bool inside = blob.offset <= record_.size() && blob.bytes <= record_.size() - blob.offset;
    std::span<const std::byte> content;
    if (in_record && inside) content = record_.subspan(blob.offset, blob.bytes);
    if (!in_record) content = session_.channel.ArenaUntrusted(blob);
    for (; content.size() >= sizeof(Blob); content = content.subspan(sizeof(Blob))) {
      Blob element;
      std::memcpy(&element, content.data(), sizeof(element));
      MarkBlock(element, false);
    }
  }
  if (blob.place == static_cast<std::uint32_t>(wire::Place::kArena))
    session_.channel.MarkBlockDone(blob);
}

// The guest's again: all blocks when nobody waits for the call, else those that it would have kept.
// docs/wire.md has the rule; those of a pending item are marked when it is finished.
void Call::MarkBlocks() {
  for (const BlobField& field : function_.blobs) {
    Blob blob;
    std::memcpy(&blob, record_.data() + sizeof(wire::CommandHeader) + field.offset, sizeof(blob));
    if (field.kind == BlobField::Kind::kShared && lends_) continue;
    const bool kept = field.kind == BlobField::Kind::kShadow ||
                      (field.kind == BlobField::Kind::kUntil && !blocks_);
    if ((waits() && !kept) || IsPending(blob)) continue;
    MarkBlock(blob, field.kind == BlobField::Kind::kNested);
  }
}

void Call::SendDeferredError() {
  struct {
    std::uint16_t function;
    std::uint16_t zero;
    std::int32_t error;
    std::uint64_t sequence;
  } const body{header_.function, 0, reply_.error, header_.sequence};
  const std::array parts{std::as_bytes(std::span(&body, 1))};
  session_.channel.Upcall({.kind = wire::kUpcallDeferredError}, parts);
  session_.router.CountUpcall(sizeof(wire::UpcallHeader) + sizeof(body));
}

void Call::Finish() {
  GiveUpReservations();
  if (state_ == State::kViolated) return;
  FinishOutputs();
  CountReferences();
  if (!succeeded()) {
    GiveUpCallbacks();
    if (!waits()) KillMinted();
  }
  GiveUpMapping();
  if (state_ == State::kViolated) return;
  if ((function_.flags & kFunctionDelivers) != 0) session_.pending.Sweep();
  MarkBlocks();
  session_.router.CountCall(header_.function,
                            {.in_bytes = in_bytes_,
                             .out_bytes = out_bytes_ + (waits() ? sizeof(reply_) : 0),
                             .waited = waits(),
                             .refused = refused()});
  if (waits()) {
    session_.channel.Reply(header_.slot, reply_);
    session_.Tick();
  } else if (!succeeded()) {
    SendDeferredError();
  }
}

}  // namespace ava::worker
