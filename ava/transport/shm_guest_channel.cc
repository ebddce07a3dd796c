// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/shm_guest_channel.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <new>
#include <utility>

#include "ava/base/check.h"
#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/futex.h"
#include "ava/base/text.h"
#include "ava/base/thread.h"
#include "ava/transport/block_state.h"
#include "ava/transport/wait.h"

namespace ava::transport {
namespace {

// The listener copies and hands over; deep stacks are the program's own business.
constexpr std::size_t kListenerStackBytes = std::size_t{256} << 10;
constexpr std::int64_t kRoomYieldNs = 50 * kNanosecondsPerMicrosecond;
// How often a lost session's sleepers are woken again before OnLost is called regardless.
constexpr unsigned kStdoutPollUs = 1000;
constexpr int kWakeRoundsMax = 1000;
constexpr std::int64_t kWakeRoundNs = kNanosecondsPerMillisecond;

constexpr std::uint32_t kSharedRow = wire::kStatisticsRows - 1;

std::atomic<std::uint64_t> channels_made{0};

// Which row the calling thread has in which channel. Initial-exec, so that a local call costs no
// call of the linker's.
struct LocalRow {
  std::uint64_t channel;
  std::uint64_t* calls;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local LocalRow local_row = {0, nullptr};

std::uint32_t RecordBytes(std::span<const std::span<const std::byte>> parts) {
  std::size_t bytes = sizeof(wire::CommandHeader);
  for (const auto& part : parts) bytes += part.size();
  bytes = (bytes + wire::kRecordAlignment - 1) & ~std::size_t{wire::kRecordAlignment - 1};
  AVA_CHECK(bytes <= wire::kRecordBytesMax);
  return static_cast<std::uint32_t>(bytes);
}

void FillRecord(std::byte* place, const GuestChannel::Record& record, std::uint32_t bytes) {
  memcpy(place, &record.header, sizeof record.header);
  std::size_t at = sizeof record.header;
  for (const auto& part : record.parts) {
    if (!part.empty()) memcpy(place + at, part.data(), part.size());
    at += part.size();
  }
  memset(place + at, 0, bytes - at);
}

void SleepNs(std::int64_t nanoseconds) {
  const timespec pause = {0, static_cast<long>(nanoseconds)};
  nanosleep(&pause, nullptr);
}

}  // namespace

ShmGuestChannel* ShmGuestChannel::Attach(SessionMapping mapping, UniqueFd socket,
                                         GuestChannelEvents& events, std::span<char> error) {
  void* memory = mmap(nullptr, sizeof(ShmGuestChannel), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    FormatText(error, "no memory for a session: mmap: %s", ErrnoText(errno));
    return nullptr;
  }
  auto* channel = new (memory) ShmGuestChannel(std::move(mapping), std::move(socket), events);
  int failed = channel->memory_.Init();
  const char* what = "no memory for the arena's books: mmap";
  if (failed == 0) {
    what = "cannot start the session's threads: pthread_create";
    failed =
        StartThread(channel->listener_, "ava-listener", kListenerStackBytes, &RunListener, channel);
    if (failed == 0) failed = channel->AwaitListener();
  }
  if (failed != 0) {
    FormatText(error, "%s: %s", what, ErrnoText(failed));
    channel->~ShmGuestChannel();
    munmap(memory, sizeof(ShmGuestChannel));
    return nullptr;
  }
  return channel;
}

ShmGuestChannel::ShmGuestChannel(SessionMapping mapping, UniqueFd socket,
                                 GuestChannelEvents& events)
    : mapping_(std::move(mapping)),
      socket_(std::move(socket)),
      own_socket_(socket_.get()),
      events_(events),
      number_(channels_made.fetch_add(1, std::memory_order_relaxed) + 1),
      slots_(mapping_),
      memory_(mapping_, *this),
      commands_(mapping_.command_ring()),
      upcalls_(mapping_.upcall_ring()) {
  mapping_.statistics()[kSharedRow].shared = 1;
}

// Commands ---------------------------------------------------------------------------------------

bool ShmGuestChannel::Submit(wire::CommandHeader header,
                             std::span<const std::span<const std::byte>> parts) {
  const std::lock_guard lock(submit_mutex_);
  if (!AppendLocked({.header = header, .parts = parts})) return false;
  PublishLocked();
  return true;
}

bool ShmGuestChannel::SubmitAll(std::span<const Record> records) {
  const std::lock_guard lock(submit_mutex_);
  for (const Record& record : records) {
    if (!AppendLocked(record)) return false;
  }
  PublishLocked();
  return true;
}

bool ShmGuestChannel::AppendLocked(const Record& record) {
  if (lost_.load(std::memory_order_relaxed)) return false;
  const std::uint32_t bytes = RecordBytes(record.parts);
  if (commands_.RoomFor(bytes) != RingWriter::Room::kYes && !WaitForRoomLocked(bytes)) return false;
  Record numbered = record;
  numbered.header.bytes = bytes;
  numbered.header.sequence = ++sequence_;
  numbered.header.reserved = 0;
  FillRecord(commands_.Append(bytes), numbered, bytes);
  return true;
}

void ShmGuestChannel::PublishLocked() {
  if (const std::uint32_t waiting = commands_.Publish()) {
    FutexWake(commands_.reader_wait(), 1, FutexScope::kShared, waiting);
  }
}

bool ShmGuestChannel::WaitForRoomLocked(std::uint32_t bytes) {
  PublishLocked();  // What a batch has appended so far, or nobody would make room.
  auto has_room = [&] { return lost() || commands_.RoomFor(bytes) == RingWriter::Room::kYes; };
  if (WaitAwake(kRoomYieldNs, has_room) == Awake::kNo) {
    room_sleepers_.fetch_add(1, std::memory_order_seq_cst);
    for (;;) {
      commands_.AnnounceAsleep();
      if (has_room()) break;
      FutexWait(commands_.writer_wait(), 1, FutexScope::kShared);
    }
    room_sleepers_.fetch_sub(1, std::memory_order_seq_cst);
  }
  return !lost();
}

// Replies ----------------------------------------------------------------------------------------

Slot ShmGuestChannel::AcquireSlot() {
  const std::uint32_t index = slots_.Acquire();
  return {.index = index, .inline_data = slots_.InlineData(index)};
}

void ShmGuestChannel::ReleaseSlot(Slot slot) { slots_.Release(slot.index); }

wire::ReplyHeader ShmGuestChannel::Await(Slot slot) { return slots_.Await(slot.index); }

// Memory -----------------------------------------------------------------------------------------

Block ShmGuestChannel::Allocate(std::uint64_t bytes) { return memory_.Allocate(bytes); }

Block ShmGuestChannel::AllocateLasting(std::uint64_t bytes) {
  return memory_.AllocateLasting(bytes);
}

void ShmGuestChannel::Free(Block block) { memory_.Free(block); }

void ShmGuestChannel::MarkInFlight(Block block) { SetBlockState(block.data, wire::kBlockInFlight); }

bool ShmGuestChannel::IsDone(Block block) const { return IsBlockDone(block.data); }
bool ShmGuestChannel::HasFailed(Block block) const {
  return ReadBlockState(block.data) == wire::kBlockFailed;
}

void ShmGuestChannel::FreeWhenDone(Block block) { memory_.FreeWhenDone(block); }

bool ShmGuestChannel::MakeSegment(Segment& segment) {
  struct {
    ShmGuestChannel* channel;
    Segment* segment;
    bool made;
  } order = {.channel = this, .segment = &segment, .made = false};
  errands_.Do(
      [](void* argument) {
        auto& ordered = *static_cast<decltype(order)*>(argument);
        int fd = -1;
        ordered.made = GuestSegments::Create(*ordered.segment, fd) == 0 &&
                       ordered.channel->SendSegment(*ordered.segment, fd);
      },
      &order);
  return order.made;
}

bool ShmGuestChannel::SendSegment(const Segment& segment, int fd) {
  const UniqueFd owner(fd);
  const wire::SessionMessage message = {
      .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kSegment),
      .segment = segment.id,
      .bytes = segment.bytes,
      .text = {}};
  const std::span<const std::byte> part =
      std::as_bytes(std::span(&message, 1)).first(wire::kSessionMessageShortBytes);
  return SendPacket(own_socket_, std::span(&part, 1), std::span(&fd, 1)) == 0;
}

std::uint64_t ShmGuestChannel::SendDrop(std::uint32_t id) {
  return SubmitOwn(wire::kSessionDropSegment, id);
}

std::uint64_t ShmGuestChannel::SubmitOwn(std::uint16_t function, std::uint32_t number) {
  const std::array<std::uint32_t, 2> arguments = {number, 0};
  const std::span<const std::byte> part = std::as_bytes(std::span(arguments));
  const std::lock_guard lock(submit_mutex_);
  const Record own = {.header = {.function = function, .slot = wire::kNoSlot},
                      .parts = std::span(&part, 1)};
  if (!AppendLocked(own)) return 0;  // A lost session has no worker whom it could concern.
  PublishLocked();
  return commands_.head();
}

// Standard output --------------------------------------------------------------------------------

void ShmGuestChannel::FollowStdout() {
  const std::lock_guard lock(stdout_mutex_);  // what the worker is told is what was seen last
  switch (stdout_.Look()) {
    case GuestStdout::Seen::kSame:
      break;
    case GuestStdout::Seen::kFirst:
      SubmitOwn(wire::kSessionStdout, wire::kFirstStdout);
      break;
    case GuestStdout::Seen::kOther:
      PassStdout();
  }
}

void ShmGuestChannel::PassStdout() {
  WaitForStdoutsTaken();
  struct {
    ShmGuestChannel* channel;
    std::uint32_t number;
    bool passed;
  } order = {.channel = this, .number = ++stdouts_passed_, .passed = false};
  errands_.Do(
      [](void* argument) {
        auto& ordered = *static_cast<decltype(order)*>(argument);
        ordered.passed = ordered.channel->SendStdout(ordered.number);
      },
      &order);
  if (!order.passed) return;
  stdout_ends_[stdouts_told_++ % stdout_ends_.size()] =
      SubmitOwn(wire::kSessionStdout, order.number);
}

// The worker keeps no more than kStdoutsWaitingMax, the one included whose command it has just
// taken from the ring. A program that exchanges its output more often while the worker is in one
// long call waits; that is too rare to have a word to sleep on.
void ShmGuestChannel::WaitForStdoutsTaken() {
  const std::uint64_t oldest = stdout_ends_[stdouts_told_ % stdout_ends_.size()];
  while (!lost() && commands_.tail() < oldest) usleep(kStdoutPollUs);
}

void ShmGuestChannel::LetGoOfStdout() {
  const std::lock_guard lock(stdout_mutex_);
  if (!stdout_.LetGo()) return;
  SubmitOwn(wire::kSessionStdout, wire::kNoStdout);
}

bool ShmGuestChannel::SendStdout(std::uint32_t number) {
  const UniqueFd fd = FetchStdout(start_.load(std::memory_order_relaxed) == kListensApart);
  if (!fd) return false;
  const wire::SessionMessage message = {
      .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kStdout),
      .segment = number,
      .bytes = 0,
      .text = {}};
  const std::span<const std::byte> part =
      std::as_bytes(std::span(&message, 1)).first(wire::kSessionMessageShortBytes);
  const int sent = fd.get();
  return SendPacket(own_socket_, std::span(&part, 1), std::span(&sent, 1)) == 0;
}

