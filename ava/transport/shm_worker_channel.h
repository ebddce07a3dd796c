// SPDX-License-Identifier: Apache-2.0
#pragma once

// WorkerChannel over a SessionMapping and the session socket. OpenWorkerChannel makes one; tests
// open their own.
//
// Who reads the ring. At most one thread is in Receive: it has the consumer role, which its owner
// hands around under a lock of its own. Others may wait in WaitForCommand. All of them sleep on the
// ring's reader_wait word, with different futex bits, so that the guest wakes the reader if that is
// what sleeps, and one stand-by if the role was announced free. Stand-bys look at reading_ and at
// the ring themselves; the word counts announcements, so that none of them can sleep through one.

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ava/base/clock.h"
#include "ava/base/mutex.h"
#include "ava/base/peer_order.h"
#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/passed_stdout.h"
#include "ava/transport/ring.h"
#include "ava/transport/session_mapping.h"
#include "ava/transport/wait.h"
#include "ava/transport/worker_channel.h"
#include "ava/transport/worker_segments.h"
#include "ava/wire/abi.h"

namespace ava::transport {

class ShmWorkerChannel final : public WorkerChannel {
 public:
  static Result<std::unique_ptr<ShmWorkerChannel>> Open(SessionMapping mapping, UniqueFd socket,
                                                        const WorkerChannelOptions& options = {});
  ShmWorkerChannel(const ShmWorkerChannel&) = delete;
  ShmWorkerChannel& operator=(const ShmWorkerChannel&) = delete;
  ~ShmWorkerChannel() override;

  Next Receive(std::span<std::byte> buffer, std::chrono::nanoseconds timeout) override;
  void AnnounceAsleep() override;
  bool WaitForCommand() override;
  bool HasCommand() const override { return commands_.HasMore(); }
  void Reply(std::uint32_t slot, const wire::ReplyHeader& header) override;
  std::span<std::byte> SlotInline(std::uint32_t slot) override;
  std::span<std::byte> ArenaUntrusted(const wire::Blob& blob) override;
  void MarkBlockDone(const wire::Blob& blob) override { MarkBlock(blob, wire::kBlockDone); }
  void MarkBlockFailed(const wire::Blob& blob) override { MarkBlock(blob, wire::kBlockFailed); }
  void DropSegment(std::uint32_t segment, bool in_use) override;
  UniqueFd TakeStdout(std::uint32_t number) override;
  bool Upcall(wire::UpcallHeader header,
              std::span<const std::span<const std::byte>> parts) override;
  void Close(const char* reason) override;
  bool closed() const override { return closed_.load(std::memory_order_acquire); }
  std::string reason() const override;
  WaitCounts wait_counts() const override;

 private:
  ShmWorkerChannel(SessionMapping mapping, UniqueFd socket, const WorkerChannelOptions& options);

  // The consumer role.
  void WithdrawAnnouncement();
  bool RestoreAnnouncement(std::uint32_t word);
  void Announce(wire::ReaderWait what);
  void SleepForCommand(Deadline deadline);
  void NoteSilence(std::int64_t silence_ns);
  const char* CheckCommand(const wire::CommandHeader& header);
  Next Violation(const char* wrong);

  std::atomic<std::uint32_t>& reader_wait() const { return mapping_.control().command.reader_wait; }
  void MarkBlock(const wire::Blob& blob, wire::BlockState state);
  std::byte* BlobDataUntrusted(const wire::Blob& blob);
  bool WaitForUpcallRoom(std::uint32_t bytes);
  void WakeListener();

  // The monitor's thread.
  static void* RunMonitor(void* channel);
  void Monitor();
  bool HandleMessage();
  void CloseLocally(const char* reason);
  void WakeEverybody();

  SessionMapping mapping_;
  UniqueFd socket_;
  const WorkerChannelOptions options_;
  const std::uint64_t arena_bytes_;
  WorkerSegments segments_;
  PassedStdout stdouts_;
  pthread_t monitor_ = {};
  bool monitor_started_ = false;

  std::atomic<bool> closed_{false};
  std::atomic<int> sleepers_{0};     // threads that sleep on a word which the guest can write
  std::atomic<bool> reading_{true};  // a thread has the consumer role and is not announced asleep
  std::atomic<std::uint64_t> worker_wakeups_{0};
  std::atomic<std::uint64_t> guest_wakeups_{0};
  PeerOrder order_;
  mutable Mutex reason_mutex_;
  std::string reason_;

  // The consumer's.
  alignas(wire::kCacheLineBytes) RingReader commands_;
  std::uint64_t sequence_ = 0;
  std::int64_t yield_ns_;
  Contention contention_;
  const char* violation_ = nullptr;

  alignas(wire::kCacheLineBytes) Mutex upcall_mutex_;
  RingWriter upcalls_;
};

}  // namespace ava::transport
