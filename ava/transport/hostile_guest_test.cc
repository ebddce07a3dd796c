// SPDX-License-Identifier: Apache-2.0
//
// A guest that writes what it likes into the mapping and the socket. The worker says so and goes on
// or ends the session; it never reads or writes outside of what it mapped.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>

#include "ava/base/fd_passing.h"
#include "ava/transport/test_session.h"
#include "ava/wire/handshake.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;
using Next = WorkerChannel::Next;
using wire::kArenaOffset;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr auto kArenaPlace = static_cast<std::uint32_t>(wire::Place::kArena);

class HostileGuest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    worker_.reset();
    Result<UniqueFd> memory = CreateSessionMemory({.arena_bytes = 2 * kMiB});
    ASSERT_TRUE(memory.has_value());
    int error = 0;
    ASSERT_EQ(mapping_.Map(memory->get(), error), nullptr);
    SessionSockets sockets = MakeSessionSockets();
    socket_ = std::move(sockets.guest);
    auto worker =
        ShmWorkerChannel::Open(SessionMapping::Borrow(mapping_), std::move(sockets.worker),
                               {.segment_bytes_max = 4 * kMiB});
    ASSERT_TRUE(worker.has_value());
    worker_ = *std::move(worker);
    head_ = 0;
  }

  static wire::CommandHeader Good(std::uint64_t sequence) {
    return {.bytes = 48,
            .function = 1,
            .flags = 0,
            .slot = wire::kNoSlot,
            .thread = 0,
            .sequence = sequence,
            .reserved = 0};
  }
  void Put(const wire::CommandHeader& header) {
    std::memcpy(mapping_.command_ring().data + head_, &header, sizeof header);
    head_ += 48;
    mapping_.control().command.head = head_;
  }
  Next Receive() { return worker_->Receive(buffer_, 1ms); }
  // What the worker says to one bad command in a session of its own.
  std::string Verdict(const wire::CommandHeader& header) {
    Open();
    Put(header);
    EXPECT_EQ(Receive(), Next::kViolation);
    EXPECT_EQ(Receive(), Next::kViolation);
    return worker_->reason();
  }

  void SendSegment(std::uint32_t id, std::uint64_t bytes, int fd) {
    const wire::SessionMessage message = {
        .kind = static_cast<std::uint32_t>(wire::SessionMessageKind::kSegment),
        .segment = id,
        .bytes = bytes,
        .text = {}};
    const std::span<const std::byte> part =
        std::as_bytes(std::span(&message, 1)).first(wire::kSessionMessageShortBytes);
    ASSERT_EQ(SendPacket(socket_.get(), std::span(&part, 1), std::span(&fd, fd >= 0 ? 1 : 0)), 0);
  }
  std::string WaitForClose() {
    for (int i = 0; i < 5000 && !worker_->closed(); ++i) std::this_thread::sleep_for(1ms);
    return worker_->reason();
  }
  static UniqueFd MakeMemory(std::uint64_t bytes, int seals) {
    UniqueFd fd(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(ftruncate(fd.get(), static_cast<off_t>(bytes)), 0);
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, seals), 0);
    return fd;
  }
  std::span<std::byte> Find(std::uint32_t segment, std::uint64_t offset, std::uint64_t bytes) {
    return worker_->ArenaUntrusted(
        {.place = kArenaPlace, .segment = segment, .offset = offset, .bytes = bytes});
  }

  SessionMapping mapping_;
  UniqueFd socket_;
  std::unique_ptr<ShmWorkerChannel> worker_;
  CommandBuffer buffer_ = MakeCommandBuffer();
  std::uint64_t head_ = 0;
};

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

TEST_F(HostileGuest, GoodCommandsPass) {
  Put(Good(1));
  Put(Good(2));
  EXPECT_EQ(Receive(), Next::kCommand);
  EXPECT_EQ(Receive(), Next::kCommand);
  EXPECT_EQ(Receive(), Next::kTimeout);
}

