// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/shm_worker_channel.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "ava/base/check.h"
#include "ava/base/fd_passing.h"
#include "ava/base/futex.h"
#include "ava/base/system_error.h"
#include "ava/base/text.h"
#include "ava/base/thread.h"
#include "ava/transport/block_state.h"
#include "ava/transport/wait.h"
#include "ava/wire/handshake.h"

namespace ava::transport {
namespace {

constexpr std::size_t kMonitorStackBytes = std::size_t{256} << 10;
constexpr std::int64_t kUpcallYieldNs = 50 * kNanosecondsPerMicrosecond;
constexpr long kWakeRoundNs = kNanosecondsPerMillisecond;

std::uint32_t ReaderWaitOf(std::uint32_t word) { return word & wire::kReaderWaitMask; }

// Another of our threads may have posted this slot's last reply. Between it and us lies what the
// guest did, which orders us; this orders us also for who sees our process alone.
void TakeOver(const wire::ReplySlot& slot) {
  static_cast<void>(slot.state.load(std::memory_order_acquire));
}

}  // namespace

Result<std::unique_ptr<ShmWorkerChannel>> ShmWorkerChannel::Open(
    SessionMapping mapping, UniqueFd socket, const WorkerChannelOptions& options) {
  std::unique_ptr<ShmWorkerChannel> channel(
      new ShmWorkerChannel(std::move(mapping), std::move(socket), options));
  if (const int error = StartThread(channel->monitor_, "ava-monitor", kMonitorStackBytes,
                                    &RunMonitor, channel.get())) {
    return FailSystem("pthread_create", "ava-monitor", error);
  }
  channel->monitor_started_ = true;
  return channel;
}

Result<std::unique_ptr<WorkerChannel>> OpenWorkerChannel(int memory_fd, int socket_fd,
                                                         const WorkerChannelOptions& options) {
  const UniqueFd memory(memory_fd);
  UniqueFd socket(socket_fd);
  SessionMapping mapping;
  int error = 0;
  if (const char* wrong = mapping.Map(memory.get(), error)) {
    std::string message = std::string("the session's memory cannot be used: ") + wrong;
    if (error != 0) message += std::string(": ") + ErrnoText(error);
    return Fail(error != 0 ? ErrorCode::kSystem : ErrorCode::kViolation, std::move(message));
  }
  return AVA_TRY(ShmWorkerChannel::Open(std::move(mapping), std::move(socket), options));
}

ShmWorkerChannel::ShmWorkerChannel(SessionMapping mapping, UniqueFd socket,
                                   const WorkerChannelOptions& options)
    : mapping_(std::move(mapping)),
      socket_(std::move(socket)),
      options_(options),
      arena_bytes_(mapping_.arena_bytes()),
      segments_(options.segment_bytes_max),
      commands_(mapping_.command_ring()),
      yield_ns_(options.yield_min.count()),
      upcalls_(mapping_.upcall_ring()) {
  const auto reply_yield =
      std::chrono::duration_cast<std::chrono::microseconds>(options.reply_yield);
  mapping_.control().tuning.reply_yield_us.store(static_cast<std::uint32_t>(reply_yield.count()),
                                                 std::memory_order_relaxed);
}

ShmWorkerChannel::~ShmWorkerChannel() {
  Close("the worker has ended the session");
  if (monitor_started_) pthread_join(monitor_, nullptr);
}

// The consumer role ------------------------------------------------------------------------------

WorkerChannel::Next ShmWorkerChannel::Receive(std::span<std::byte> buffer,
                                              std::chrono::nanoseconds timeout) {
  if (violation_ != nullptr) return Next::kViolation;
  WithdrawAnnouncement();
  Deadline deadline = Deadline::Never();  // Looked up only when there is something to wait for.
  bool waited = false;
  for (;;) {
    if (closed()) return Next::kClosed;
    std::uint32_t bytes = 0;
    const char* wrong = nullptr;
    switch (commands_.TakeUntrusted(buffer, bytes, wrong)) {
      case RingReader::Next::kBroken:
        return Violation(wrong);
      case RingReader::Next::kRecord: {
        order_.AfterHearing();
        wire::CommandHeader header;
        if (bytes < sizeof header) return Violation("a command is smaller than its header");
        memcpy(&header, buffer.data(), sizeof header);
        wrong = CheckCommand(header);
        return wrong == nullptr ? Next::kCommand : Violation(wrong);
      }
      case RingReader::Next::kEmpty:
        break;
    }
    if (timeout <= std::chrono::nanoseconds::zero()) return Next::kTimeout;
    if (!waited) deadline = Deadline::In(timeout.count());
    waited = true;
    const std::int64_t yield_ns = contention_.MayYield() ? std::min(yield_ns_, timeout.count()) : 0;
    const Awake how = WaitAwake(yield_ns, [this] { return commands_.HasNext() || closed(); });
    contention_.Note(how);
    if (how != Awake::kNo) continue;
    if (deadline.HasPassed()) return Next::kTimeout;
    SleepForCommand(deadline);
  }
}

const char* ShmWorkerChannel::CheckCommand(const wire::CommandHeader& header) {
  if (header.sequence != sequence_ + 1) return "a command is out of sequence";
  sequence_ = header.sequence;
  if ((header.flags & ~wire::kCommandWaits) != 0) return "a command has unknown flags";
  if (header.reserved != 0) return "a command's reserved field is not 0";
  const bool waits = (header.flags & wire::kCommandWaits) != 0;
  if (waits && header.slot >= wire::kReplySlots)
    return "a command names a reply slot that does not exist";
  if (!waits && header.slot != wire::kNoSlot)
    return "a command that nobody waits for names a reply slot";
  return nullptr;
}

WorkerChannel::Next ShmWorkerChannel::Violation(const char* wrong) {
  violation_ = wrong;
  const std::lock_guard lock(reason_mutex_);
  if (reason_.empty()) reason_ = std::string("the guest broke the protocol: ") + wrong;
  return Next::kViolation;
}

void ShmWorkerChannel::WithdrawAnnouncement() {
  if (!reading_.load(std::memory_order_relaxed)) reading_.store(true, std::memory_order_seq_cst);
  if (ReaderWaitOf(reader_wait().load(std::memory_order_relaxed)) != wire::kReaderAwake) {
    reader_wait().fetch_and(~std::uint32_t{wire::kReaderWaitMask}, std::memory_order_seq_cst);
  }
}

// Partner of RingWriter::Publish: it publishes and then looks at the word; we write the word and
// then look at the ring.
void ShmWorkerChannel::Announce(wire::ReaderWait what) {
  const std::uint32_t count =
      reader_wait().load(std::memory_order_relaxed) & ~std::uint32_t{wire::kReaderWaitMask};
  reader_wait().exchange((count + wire::kReaderWaitStep) | what, std::memory_order_seq_cst);
}

void ShmWorkerChannel::SleepForCommand(Deadline deadline) {
  const std::int64_t asleep_since = MonotonicNanoseconds();
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  Announce(wire::kReaderAsleep);
  const std::uint32_t word = reader_wait().load(std::memory_order_relaxed);
  // When the guest has cleared the word in between, the sleep ends at once.
  if (!commands_.HasNext() && !closed_.load(std::memory_order_seq_cst) && ReaderWaitOf(word) != 0) {
    FutexWait(reader_wait(), word, FutexScope::kShared, deadline, wire::kReaderAsleep);
    if (commands_.HasNext()) worker_wakeups_.fetch_add(1, std::memory_order_relaxed);
  }
  WithdrawAnnouncement();
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  NoteSilence(MonotonicNanoseconds() - asleep_since);
}

void ShmWorkerChannel::NoteSilence(std::int64_t silence_ns) {
  const bool short_silence = silence_ns + yield_ns_ < options_.yield_max.count();
  yield_ns_ = short_silence ? options_.yield_max.count() : options_.yield_min.count();
}

void ShmWorkerChannel::AnnounceAsleep() {
  reading_.store(false, std::memory_order_seq_cst);
  Announce(wire::kReaderHandedOver);
  if (!commands_.HasMore()) return;
  // The guest may have published without seeing the announcement: wake the stand-by ourselves.
  const std::uint32_t before =
      reader_wait().fetch_and(~std::uint32_t{wire::kReaderWaitMask}, std::memory_order_seq_cst);
  if (ReaderWaitOf(before) != 0)
    FutexWake(reader_wait(), 1, FutexScope::kShared, wire::kReaderHandedOver);
}

// A guest publishes a command, which the reader takes, goes away and announces that; only then the
// guest looks, takes the announcement for one that was there before, and wakes a stand-by, who
// finds nothing. The next command must find an announcement all the same.
bool ShmWorkerChannel::RestoreAnnouncement(std::uint32_t word) {
  if (ReaderWaitOf(word) != wire::kReaderAwake) return false;
  reader_wait().compare_exchange_strong(
      word, (word + wire::kReaderWaitStep) | wire::kReaderHandedOver, std::memory_order_seq_cst);
  return true;
}

bool ShmWorkerChannel::WaitForCommand() {
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  bool slept = false;
  for (;;) {
    const std::uint32_t word = reader_wait().load(std::memory_order_seq_cst);
    if (closed_.load(std::memory_order_seq_cst)) break;
    if (!reading_.load(std::memory_order_seq_cst)) {
      if (commands_.HasMore()) break;
      if (RestoreAnnouncement(word)) continue;
    }
    FutexWait(reader_wait(), word, FutexScope::kShared, Deadline::Never(), wire::kReaderHandedOver);
    slept = true;
  }
  sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  if (closed()) return false;
  if (slept) worker_wakeups_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// Replies and memory -----------------------------------------------------------------------------

void ShmWorkerChannel::Reply(std::uint32_t slot, const wire::ReplyHeader& header) {
  if (slot >= wire::kReplySlots) return;
  wire::ReplySlot& shared = mapping_.slots()[slot];
  TakeOver(shared);
  shared.reply = header;
  order_.BeforeTelling();
  // Partner of ReplySlots::Await.
  if (shared.state.exchange(wire::kSlotPosted, std::memory_order_seq_cst) == wire::kSlotAsleep) {
    guest_wakeups_.fetch_add(1, std::memory_order_relaxed);
    FutexWake(shared.state, 1, FutexScope::kShared);
  }
}

std::span<std::byte> ShmWorkerChannel::SlotInline(std::uint32_t slot) {
  if (slot >= wire::kReplySlots) return {};
  TakeOver(mapping_.slots()[slot]);
  return mapping_.slots()[slot].inline_data;
}

std::byte* ShmWorkerChannel::BlobDataUntrusted(const wire::Blob& blob) {
  if (blob.place != static_cast<std::uint32_t>(wire::Place::kArena)) return nullptr;
  std::span<std::byte> memory(mapping_.arena(), arena_bytes_);
  if (blob.segment != wire::kArenaSegment) {
    memory = segments_.Find(blob.segment, Deadline::In(kSegmentArrivalMax.count()));
  }
  if (blob.offset > memory.size() || blob.bytes > memory.size() - blob.offset) return nullptr;
  return memory.data() + blob.offset;
}

std::span<std::byte> ShmWorkerChannel::ArenaUntrusted(const wire::Blob& blob) {
  std::byte* data = BlobDataUntrusted(blob);
  return data == nullptr ? std::span<std::byte>() : std::span(data, blob.bytes);
}

void ShmWorkerChannel::MarkBlock(const wire::Blob& blob, wire::BlockState state) {
  std::byte* data = BlobDataUntrusted(blob);
  constexpr std::uint64_t kHeaderBytes = sizeof(wire::BlockHeader);
  if (data == nullptr || blob.offset < kHeaderBytes || blob.offset % kHeaderBytes != 0) return;
  order_.BeforeTelling();
  PostBlockDone(data, state);
  // Partner of GuestMemory::AnnounceWait.
  std::atomic<std::uint32_t>& wait = mapping_.control().arena.space_wait;
  if (wait.load(std::memory_order_seq_cst) == 0 || wait.exchange(0, std::memory_order_seq_cst) == 0)
    return;
  guest_wakeups_.fetch_add(1, std::memory_order_relaxed);
  FutexWake(wait, kFutexWakeAll, FutexScope::kShared);
}

void ShmWorkerChannel::DropSegment(std::uint32_t segment, bool in_use) {
  segments_.Drop(segment, in_use);
}

UniqueFd ShmWorkerChannel::TakeStdout(std::uint32_t number) {
  return stdouts_.Take(number, Deadline::In(kSegmentArrivalMax.count()));
}

// Upcalls ----------------------------------------------------------------------------------------

bool ShmWorkerChannel::Upcall(wire::UpcallHeader header,
                              std::span<const std::span<const std::byte>> parts) {
  std::size_t size = sizeof header;
  for (const auto& part : parts) size += part.size();
  size = (size + wire::kRecordAlignment - 1) & ~std::size_t{wire::kRecordAlignment - 1};
  AVA_CHECK(size <= wire::kUpcallBytesMax && header.kind != wire::kUpcallPad);
  header.bytes = static_cast<std::uint32_t>(size);

  const std::lock_guard lock(upcall_mutex_);
  if (!WaitForUpcallRoom(header.bytes)) return false;
  std::byte* place = upcalls_.Append(header.bytes);
  memcpy(place, &header, sizeof header);
  std::size_t at = sizeof header;
  for (const auto& part : parts) {
    if (!part.empty()) memcpy(place + at, part.data(), part.size());
    at += part.size();
  }
  memset(place + at, 0, size - at);
  order_.BeforeTelling();
  if (upcalls_.Publish() != 0) WakeListener();
  return true;
}

bool ShmWorkerChannel::WaitForUpcallRoom(std::uint32_t bytes) {
  RingWriter::Room room = upcalls_.RoomFor(bytes);
  auto decided = [&] {
    return closed() || (room = upcalls_.RoomFor(bytes)) != RingWriter::Room::kFull;
  };
  if (room == RingWriter::Room::kFull && WaitAwake(kUpcallYieldNs, decided) == Awake::kNo) {
    const Deadline deadline = Deadline::In(kUpcallStallMax.count());
    sleepers_.fetch_add(1, std::memory_order_seq_cst);
    for (;;) {
      upcalls_.AnnounceAsleep();
      if (decided() || deadline.HasPassed()) break;
      FutexWait(upcalls_.writer_wait(), 1, FutexScope::kShared, deadline);
    }
    sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  }
  if (closed()) return false;
  if (room == RingWriter::Room::kYes) return true;
  Close(room == RingWriter::Room::kBroken
            ? "the guest broke the protocol: the upcall ring's tail is impossible"
            : "the guest did not take its upcalls for 30 s");
  return false;
}

void ShmWorkerChannel::WakeListener() {
  guest_wakeups_.fetch_add(1, std::memory_order_relaxed);
  const wire::SessionMessage message = {
      .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kWake),
      .segment = 0,
      .bytes = 0,
      .text = {}};
  const std::span<const std::byte> part =
      std::as_bytes(std::span(&message, 1)).first(wire::kSessionMessageShortBytes);
  // A full socket has something in it that wakes the listener, and a dead one wakes our monitor.
  static_cast<void>(SendPacket(socket_.get(), std::span(&part, 1), {}, SendMode::kDontWait));
}

// The end ----------------------------------------------------------------------------------------

void ShmWorkerChannel::Close(const char* reason) {
  if (closed()) return;
  wire::SessionMessage message = {
      .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kClose),
      .segment = 0,
      .bytes = 0,
      .text = {}};
  SetText(message.text, reason);
  const std::span<const std::byte> part = std::as_bytes(std::span(&message, 1));
  static_cast<void>(SendPacket(socket_.get(), std::span(&part, 1), {}, SendMode::kDontWait));
  CloseLocally(reason);
}

