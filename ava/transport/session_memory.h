// SPDX-License-Identifier: Apache-2.0
#pragma once

// The session's shared memory: the manager creates it, the guest and the worker map it.

#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/abi.h"

namespace ava::transport {

struct SessionMemoryOptions {
  std::uint64_t session = 0;
  std::uint64_t arena_bytes = wire::kArenaBytesDefault;  // rounded up to wire::kArenaAlignment
  std::uint64_t segment_bytes_max = wire::kSegmentBytesDefault;
  std::uint32_t functions = 0;
};

// A memfd (close-on-exec) of the layout in ava/wire/abi.h, sparse, sealed, with its header written.
Result<UniqueFd> CreateSessionMemory(const SessionMemoryOptions& options);

// Sum over all threads of the calls that the guest answered by itself; `memory_fd` may be mapped by
// a hostile guest. calls[i] is set for function i; calls.size() is at most wire::kFunctionsMax.
Result<void> ReadLocalCallsUntrusted(int memory_fd, std::span<std::uint64_t> calls);

}  // namespace ava::transport
