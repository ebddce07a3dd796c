// SPDX-License-Identifier: Apache-2.0
#pragma once

// GuestChannel over a SessionMapping and the session socket. Connect makes one; tests attach their
// own.

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "ava/base/mutex.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/guest_memory.h"
#include "ava/transport/guest_stdout.h"
#include "ava/transport/own_descriptors.h"
#include "ava/transport/reply_slots.h"
#include "ava/transport/ring.h"
#include "ava/transport/session_mapping.h"
#include "ava/wire/handshake.h"

namespace ava::transport {

class ShmGuestChannel final : public GuestChannel, private SegmentCarrier {
 public:
  // Starts the listener. Null on failure, with one line in `error`. End it with Disconnect or
  // AbandonAfterFork; the object itself is never freed, since other threads of the program may
  // still be inside a call.
  static ShmGuestChannel* Attach(SessionMapping mapping, UniqueFd socket,
                                 GuestChannelEvents& events, std::span<char> error);

  bool Submit(wire::CommandHeader header,
              std::span<const std::span<const std::byte>> parts) override;
  bool SubmitAll(std::span<const Record> records) override;
  Slot AcquireSlot() override;
  void ReleaseSlot(Slot slot) override;
  wire::ReplyHeader Await(Slot slot) override;
  Block Allocate(std::uint64_t bytes) override;
  Block AllocateLasting(std::uint64_t bytes) override;
  void Free(Block block) override;
  void MarkInFlight(Block block) override;
  bool IsDone(Block block) const override;
  bool HasFailed(Block block) const override;
  void FreeWhenDone(Block block) override;
  void FollowStdout() override;
  void LetGoOfStdout() override;
  bool lost() const override { return lost_.load(std::memory_order_acquire); }
  std::uint64_t* LocalCalls() override;

  void Disconnect();
  void AbandonAfterFork();
  GuestMemory::Usage memory_usage() { return memory_.usage(); }

 private:
  ShmGuestChannel(SessionMapping mapping, UniqueFd socket, GuestChannelEvents& events);
  static void* RunListener(void* channel);

  // Submitting; all with submit_mutex_ held.
  bool AppendLocked(const Record& record);
  bool WaitForRoomLocked(std::uint32_t bytes);
  void PublishLocked();

  bool MakeSegment(Segment& segment) override;
  std::uint64_t SendDrop(std::uint32_t id) override;
  // A command of the session's own with one number. Where in the ring it ends; 0: there is nobody.
  std::uint64_t SubmitOwn(std::uint16_t function, std::uint32_t number);

  // The listener's thread.
  int AwaitListener();  // by the one who started it: 0 or an errno
  bool Settle();
  void Listen();
  void SleepOnSocket();
  bool DrainUpcalls();  // false: the session is to end
  bool HandleMessage();
  void EndWith(std::string_view reason);
  void BeLost();
  int Sleepers() const;

  // Where the session's descriptors are: on the listener's thread, or as errands.
  bool SendSegment(const Segment& segment, int fd);
  bool SendStdout(std::uint32_t number);
  void PassStdout();
  void WaitForStdoutsTaken();
  void SayGoodbye();

  SessionMapping mapping_;
  UniqueFd socket_;  // of the program's table; empty when the listener has left that
  const int own_socket_;
  GuestChannelEvents& events_;
  const std::uint64_t number_;  // among all channels that this process ever had
  pthread_t listener_ = {};
  ErrandThread errands_;
  // The listener's, a futex word: kStarting, or how that went.
  static constexpr std::uint32_t kStarting = 0;
  static constexpr std::uint32_t kListens = 1;
  static constexpr std::uint32_t kListensApart = 2;  // with descriptors of its own
  static constexpr std::uint32_t kFailed = 3;        // 3 and more: with errno 0 and more
  std::atomic<std::uint32_t> start_{kStarting};

  std::atomic<bool> lost_{false};
  std::atomic<bool> disconnecting_{false};
  std::atomic<int> room_sleepers_{0};
  ReplySlots slots_;
  GuestMemory memory_;
  GuestStdout stdout_;
  Mutex stdout_mutex_;  // so that descriptors and commands come in one order
  std::uint32_t stdouts_passed_ = 0;
  std::uint32_t stdouts_told_ = 0;
  // Where in the ring the last commands of theirs end; 0: there was none.
  std::array<std::uint64_t, wire::kStdoutsWaitingMax - 1> stdout_ends_ = {};
  std::atomic<std::uint32_t> rows_{0};  // statistics rows handed out

  alignas(wire::kCacheLineBytes) Mutex submit_mutex_;
  RingWriter commands_;
  std::uint64_t sequence_ = 0;

  // The listener's.
  alignas(wire::kCacheLineBytes) RingReader upcalls_;
  std::array<char, wire::kReasonBytes> reason_ = {};
  bool ended_ = false;
  alignas(16) std::array<std::byte, wire::kUpcallBytesMax> upcall_;
};

}  // namespace ava::transport
