// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the runtime must know of the API that it serves: tables which the generated code defines.

#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/transport/guest_channel.h"

namespace ava::guest {

struct CallbackEntry;

// A type of handle.
struct TypeInfo {
  const char* name = nullptr;
  bool immortal = false;               // retain and release do nothing
  bool may_share = false;              // its memory may be shared
  void* (*make_metadata)() = nullptr;  // null: the spec keeps none
  void (*drop_metadata)(void*) = nullptr;
};

// A callback's signature.
struct CallbackInfo {
  const char* name = nullptr;
  bool once = false;
  // Decodes the upcall (`record`: header and payload) and calls the program's function.
  void (*run)(const CallbackEntry& entry, std::span<const std::byte> record) = nullptr;
  // Calls it after the worker was lost; null: it is not called then.
  void (*run_lost)(const CallbackEntry& entry) = nullptr;
  // Gives up what the call returns, if the callback may be given that.
  void (*release)(void* handle) = nullptr;
};

struct NamedFunction {
  const char* name;
  void* address;
};

// How a session is had; tests put their own here.
struct Connector {
  transport::GuestChannel* (*connect)(const transport::ConnectOptions&,
                                      transport::GuestChannelEvents&, std::span<char> error);
  void (*abandon_after_fork)(transport::GuestChannel*);
};
// By way of ava/transport.
extern const Connector kTransportConnector;

struct ApiInfo {
  const char* name = nullptr;
  const unsigned char* digest = nullptr;     // 32 bytes
  const char* const* environment = nullptr;  // patterns, null-terminated
  const void* dispatch =
      nullptr;  // first word of every object; null: the API has no such convention
  std::span<const char* const> function_names;  // by FunctionId
  std::span<const TypeInfo> types;              // by TypeId; [0] is not used
  std::span<const CallbackInfo> callbacks;      // by CallbackId; [0] is not used
  std::span<const NamedFunction> addresses;     // sorted by name
  const Connector* connector = nullptr;
};

// Defined by the generated code, once in a guest library.
extern const ApiInfo kApi;

// The address of the API's function `name`, for queries such as clGetExtensionFunctionAddress;
// null: there is none.
void* FunctionAddress(const char* name);
// For messages; never null.
const char* FunctionName(std::uint16_t function);

}  // namespace ava::guest