TEST_F(HostileGuest, BadHeaders) {
  wire::CommandHeader header = Good(1);
  header.bytes = 40;
  EXPECT_EQ(Verdict(header), "the guest broke the protocol: a record's size is no multiple of 16");
  header = Good(1);
  header.bytes = 16;
  EXPECT_EQ(Verdict(header), "the guest broke the protocol: a command is smaller than its header");
  header = Good(1);
  header.bytes = 64;
  EXPECT_EQ(Verdict(header),
            "the guest broke the protocol: a record goes beyond what was published");
  EXPECT_EQ(Verdict(Good(2)), "the guest broke the protocol: a command is out of sequence");
  EXPECT_EQ(Verdict(Good(0)), "the guest broke the protocol: a command is out of sequence");
  header = Good(1);
  header.flags = 0x8000;
  EXPECT_EQ(Verdict(header), "the guest broke the protocol: a command has unknown flags");
  header = Good(1);
  header.flags = wire::kCommandPad;  // Not the pad's tag, because it has a function.
  EXPECT_EQ(Verdict(header), "the guest broke the protocol: a command has unknown flags");
  header = Good(1);
  header.reserved = 1;
  EXPECT_EQ(Verdict(header), "the guest broke the protocol: a command's reserved field is not 0");
  header = Good(1);
  header.slot = 3;
  EXPECT_EQ(Verdict(header),
            "the guest broke the protocol: a command that nobody waits for names a reply slot");
  header.flags = wire::kCommandWaits;
  header.slot = wire::kReplySlots;
  EXPECT_EQ(Verdict(header),
            "the guest broke the protocol: a command names a reply slot that does not exist");
}

TEST_F(HostileGuest, RepeatedSequence) {
  Put(Good(1));
  Put(Good(1));
  EXPECT_EQ(Receive(), Next::kCommand);
  EXPECT_EQ(Receive(), Next::kViolation);
}

TEST_F(HostileGuest, HeadGoesBack) {
  Put(Good(1));
  EXPECT_EQ(Receive(), Next::kCommand);
  mapping_.control().command.head = 16;
  EXPECT_EQ(Receive(), Next::kViolation);
}

TEST_F(HostileGuest, ATailOfItsOwnKeepsNobodyAwake) {
  Put(Good(1));
  EXPECT_EQ(Receive(), Next::kCommand);
  mapping_.control().command.tail = 16;  // As if the worker had not read all.
  EXPECT_EQ(Receive(), Next::kTimeout);
  Put(Good(2));
  EXPECT_EQ(Receive(), Next::kCommand);
}

TEST_F(HostileGuest, RandomBytesInTheRing) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    Open();
    std::byte* data = mapping_.command_ring().data;
    for (int i = 0; i < 512; ++i)
      data[i] = static_cast<std::byte>(random() % (round % 2 == 0 ? 256 : 3));
    mapping_.control().command.head = random() % 3 == 0 ? random() : 16 * (random() % 32);
    for (int i = 0; i < 20 && Receive() == Next::kCommand; ++i) {
    }
  }
}

TEST_F(HostileGuest, OffsetsOutsideTheArena) {
  const std::uint64_t all = mapping_.arena_bytes();
  EXPECT_EQ(Find(0, 0, all).size(), all);
  EXPECT_EQ(Find(0, all, 0).data(), mapping_.arena() + all);
  EXPECT_EQ(Find(0, 0, all + 1).data(), nullptr);
  EXPECT_EQ(Find(0, all, 1).data(), nullptr);
  EXPECT_EQ(Find(0, all + 1, 0).data(), nullptr);
  EXPECT_EQ(Find(0, ~std::uint64_t{0}, 2).data(), nullptr);
  EXPECT_EQ(Find(0, 64, ~std::uint64_t{0}).data(), nullptr);
  EXPECT_EQ(worker_->ArenaUntrusted({.place = 1, .segment = 0, .offset = 0, .bytes = 1}).data(),
            nullptr);
  EXPECT_EQ(worker_->ArenaUntrusted({.place = 99, .segment = 0, .offset = 0, .bytes = 1}).data(),
            nullptr);
}

TEST_F(HostileGuest, BlocksWithoutAHeaderAreNotMarked) {
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{32}, std::uint64_t{100}, ~std::uint64_t{63}}) {
    worker_->MarkBlockDone({.place = kArenaPlace, .segment = 0, .offset = offset, .bytes = 0});
  }
  worker_->MarkBlockDone({.place = kArenaPlace, .segment = 77, .offset = 64, .bytes = 0});
  EXPECT_EQ(*reinterpret_cast<std::uint32_t*>(mapping_.arena()), 0U);
}

TEST_F(HostileGuest, SlotsThatDoNotExist) {
  worker_->Reply(wire::kReplySlots, {});
  worker_->Reply(wire::kNoSlot, {});
  EXPECT_TRUE(worker_->SlotInline(wire::kReplySlots).empty());
}

