// SPDX-License-Identifier: Apache-2.0
#pragma once

// The worker's end of a session. Everything read here was written by a guest: records are copied
// out once and only then looked at; offsets and sizes are checked against the mapping before a
// pointer is made.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/wire/blob.h"
#include "ava/wire/record.h"

namespace ava::transport {

inline constexpr std::chrono::nanoseconds kUpcallStallMax = std::chrono::seconds(30);
inline constexpr std::chrono::nanoseconds kSegmentArrivalMax = std::chrono::seconds(30);

class WorkerChannel {
 public:
  virtual ~WorkerChannel() = default;

  enum class Next { kCommand, kTimeout, kClosed, kViolation };
  // Copies the next record into `buffer` (kRecordBytesMax bytes) and frees its place in the ring.
  // Waits (adaptively: yield-spins, then futex) until one comes, the session closes, or the timeout
  // passes. Only the thread that holds the consumer role calls this.
  virtual Next Receive(std::span<std::byte> buffer, std::chrono::nanoseconds timeout) = 0;
  // For the hand-over of the consumer role. Before a call that may block, the thread that has the
  // role announces that nobody reads the ring, and only then gives the role up; a command that is
  // there already, or the guest's next one, wakes a thread in WaitForCommand. Whoever comes first
  // takes the role and calls Receive, which withdraws the announcement: a stand-by, or the
  // announcer when its call has returned.
  virtual void AnnounceAsleep() = 0;
  // Any number of threads without the role: sleeps until the role was announced free and a command
  // is there (true), or the session closes (false). Another thread may have been faster.
  virtual bool WaitForCommand() = 0;
  // A command is there to be received. Exact while nobody has the role.
  virtual bool HasCommand() const = 0;

  // Posts the reply into a slot and wakes its waiter. Any thread; at most once per command.
  virtual void Reply(std::uint32_t slot, const wire::ReplyHeader& header) = 0;
  virtual std::span<std::byte> SlotInline(std::uint32_t slot) = 0;  // empty for a bad index

  // Memory behind a blob with place kArena (SlotInline has kSlot's); null when it does not lie
  // wholly inside. Waits shortly for a segment that the guest has announced but whose descriptor is
  // still on its way.
  virtual std::span<std::byte> ArenaUntrusted(const wire::Blob& blob) = 0;
  virtual void MarkBlockDone(const wire::Blob& blob) = 0;    // release; kArena blobs only
  virtual void MarkBlockFailed(const wire::Blob& blob) = 0;  // likewise, but it holds no outputs
  // `in_use`: calls are under way that may have been given memory of it. Then nothing else comes to
  // lie there before a segment is dropped while none are.
  virtual void DropSegment(std::uint32_t segment, bool in_use) = 0;
  // The program's standard output of this number, which the guest has passed on. Waits shortly for
  // it as for a segment; empty when it does not come.
  virtual UniqueFd TakeStdout(std::uint32_t /*number*/) { return {}; }

  // Sends an upcall; header.bytes is filled in here. Blocks while the upcall ring is full (bounded:
  // after kUpcallStallMax the session is closed as stalled). Any thread.
  virtual bool Upcall(wire::UpcallHeader header,
                      std::span<const std::span<const std::byte>> parts) = 0;

  // Ends the session; every waiter on both sides is released.
  virtual void Close(const char* reason) = 0;
  virtual bool closed() const = 0;
  // Why Receive returned kViolation or kClosed; empty while the session lives.
  virtual std::string reason() const { return {}; }

  struct WaitCounts {
    std::uint64_t worker_wakeups = 0;  // the worker slept on the ring and a command woke it
    std::uint64_t guest_wakeups = 0;   // a reply or an upcall found its reader asleep
  };
  virtual WaitCounts wait_counts() const { return {}; }
};

struct WorkerChannelOptions {
  // How long Receive yields before it sleeps. It goes up to the maximum while commands come
  // at distances below that, and back to the minimum with the first longer silence.
  std::chrono::nanoseconds yield_min = std::chrono::microseconds(50);
  std::chrono::nanoseconds yield_max = std::chrono::microseconds(50);
  // What guest threads do for their replies; only a hint, 0: sleep at once.
  std::chrono::nanoseconds reply_yield = std::chrono::microseconds(50);
  // All segments of the session together.
  std::uint64_t segment_bytes_max = std::uint64_t{64} << 30;
};

// `memory_fd`: the session's sealed memfd; `socket_fd`: the session's socket to the guest. Takes
// both over, also when it fails. Starts a thread that watches the socket.
Result<std::unique_ptr<WorkerChannel>> OpenWorkerChannel(int memory_fd, int socket_fd,
                                                         const WorkerChannelOptions& options = {});

}  // namespace ava::transport