// Statistics -------------------------------------------------------------------------------------

std::uint64_t* ShmGuestChannel::LocalCalls() {
  if (local_row.channel == number_) return local_row.calls;
  const auto thread = static_cast<std::uint32_t>(syscall(SYS_gettid));
  wire::StatisticsRow* rows = mapping_.statistics();
  // A thread that uses two channels by turns finds its row again.
  const std::uint32_t used = std::min(rows_.load(std::memory_order_relaxed), kSharedRow);
  std::uint32_t row = 0;
  while (row < used && std::atomic_ref(rows[row].thread).load(std::memory_order_relaxed) != thread)
    ++row;
  if (row == used && row < kSharedRow) {
    row = std::min(rows_.fetch_add(1, std::memory_order_relaxed), kSharedRow);
  }
  std::atomic_ref(rows[row].thread).store(thread, std::memory_order_relaxed);
  local_row = {.channel = number_, .calls = rows[row].local_calls};
  return local_row.calls;
}

// The listener -----------------------------------------------------------------------------------

void* ShmGuestChannel::RunListener(void* argument) {
  auto* channel = static_cast<ShmGuestChannel*>(argument);
  if (channel->Settle()) channel->Listen();
  return nullptr;
}

bool ShmGuestChannel::Settle() {
  const bool apart = LeaveDescriptorTable(own_socket_);
  const int failed = errands_.Start();
  const std::uint32_t settled = apart ? kListensApart : kListens;
  start_.store(failed == 0 ? settled : kFailed + static_cast<std::uint32_t>(failed),
               std::memory_order_release);
  FutexWake(start_, 1, FutexScope::kPrivate);
  return failed == 0;
}

