// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/session_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>

#include "ava/base/system_error.h"
#include "ava/transport/session_mapping.h"

namespace ava::transport {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr std::uint32_t kReplyYieldUsDefault = 50;

wire::SessionHeader MakeHeader(const SessionMemoryOptions& options, std::uint64_t arena_bytes) {
  return {.magic = wire::kSessionMagic,
          .version = wire::kAbiVersion,
          .session = options.session,
          .memory_bytes = wire::kArenaOffset + arena_bytes,
          .control_offset = wire::kControlOffset,
          .slots_offset = wire::kSlotsOffset,
          .command_ring_offset = wire::kCommandRingOffset,
          .upcall_ring_offset = wire::kUpcallRingOffset,
          .statistics_offset = wire::kStatisticsOffset,
          .arena_offset = wire::kArenaOffset,
          .arena_bytes = arena_bytes,
          .segment_bytes_max = options.segment_bytes_max,
          .command_ring_bytes = wire::kCommandRingBytes,
          .upcall_ring_bytes = wire::kUpcallRingBytes,
          .slots = wire::kReplySlots,
          .slot_bytes = sizeof(wire::ReplySlot),
          .statistics_rows = wire::kStatisticsRows,
          .functions = options.functions,
          .reserved = 0};
}

Result<void> WriteAt(int fd, const void* data, std::size_t bytes, std::uint64_t offset) {
  if (pwrite(fd, data, bytes, static_cast<off_t>(offset)) != static_cast<ssize_t>(bytes)) {
    return FailSystem("pwrite", "ava-session", errno);
  }
  return {};
}

}  // namespace

Result<UniqueFd> CreateSessionMemory(const SessionMemoryOptions& options) {
  const std::uint64_t arena_bytes =
      (options.arena_bytes + wire::kArenaAlignment - 1) & ~(wire::kArenaAlignment - 1);
  if (options.arena_bytes < wire::kArenaBytesMin || arena_bytes > wire::kArenaBytesMax) {
    return Fail(ErrorCode::kInvalid, "an arena of " + std::to_string(options.arena_bytes) +
                                         " bytes: it must have between " +
                                         std::to_string(wire::kArenaBytesMin) + " and " +
                                         std::to_string(wire::kArenaBytesMax));
  }
  if (options.functions > wire::kFunctionsMax) {
    return Fail(ErrorCode::kInvalid, "an API of " + std::to_string(options.functions) +
                                         " functions: at most " +
                                         std::to_string(wire::kFunctionsMax) + " are possible");
  }
  UniqueFd fd(memfd_create("ava-session", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return FailSystem("memfd_create", "ava-session", errno);
  if (ftruncate(fd.get(), static_cast<off_t>(wire::kArenaOffset + arena_bytes)) != 0) {
    return FailSystem("ftruncate", "ava-session", errno);
  }
  const wire::SessionHeader header = MakeHeader(options, arena_bytes);
  AVA_TRY(WriteAt(fd.get(), &header, sizeof header, wire::kHeaderOffset));
  AVA_TRY(WriteAt(fd.get(), &kReplyYieldUsDefault, sizeof kReplyYieldUsDefault,
                  wire::kControlOffset + offsetof(wire::SessionControl, tuning)));
  if (fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0)
    return FailSystem("fcntl(F_ADD_SEALS)", "ava-session", errno);
  return fd;
}

Result<void> ReadLocalCallsUntrusted(int memory_fd, std::span<std::uint64_t> calls) {
  SessionMapping mapping;
  int error = 0;
  if (const char* wrong = mapping.Map(memory_fd, error)) {
    return Fail(ErrorCode::kViolation,
                std::string("the session's memory cannot be read: ") + wrong);
  }
  std::ranges::fill(calls, 0);
  for (std::uint32_t row = 0; row < wire::kStatisticsRows; ++row) {
    wire::StatisticsRow& statistics = mapping.statistics()[row];
    // Rows are handed out from the first on, so the first unused one ends all but the shared one.
    if (std::atomic_ref(statistics.thread).load(std::memory_order_relaxed) == 0) continue;
    for (std::size_t i = 0; i < std::min<std::size_t>(calls.size(), wire::kFunctionsMax); ++i) {
      calls[i] += std::atomic_ref(statistics.local_calls[i]).load(std::memory_order_relaxed);
    }
  }
  return {};
}

}  // namespace ava::transport