TEST_F(HostileGuest, GoodSegmentIsFound) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(7, kMiB, memory.get());
  EXPECT_EQ(Find(7, 100, kMiB - 100).size(), kMiB - 100);
  EXPECT_EQ(Find(7, 100, kMiB).data(), nullptr);
  worker_->DropSegment(7, false);
  worker_->DropSegment(7, false);
}

TEST_F(HostileGuest, ADroppedSegmentsPlaceStaysTakenWhileCallsAreUnderWay) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(7, kMiB, memory.get());
  std::byte* place = Find(7, 0, kMiB).data();
  ASSERT_NE(place, nullptr);
  const auto is_taken = [place] {
    std::array<unsigned char, kMiB / 4096> pages;
    return mincore(place, kMiB, pages.data()) == 0;
  };
  worker_->DropSegment(7, true);
  EXPECT_TRUE(is_taken());
  const UniqueFd larger = MakeMemory(2 * kMiB, kSeals);
  SendSegment(8, 2 * kMiB, larger.get());
  EXPECT_NE(Find(8, 0, kMiB).data(), nullptr);
  EXPECT_NE(Find(8, 0, kMiB).data(), place);
  worker_->DropSegment(8, false);
  EXPECT_FALSE(is_taken());
}

TEST_F(HostileGuest, SegmentsTakeTurnsInAPlaceWhileCallsAreUnderWay) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(7, kMiB, memory.get());
  std::byte* const place = Find(7, 0, kMiB).data();
  ASSERT_NE(place, nullptr);
  place[5] = std::byte{77};
  for (std::uint32_t id = 7; id < 20; ++id) {
    worker_->DropSegment(id, true);
    SendSegment(id + 1, kMiB, memory.get());
    ASSERT_EQ(Find(id + 1, 0, kMiB).data(), place);
    EXPECT_EQ(place[5], std::byte{77}) << "its memory, not nobody's";
  }
}

TEST_F(HostileGuest, SegmentOfTheWrongSize) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(7, 2 * kMiB, memory.get());
  EXPECT_EQ(
      WaitForClose(),
      "the guest broke the protocol: segment 7 has 1048576 bytes, but was announced with 2097152");
  EXPECT_EQ(Find(7, 0, 1).data(), nullptr);
}

TEST_F(HostileGuest, SegmentWithoutSeals) {
  const UniqueFd memory = MakeMemory(kMiB, F_SEAL_GROW);
  SendSegment(7, kMiB, memory.get());
  EXPECT_EQ(WaitForClose(),
            "the guest broke the protocol: segment 7 is not a memfd sealed against resizing");
}

TEST_F(HostileGuest, SegmentThatCannotBeWritten) {
  const UniqueFd memory = MakeMemory(kMiB, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  SendSegment(7, kMiB, memory.get());
  EXPECT_NE(WaitForClose().find("mmap('segment 7')"), std::string::npos);
}

TEST_F(HostileGuest, SegmentThatIsNoMemory) {
  const UniqueFd file(open("/dev/zero", O_RDWR | O_CLOEXEC));
  SendSegment(7, kMiB, file.get());
  EXPECT_EQ(WaitForClose(),
            "the guest broke the protocol: segment 7 is not a memfd sealed against resizing");
}

TEST_F(HostileGuest, SegmentWithoutADescriptor) {
  SendSegment(7, kMiB, -1);
  EXPECT_EQ(WaitForClose(),
            "the guest broke the protocol: an unknown message on the session socket");
}

TEST_F(HostileGuest, SegmentSentTwice) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(7, kMiB, memory.get());
  SendSegment(7, kMiB, memory.get());
  EXPECT_EQ(WaitForClose(), "the guest broke the protocol: segment 7 was sent twice");
}

TEST_F(HostileGuest, SegmentThatIsTheArena) {
  const UniqueFd memory = MakeMemory(kMiB, kSeals);
  SendSegment(0, kMiB, memory.get());
  EXPECT_EQ(WaitForClose(), "the guest broke the protocol: segment 0 is the arena, not to be sent");
}

TEST_F(HostileGuest, TooManyBytesOfSegments) {
  const UniqueFd memory = MakeMemory(3 * kMiB, kSeals);
  for (std::uint32_t id = 1; id <= 3; ++id) SendSegment(id, 3 * kMiB, memory.get());
  EXPECT_EQ(WaitForClose(),
            "the guest broke the protocol: segments of 9437184 bytes in all, the limit is 8388608");
}

