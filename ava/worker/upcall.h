// SPDX-License-Identifier: Apache-2.0
#pragma once

// One call of a guest's callback, made by a generated trampoline on a thread of the vendor library.
//
//   Upcall upcall(session, user_data, kCallback_...);       what is unknown, or was once and has
//   fired, sends nothing arguments.event = upcall.IdOf(kType_cl_event, event); arguments.errinfo =
//   upcall.String(errinfo, sizeof(arguments)); upcall.Send(arguments);
//
// Finished work is marked before the guest hears of it, unless the callback is an early one; the
// holds of a callback that fires once end here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ava/wire/blob.h"
#include "ava/worker/callbacks.h"
#include "ava/worker/session.h"

namespace ava::worker {

class Upcall {
 public:
  Upcall(Session* session, void* user_data, std::uint16_t callback);
  ~Upcall() {
    if (fired_ != nullptr) session_->callbacks.Fired();
  }
  Upcall(const Upcall&) = delete;
  Upcall& operator=(const Upcall&) = delete;

  bool wanted() const { return fired_ != nullptr; }
  wire::HandleId IdOf(TypeId type, const void* vendor);
  // The id that the guest has minted for what the call returns, while that call is still being
  // made: the object is bound to it now, and the caller takes a reference for the guest.
  bool bound_result() const { return bound_result_; }
  // Text with its NUL, or bytes, behind an argument structure of `args_bytes`; what is too long is
  // cut off.
  wire::Blob String(const char* text, std::size_t args_bytes);
  wire::Blob Buffer(const void* data, std::size_t bytes, std::size_t args_bytes);
  template <class Args>
  void Send(const Args& args) {
    SendBytes(std::as_bytes(std::span(&args, 1)));
  }

 private:
  void SendBytes(std::span<const std::byte> args);

  Session* session_;
  std::uint16_t callback_;
  std::unique_ptr<Callback> fired_;
  bool bound_result_ = false;
  std::vector<std::byte> payload_;
};

}  // namespace ava::worker
