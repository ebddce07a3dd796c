// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/session_mapping.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace ava::transport {
namespace {

constexpr std::uint64_t kMemoryBytesMax = wire::kArenaOffset + wire::kArenaBytesMax;

// The peer may write the header at any time, so this looks at a copy.
const char* CheckHeader(const wire::SessionHeader& header, std::uint64_t memory_bytes) {
  if (header.magic != wire::kSessionMagic)
    return "it is not a session's memory (wrong magic number)";
  if (header.version != wire::kAbiVersion) return "it has another version of the layout";
  const bool same_layout =
      header.memory_bytes == memory_bytes && header.control_offset == wire::kControlOffset &&
      header.slots_offset == wire::kSlotsOffset &&
      header.command_ring_offset == wire::kCommandRingOffset &&
      header.upcall_ring_offset == wire::kUpcallRingOffset &&
      header.statistics_offset == wire::kStatisticsOffset &&
      header.arena_offset == wire::kArenaOffset &&
      header.arena_bytes == memory_bytes - wire::kArenaOffset &&
      header.command_ring_bytes == wire::kCommandRingBytes &&
      header.upcall_ring_bytes == wire::kUpcallRingBytes && header.slots == wire::kReplySlots &&
      header.slot_bytes == sizeof(wire::ReplySlot) &&
      header.statistics_rows == wire::kStatisticsRows;
  return same_layout ? nullptr : "its header does not describe the layout of this version";
}

}  // namespace

const char* SessionMapping::Map(int fd, int& error) {
  error = 0;
  const int seals = fcntl(fd, F_GET_SEALS);
  constexpr int kSealsNeeded = F_SEAL_SHRINK | F_SEAL_GROW;
  if (seals < 0 || (seals & kSealsNeeded) != kSealsNeeded)
    return "it is not sealed against resizing";
  struct stat status = {};
  if (fstat(fd, &status) != 0) {
    error = errno;
    return "fstat failed";
  }
  const auto bytes = static_cast<std::uint64_t>(status.st_size);
  if (bytes < wire::kArenaOffset + wire::kArenaBytesMin || bytes > kMemoryBytesMax)
    return "its size is out of range";

  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (memory == MAP_FAILED) {
    error = errno;
    return "mmap failed";
  }
  wire::SessionHeader copy;
  memcpy(&copy, memory, sizeof copy);
  if (const char* wrong = CheckHeader(copy, bytes)) {
    munmap(memory, bytes);
    return wrong;
  }
  Unmap();
  base_ = static_cast<std::byte*>(memory);
  bytes_ = bytes;
  owned_ = true;
  return nullptr;
}

SessionMapping SessionMapping::Borrow(const SessionMapping& other) {
  SessionMapping borrowed;
  borrowed.base_ = other.base_;
  borrowed.bytes_ = other.bytes_;
  return borrowed;
}

void SessionMapping::Unmap() {
  if (owned_) munmap(base_, bytes_);
  base_ = nullptr;
  bytes_ = 0;
  owned_ = false;
}

void SessionMapping::UnmapAllButArena() {
  if (owned_) munmap(base_, wire::kArenaOffset);
  base_ = nullptr;
  bytes_ = 0;
  owned_ = false;
}

void SessionMapping::ReplaceByPrivateMemory() {
  if (!owned_) return;
  // A failure leaves the shared memory in place, which is as harmless.
  static_cast<void>(mmap(base_, bytes_, PROT_READ | PROT_WRITE,
                         MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
}

RingMemory SessionMapping::command_ring() const {
  return {.control = &control().command,
          .data = base_ + wire::kCommandRingOffset,
          .bytes = wire::kCommandRingBytes,
          .pad_tag = wire::kCommandPadTag,
          .record_bytes_max = wire::kRecordBytesMax};
}

RingMemory SessionMapping::upcall_ring() const {
  return {.control = &control().upcall,
          .data = base_ + wire::kUpcallRingOffset,
          .bytes = wire::kUpcallRingBytes,
          .pad_tag = wire::kUpcallPadTag,
          .record_bytes_max = wire::kUpcallBytesMax};
}

}  // namespace ava::transport