int ShmGuestChannel::AwaitListener() {
  std::uint32_t start = kStarting;
  while ((start = start_.load(std::memory_order_acquire)) == kStarting)
    FutexWait(start_, kStarting, FutexScope::kPrivate);
  if (start >= kFailed) {
    pthread_join(listener_, nullptr);
    return static_cast<int>(start - kFailed);
  }
  // As a system call: to ThreadSanitizer it is the descriptor that the listener goes on using.
  if (start == kListensApart) syscall(SYS_close, socket_.Release());
  return 0;
}

void ShmGuestChannel::Listen() {
  while (!ended_) {
    if (DrainUpcalls()) SleepOnSocket();
  }
  if (!disconnecting_.load(std::memory_order_acquire)) DrainUpcalls();
  if (!disconnecting_.load(std::memory_order_acquire)) events_.OnEnding(reason_.data());
  BeLost();
  if (!disconnecting_.load(std::memory_order_acquire)) events_.OnLost(reason_.data());
}

bool ShmGuestChannel::DrainUpcalls() {
  for (;;) {
    std::uint32_t bytes = 0;
    const char* wrong = nullptr;
    const RingReader::Next next = upcalls_.TakeUntrusted(upcall_, bytes, wrong);
    if (next == RingReader::Next::kEmpty) return true;
    if (next == RingReader::Next::kBroken || bytes < sizeof(wire::UpcallHeader)) {
      EndWith("the worker broke the protocol of upcalls");
      return false;
    }
    wire::UpcallHeader header;
    memcpy(&header, upcall_.data(), sizeof header);
    events_.OnUpcall(header, std::span(upcall_).subspan(sizeof header, bytes - sizeof header));
  }
}

