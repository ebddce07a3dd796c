// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/upcall.h"

#include <algorithm>
#include <cstring>

#include "ava/worker/limits.h"

namespace ava::worker {

Upcall::Upcall(Session* session, void* user_data, std::uint16_t callback)
    : session_(session), callback_(callback) {
  if (session_ == nullptr) return;
  fired_ = session_->callbacks.Fire(reinterpret_cast<std::uintptr_t>(user_data));
}

wire::HandleId Upcall::IdOf(TypeId type, const void* vendor) {
  if (vendor == nullptr) return 0;
  auto* object = const_cast<void*>(vendor);
  if (fired_->result != 0 && fired_->result_type == type &&
      session_->handles.Bind(fired_->result, type, object)) {
    bound_result_ = true;
    return fired_->result;
  }
  return session_->handles.Existing(type, object);
}

wire::Blob Upcall::String(const char* text, std::size_t args_bytes) {
  if (text == nullptr) return {};
  const std::size_t room = kUpcallPayloadMax - std::min(payload_.size(), kUpcallPayloadMax);
  const std::size_t length = strnlen(text, std::min(room, kUpcallPayloadMax / 2));
  wire::Blob blob = Buffer(text, length, args_bytes);
  payload_.resize(payload_.size() +
                  sizeof(std::uint64_t));  // its NUL, and the alignment of what follows
  blob.bytes = length + 1;
  return blob;
}

wire::Blob Upcall::Buffer(const void* data, std::size_t bytes, std::size_t args_bytes) {
  if (data == nullptr) return {};
  const std::size_t length =
      std::min(bytes, kUpcallPayloadMax - std::min(payload_.size(), kUpcallPayloadMax));
  const wire::Blob blob{.place = static_cast<std::uint32_t>(wire::Place::kRecord),
                        .segment = 0,
                        .offset = sizeof(wire::UpcallHeader) + args_bytes + payload_.size(),
                        .bytes = length};
  const auto* from = static_cast<const std::byte*>(data);
  payload_.insert(payload_.end(), from, from + length);
  payload_.resize((payload_.size() + 7) / 8 * 8);
  return blob;
}

void Upcall::SendBytes(std::span<const std::byte> args) {
  if (!fired_->early) session_->pending.Sweep();
  if (fired_->once) {
    for (const HandleId id : fired_->holds) session_->handles.Unhold(id);
  }
  const std::array parts{args, std::span<const std::byte>(payload_)};
  session_->channel.Upcall(
      {.kind = wire::kUpcallCallback, .callback = callback_, .target = fired_->guest_id}, parts);
  session_->router.CountUpcall(sizeof(wire::UpcallHeader) + args.size() + payload_.size());
  session_->Tick();
}

}  // namespace ava::worker
