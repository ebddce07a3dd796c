// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a generated server module is to the worker: `extern "C" const ServerApi* ava_server_api()`.
//
// Module and worker are of one release of AvA and share these structures, and all that a Call and a
// Session are made of; kServerAbi tells unlike releases apart.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ava/worker/pending_work.h"

namespace ava::worker {

class Call;
class Session;

inline constexpr std::uint32_t kServerAbi = 1'000;  // of release 0.1.0

enum FunctionFlags : std::uint16_t {
  kFunctionBlocks = 1,    // may block on the device
  kFunctionCompiles = 2,  // computes for long on the host
  kFunctionDelivers =
      4,  // completions may have become visible: finished work is marked before the reply
  kFunctionAsync = 8,     // may come without a waiter
  kFunctionSubmits = 16,  // gives the device work: waits for its turn
};

// How a function reports an error, and hence what a refusal puts into the reply.
enum class ErrorBy : std::uint8_t { kNone, kReturn, kParameter };

// A Blob of the argument structure, so that its block can be given back however far the call came.
struct BlobField {
  enum class Kind : std::uint8_t {
    kPlain,
    kNested,  // its content is Blobs
    kUntil,   // used until the call's event completes, unless the call blocks
    kShadow,  // of a mapping
    kShared,  // memory of the object that the call makes
  };
  std::uint16_t offset = 0;  // in the argument structure
  Kind kind = Kind::kPlain;
};

struct FunctionEntry {
  std::string_view name;
  void (*serve)(Call&) = nullptr;  // null: no command of this kind exists
  std::uint32_t args_bytes = 0;
  std::uint16_t flags = 0;  // FunctionFlags
  ErrorBy error_by = ErrorBy::kNone;
  std::span<const BlobField> blobs;
};

struct ResourceEntry {
  std::string_view name;
  bool continuous = false;
};

struct ServerApi {
  std::uint32_t abi = kServerAbi;
  std::string_view name;                     // "opencl"
  std::string_view version;                  // of the API
  const unsigned char* digest = nullptr;     // 32 bytes
  std::span<const FunctionEntry> functions;  // by id
  std::span<const ResourceEntry> resources;  // by ResourceId
  std::span<const std::string_view>
      environment;                  // patterns of variables that the guest may pass on
  std::string_view vendor_library;  // file name or path, from the spec
  // Opens the vendor library and fills the table of its functions. Null on success, else why not.
  const char* (*open_vendor)(const char* path) = nullptr;
  // The session for which the process works from now on; null: none. Set before the first call.
  void (*bind_session)(Session* session) = nullptr;
  EventFunctions events;
};

using ServerApiFunction = const ServerApi* (*)();
inline constexpr const char* kServerApiSymbol = "ava_server_api";

}  // namespace ava::worker
