// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ava/guest/call.h"
#include "ava/guest/session.h"

// Ranges of objects that a call maps, or unmaps.

namespace ava::guest {

bool Call::Share(const void* result, std::uint64_t bytes, const void* data,
                 std::uint64_t data_bytes, wire::Blob& blob) {
  if (result == nullptr || !session_.options().shared || bytes < kSharedBytesMin ||
      data_bytes > bytes || session_.channel() == nullptr || session_.lost())
    return false;
  session_.Deliver();
  shared_ = session_.channel()->AllocateLasting(bytes);
  if (!shared_) return false;
  shares_for_ = static_cast<const Object*>(result)->id;
  dirty_ = true;
  blob = ArenaBlob(shared_, bytes);
  if (data_bytes != 0) std::memcpy(shared_.data, data, data_bytes);
  return true;
}

void Call::FinishSharing(bool success) {
  const wire::HandleId object = std::exchange(shares_for_, 0);
  if (success) return session_.shared_memory().Add(object, shared_);
  sent_ && !waited_ ? session_.channel()->FreeWhenDone(shared_) : session_.channel()->Free(shared_);
  shared_ = {};
}

void Call::Map(const void* object, const MapRequest& request, std::uint64_t& id,
               wire::Blob& shadow) {
  mapping_ = {.id = session_.mappings().NewId(),
              .object = static_cast<const Object*>(object)->id,
              .view = static_cast<std::byte*>(request.shared),
              .in_place = request.shared != nullptr,
              .reads = request.reads,
              .writes = request.writes};
  if (!mapping_.in_place) mapping_.shadow = Allocate(request.shadow_bytes(), shadow);
  id = mapping_.id;
  maps_ = mapping_.in_place || mapping_.shadow;
  map_request_ = request;
  dirty_ = true;
}

std::uint64_t Call::PitchOf(const Output* output) const {
  std::size_t pitch = 0;
  if (output != nullptr) std::memcpy(&pitch, Data(*output), sizeof(pitch));
  return pitch;
}

void Call::SetPitch(const Output* output, std::size_t pitch) const {
  if (output != nullptr) std::memcpy(const_cast<std::byte*>(Data(*output)), &pitch, sizeof(pitch));
}

// Where the program sees the range, now that its pitches are known.
void Call::FindView() {
  const MapRequest& request = map_request_;
  auto* host = static_cast<std::byte*>(request.host);
  Rect& box = mapping_.box;
  if (!request.boxed) {
    const std::size_t range[3] = {request.bytes, 1, 1};
    box = Rect::Of(range, 1, nullptr, 0, 0);
    mapping_.view = host;
    return;
  }
  box = Rect::Of(request.region, request.bytes, request.origin, PitchOf(request.row_pitch),
                 PitchOf(request.slice_pitch));
  if (host != nullptr) mapping_.view = host + box.offset;
  box.offset = 0;
  if (host != nullptr || box.IsTight()) return;
  constexpr std::size_t kViewAlignment = 4096;
  const std::uint64_t bytes = (box.span() + kViewAlignment - 1) / kViewAlignment * kViewAlignment;
  if (bytes != 0)
    mapping_.view = static_cast<std::byte*>(std::aligned_alloc(kViewAlignment, bytes));
  mapping_.owns_view = mapping_.view != nullptr;
  if (mapping_.owns_view) return;
  // No memory: the program sees the packed box, and is told so.
  SetPitch(request.row_pitch, box.row_bytes);
  if (box.slices > 1) SetPitch(request.slice_pitch, box.row_bytes * box.rows);
}

// What brings the mapping's contents to the program.
Delivery Call::Contents() const {
  return {.block = mapping_.shadow,
          .destination = mapping_.view,
          .strided = true,
          .keep_block = true,
          .rect = mapping_.box};
}

void Call::FinishMapping(bool success) {
  maps_ = false;
  if (mapping_.in_place) {
    if (success) session_.mappings().Add(mapping_);
    return;
  }
  if (!success) {
    sent_ ? session_.channel()->FreeWhenDone(mapping_.shadow)
          : session_.channel()->Free(mapping_.shadow);
    return;
  }
  FindView();
  session_.mappings().Add(mapping_);
  if (mapping_.view == nullptr || !mapping_.reads) return;
  if (map_request_.blocks) {
    Contents().Copy();
  } else {
    session_.deliveries().Add(Contents());
  }
}

void Call::Unmap(const void* object, const void* pointer, std::uint64_t& id) {
  mapping_ = session_.mappings().Claim(static_cast<const Object*>(object)->id, pointer);
  id = mapping_.id;
  unmaps_ = mapping_.id != 0;
  dirty_ |= unmaps_;
  if (!unmaps_ || mapping_.in_place || mapping_.view == nullptr || !mapping_.writes) return;
  // Before the contents are there the program has not written; what lies there is older than them.
  if (!session_.deliveries().IsPending(mapping_.shadow))
    mapping_.box.Pack(mapping_.shadow.data, mapping_.view);
}

void Call::FinishUnmapping(bool success) {
  unmaps_ = false;
  if (!success) return session_.mappings().PutBack(mapping_.id);
  session_.mappings().Remove(mapping_.id);
  if (mapping_.in_place) return;
  session_.deliveries().Forget(mapping_.shadow);
  session_.channel()->FreeWhenDone(mapping_.shadow);
  if (mapping_.owns_view) std::free(mapping_.view);
}

}  // namespace ava::guest