void ShmWorkerChannel::CloseLocally(const char* reason) {
  {
    const std::lock_guard lock(reason_mutex_);
    if (reason_.empty()) reason_ = reason;
  }
  closed_.store(true, std::memory_order_seq_cst);
  segments_.Close();
  stdouts_.Close();
  WakeEverybody();
  shutdown(socket_.get(), SHUT_RDWR);  // Tells the guest, and ends our monitor's wait.
}

void ShmWorkerChannel::WakeEverybody() {
  reader_wait().fetch_add(wire::kReaderWaitStep, std::memory_order_seq_cst);
  FutexWake(reader_wait(), kFutexWakeAll, FutexScope::kShared);
  upcalls_.writer_wait().exchange(0, std::memory_order_seq_cst);
  FutexWake(upcalls_.writer_wait(), kFutexWakeAll, FutexScope::kShared);
}

std::string ShmWorkerChannel::reason() const {
  const std::lock_guard lock(reason_mutex_);
  return reason_;
}

WorkerChannel::WaitCounts ShmWorkerChannel::wait_counts() const {
  return {.worker_wakeups = worker_wakeups_.load(std::memory_order_relaxed),
          .guest_wakeups = guest_wakeups_.load(std::memory_order_relaxed)};
}

// The monitor ------------------------------------------------------------------------------------