TEST_F(HostileGuest, GarbageOnTheSocket) {
  ASSERT_EQ(send(socket_.get(), "x", 1, MSG_NOSIGNAL), 1);
  EXPECT_EQ(WaitForClose(),
            "the guest broke the protocol: a message of the wrong size on the session socket");
}

TEST_F(HostileGuest, ImpossibleTailOfTheUpcallRing) {
  mapping_.control().upcall.tail = 3;
  const std::vector<std::byte> payload(60000);
  const std::span<const std::byte> part(payload);
  for (int i = 0; i < 10 && !worker_->closed(); ++i) {
    worker_->Upcall({.bytes = 0, .kind = 1, .callback = 0, .target = 0}, std::span(&part, 1));
  }
  EXPECT_EQ(WaitForClose(), "the guest broke the protocol: the upcall ring's tail is impossible");
}

TEST_F(HostileGuest, WordsToSleepOnCannotHoldTheWorkerBack) {
  std::thread sleeper([&] {
    EXPECT_EQ(worker_->Receive(buffer_, std::chrono::nanoseconds::max()), Next::kClosed);
  });
  std::thread stand_by([&] { EXPECT_FALSE(worker_->WaitForCommand()); });
  for (int i = 0; i < 100; ++i) {
    mapping_.control().command.reader_wait = wire::kReaderAsleep;
    std::this_thread::sleep_for(100us);
  }
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) mapping_.control().command.reader_wait = wire::kReaderAsleep;
  });
  worker_->Close("over");
  sleeper.join();
  stand_by.join();
  stop = true;
  writer.join();
}

TEST(SessionMemory, RefusesWhatIsNotASession) {
  const SessionSockets sockets = MakeSessionSockets();
  auto open = [&](UniqueFd memory) {
    auto channel = OpenWorkerChannel(memory.Release(), dup(sockets.worker.get()));
    return channel.has_value() ? std::string() : channel.error().message();
  };
  EXPECT_EQ(open(UniqueFd(memfd_create("test", MFD_CLOEXEC))),
            "the session's memory cannot be used: it is not sealed against resizing");
  UniqueFd empty(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(fcntl(empty.get(), F_ADD_SEALS, kSeals), 0);
  EXPECT_EQ(open(std::move(empty)),
            "the session's memory cannot be used: its size is out of range");
  UniqueFd zeros(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(zeros.get(), 64 * kMiB), 0);
  ASSERT_EQ(fcntl(zeros.get(), F_ADD_SEALS, kSeals), 0);
  EXPECT_EQ(
      open(std::move(zeros)),
      "the session's memory cannot be used: it is not a session's memory (wrong magic number)");
}

TEST(SessionMemory, LimitsAreNamed) {
  EXPECT_EQ(CreateSessionMemory({.arena_bytes = 5}).error().message(),
            "an arena of 5 bytes: it must have between 1048576 and 17179869184");
  EXPECT_EQ(CreateSessionMemory({.functions = 513}).error().message(),
            "an API of 513 functions: at most 512 are possible");
}

TEST(SessionMemory, IsSealedSparseAndReadable) {
  Result<UniqueFd> memory =
      CreateSessionMemory({.session = 12, .arena_bytes = 3 * kMiB, .functions = 100});
  ASSERT_TRUE(memory.has_value());
  EXPECT_EQ(fcntl(memory->get(), F_GET_SEALS), kSeals);
  EXPECT_NE(ftruncate(memory->get(), 4096), 0);
  SessionMapping mapping;
  int error = 0;
  ASSERT_EQ(mapping.Map(memory->get(), error), nullptr);
  EXPECT_EQ(mapping.header().session, 12U);
  EXPECT_EQ(mapping.arena_bytes(), 4 * kMiB);
  mapping.statistics()[0].thread = 1;
  mapping.statistics()[0].local_calls[3] = 4;
  mapping.statistics()[wire::kStatisticsRows - 1].thread = 2;
  mapping.statistics()[wire::kStatisticsRows - 1].local_calls[3] = 5;
  std::array<std::uint64_t, 10> calls = {};
  ASSERT_TRUE(ReadLocalCallsUntrusted(memory->get(), calls).has_value());
  EXPECT_EQ(calls[3], 9U);
  EXPECT_EQ(calls[4], 0U);
}

}  // namespace
}  // namespace ava::transport