// Partner of WorkerChannel::Upcall, which publishes and then looks at reader_wait.
void ShmGuestChannel::SleepOnSocket() {
  std::atomic<std::uint32_t>& wait = mapping_.control().upcall.reader_wait;
  wait.exchange(wire::kReaderAsleep, std::memory_order_seq_cst);
  if (!upcalls_.HasNext()) {
    pollfd readable = {.fd = own_socket_, .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, -1);
    if (ready > 0 && (readable.revents & POLLNVAL) != 0) {
      EndWith("the program closed the session's socket, which is not its own");
    } else if (ready > 0) {
      ended_ = !HandleMessage();
    }
  }
  wait.exchange(wire::kReaderAwake, std::memory_order_seq_cst);
}

// False: there will be no more.
bool ShmGuestChannel::HandleMessage() {
  wire::SessionMessage message = {};
  const ReceivedPacket packet =
      ReceivePacket(own_socket_, std::as_writable_bytes(std::span(&message, 1)));
  if (packet.bytes == -EAGAIN) return true;
  if (packet.bytes <= 0) {
    EndWith("the worker process has ended");
    return false;
  }
  if (message.kind == static_cast<std::uint32_t>(wire::SessionMessageKind::kWake)) return true;
  if (message.kind == static_cast<std::uint32_t>(wire::SessionMessageKind::kClose)) {
    EndWith(TextUntrusted(message.text));
  } else {
    EndWith("the worker sent an unknown message");
  }
  return false;
}

void ShmGuestChannel::EndWith(std::string_view reason) {
  if (!ended_) SetText(reason_, reason);
  ended_ = true;
}

int ShmGuestChannel::Sleepers() const {
  return slots_.sleepers() + memory_.sleepers() + room_sleepers_.load(std::memory_order_seq_cst);
}

void ShmGuestChannel::BeLost() {
  lost_.store(true, std::memory_order_seq_cst);
  // Once would do with an honest worker; but it can write the words that our threads sleep on.
  for (int round = 0; round < kWakeRoundsMax; ++round) {
    slots_.Abandon();
    memory_.Abandon();
    std::atomic<std::uint32_t>& room = mapping_.control().command.writer_wait;
    room.exchange(0, std::memory_order_seq_cst);
    FutexWake(room, kFutexWakeAll, FutexScope::kShared);
    if (Sleepers() == 0) break;
    SleepNs(kWakeRoundNs);
  }
}

// The end ----------------------------------------------------------------------------------------

void ShmGuestChannel::Disconnect() {
  const NoCancellation no_cancellation;
  disconnecting_.store(true, std::memory_order_release);
  errands_.Do([](void* self) { static_cast<ShmGuestChannel*>(self)->SayGoodbye(); }, this);
  pthread_join(listener_, nullptr);
  errands_.Stop();
  socket_.Reset();
  mapping_.ReplaceByPrivateMemory();
  memory_.ReplaceByPrivateMemory();
}

void ShmGuestChannel::SayGoodbye() {
  wire::SessionMessage message = {
      .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kClose),
      .segment = 0,
      .bytes = 0,
      .text = {}};
  SetText(message.text, "the program has disconnected");
  const std::span<const std::byte> part = std::as_bytes(std::span(&message, 1));
  static_cast<void>(SendPacket(own_socket_, std::span(&part, 1), {}, SendMode::kDontWait));
  shutdown(own_socket_, SHUT_RDWR);  // Wakes the listener.
}

void ShmGuestChannel::AbandonAfterFork() {
  lost_.store(true, std::memory_order_relaxed);
  socket_.Reset();
  mapping_.UnmapAllButArena();
}

}  // namespace ava::transport