void* ShmWorkerChannel::RunMonitor(void* channel) {
  static_cast<ShmWorkerChannel*>(channel)->Monitor();
  return nullptr;
}

void ShmWorkerChannel::Monitor() {
  while (!closed() && HandleMessage()) {
  }
  // Once would do with an honest guest; but it can write the words that our threads sleep on.
  while (sleepers_.load(std::memory_order_seq_cst) != 0) {
    WakeEverybody();
    const timespec pause = {0, kWakeRoundNs};
    nanosleep(&pause, nullptr);
  }
}

bool ShmWorkerChannel::HandleMessage() {
  wire::SessionMessage message = {};
  ReceivedPacket packet =
      ReceivePacket(socket_.get(), std::as_writable_bytes(std::span(&message, 1)));
  if (packet.bytes <= 0) {
    CloseLocally("the guest process has ended");
    return false;
  }
  if (packet.truncated || packet.bytes < static_cast<ssize_t>(wire::kSessionMessageShortBytes)) {
    Close("the guest broke the protocol: a message of the wrong size on the session socket");
    return false;
  }
  if (message.kind == static_cast<std::uint32_t>(wire::SessionMessageKind::kClose)) {
    CloseLocally("the guest has disconnected");
    return false;
  }
  if (message.kind == static_cast<std::uint32_t>(wire::SessionMessageKind::kStdout) &&
      packet.fd_count == 1 && stdouts_.Add(message.segment, std::move(packet.fds[0]))) {
    return true;
  }
  if (message.kind != static_cast<std::uint32_t>(wire::SessionMessageKind::kSegment) ||
      packet.fd_count != 1) {
    Close("the guest broke the protocol: an unknown message on the session socket");
    return false;
  }
  const Result<void> added = segments_.AddUntrusted(message.segment, message.bytes, packet.fds[0]);
  if (!added.has_value()) {
    Close(("the guest broke the protocol: " + added.error().message()).c_str());
    return false;
  }
  return true;
}

}  // namespace ava::transport
