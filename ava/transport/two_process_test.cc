// SPDX-License-Identifier: Apache-2.0
//
// Guest and worker as two processes, and what happens when one of them is killed. Not under
// ThreadSanitizer, which does not see across processes.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <utility>

#include "ava/base/peer_order.h"
#include "ava/transport/test_session.h"

namespace ava::transport {
namespace {

using namespace std::chrono_literals;
using Next = WorkerChannel::Next;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint16_t kEcho = 1;
constexpr std::uint16_t kSum = 2;     // of the bytes of a blob; the block is then done
constexpr std::uint16_t kUpcall = 3;  // sends one before it answers

wire::Blob BlobOf(const Block& block, std::uint64_t bytes) {
  return {.place = static_cast<std::uint32_t>(wire::Place::kArena),
          .segment = block.segment,
          .offset = block.offset,
          .bytes = bytes};
}

void ServeOne(WorkerChannel& channel, const CommandBuffer& buffer) {
  const ReceivedCommand command = CommandIn(buffer);
  std::uint64_t result = command.argument;
  if (command.header.function == wire::kSessionDropSegment) {
    channel.DropSegment(static_cast<std::uint32_t>(command.argument), false);
  } else if (command.header.function == kSum) {
    wire::Blob blob;
    std::memcpy(&blob, buffer.data() + sizeof(wire::CommandHeader), sizeof blob);
    result = 0;
    for (const std::byte byte : channel.ArenaUntrusted(blob))
      result += static_cast<std::uint64_t>(byte);
    channel.MarkBlockDone(blob);
  } else if (command.header.function == kUpcall) {
    channel.Upcall({.bytes = 0, .kind = wire::kUpcallCallback, .callback = 0, .target = result},
                   {});
  }
  if (command.header.slot != wire::kNoSlot) {
    channel.Reply(command.header.slot, {.status = 0, .error = 0, .result = result, .produced = 0});
  }
}

void Serve(int memory, int socket) {
  auto channel = OpenWorkerChannel(memory, socket);
  if (!channel.has_value()) _exit(2);
  CommandBuffer buffer = MakeCommandBuffer();
  while ((*channel)->Receive(buffer, std::chrono::nanoseconds::max()) == Next::kCommand)
    ServeOne(**channel, buffer);
  channel->reset();
  _exit(0);
}

class TwoProcesses : public testing::Test {
 protected:
  void SetUp() override {
#ifdef AVA_THREAD_SANITIZER
    GTEST_SKIP() << "TSan does not see the order that memory shared by two processes gives";
#endif
    Result<UniqueFd> memory = CreateSessionMemory({.arena_bytes = 8 * kMiB});
    ASSERT_TRUE(memory.has_value());
    memory_ = *std::move(memory);
    sockets_ = MakeSessionSockets();
  }

  // Runs in a child, which must not return.
  pid_t Fork(const std::function<void()>& child) {
    const pid_t pid = fork();
    if (pid == 0) {
      child();
      _exit(0);
    }
    return pid;
  }
  pid_t StartWorker() {
    const pid_t pid = Fork([this] {
      sockets_.guest.Reset();
      Serve(memory_.Release(), sockets_.worker.Release());
    });
    sockets_.worker.Reset();
    return pid;
  }
  ShmGuestChannel* AttachGuest(RecordingEvents& events) {
    SessionMapping mapping;
    int error = 0;
    std::array<char, 256> text = {};
    if (mapping.Map(memory_.get(), error) != nullptr) return nullptr;
    return ShmGuestChannel::Attach(std::move(mapping), std::move(sockets_.guest), events, text);
  }
  static int ExitStatus(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
  }

  UniqueFd memory_;
  SessionSockets sockets_;
};

wire::ReplyHeader Call(GuestChannel& guest, std::uint16_t function,
                       std::span<const std::byte> argument) {
  const Slot slot = guest.AcquireSlot();
  wire::ReplyHeader reply = {.status = static_cast<std::uint32_t>(wire::ReplyStatus::kLost)};
  if (guest.Submit(TestSession::HeaderFor(function, slot.index), std::span(&argument, 1)))
    reply = guest.Await(slot);
  guest.ReleaseSlot(slot);
  return reply;
}

wire::ReplyHeader Echo(GuestChannel& guest, std::uint64_t argument) {
  return Call(guest, kEcho, std::as_bytes(std::span(&argument, 1)));
}

bool IsLost(const wire::ReplyHeader& reply) {
  return reply.status == static_cast<std::uint32_t>(wire::ReplyStatus::kLost);
}

TEST_F(TwoProcesses, CallsMemoryAndUpcalls) {
  const pid_t worker = StartWorker();
  RecordingEvents events;
  ShmGuestChannel* guest = AttachGuest(events);
  ASSERT_NE(guest, nullptr);
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(Echo(*guest, i).result, i);
  for (const std::uint64_t bytes : {std::uint64_t{1000}, kMiB, 5 * kMiB, 20 * kMiB}) {
    const Block block = guest->Allocate(bytes);
    ASSERT_TRUE(block);
    std::memset(block.data, 1, bytes);
    const wire::Blob blob = BlobOf(block, bytes);
    EXPECT_EQ(Call(*guest, kSum, std::as_bytes(std::span(&blob, 1))).result, bytes);
    EXPECT_TRUE(guest->IsDone(block));
    guest->Free(block);
  }
  for (std::uint64_t i = 0; i < 50; ++i) Call(*guest, kUpcall, std::as_bytes(std::span(&i, 1)));
  EXPECT_EQ(events.WaitForUpcalls(50).size(), 50U);
  guest->Disconnect();
  EXPECT_EQ(ExitStatus(worker), 0);
  EXPECT_EQ(events.losses(), 0);
}

TEST_F(TwoProcesses, KilledWorkerWakesEveryThread) {
  const pid_t worker = StartWorker();
  RecordingEvents events;
  ShmGuestChannel* guest = AttachGuest(events);
  ASSERT_NE(guest, nullptr);
  std::deque<std::thread> threads;
  std::atomic<int> done{0};
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      while (!IsLost(Echo(*guest, 1))) ++done;
    });
  }
  threads.emplace_back([&] {
    std::uint64_t argument = 0;
    const std::span<const std::byte> part = std::as_bytes(std::span(&argument, 1));
    while (guest->Submit(TestSession::HeaderFor(kEcho), std::span(&part, 1))) {
    }
  });
  threads.emplace_back([&] {
    for (;;) {
      const Block block = guest->Allocate(kMiB);
      if (!block) break;
      guest->MarkInFlight(block);
      const wire::Blob blob = BlobOf(block, 10);
      const std::span<const std::byte> part = std::as_bytes(std::span(&blob, 1));
      guest->FreeWhenDone(block);
      if (!guest->Submit(TestSession::HeaderFor(kSum), std::span(&part, 1))) break;
    }
  });
  while (done < 100) std::this_thread::sleep_for(1ms);
  kill(worker, SIGKILL);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(events.WaitForLoss(), "the worker process has ended");
  EXPECT_TRUE(IsLost(Echo(*guest, 1)));
  guest->Disconnect();
  ExitStatus(worker);
}

TEST_F(TwoProcesses, KilledGuestEndsTheWorker) {
  const pid_t guest = Fork([this] {
    sockets_.worker.Reset();
    RecordingEvents events;
    ShmGuestChannel* channel = AttachGuest(events);
    for (std::uint64_t i = 0;; ++i) Echo(*channel, i);
  });
  sockets_.guest.Reset();
  auto channel = OpenWorkerChannel(memory_.Release(), sockets_.worker.Release());
  ASSERT_TRUE(channel.has_value());
  std::thread stand_by([&] { EXPECT_FALSE((*channel)->WaitForCommand()); });
  CommandBuffer buffer = MakeCommandBuffer();
  for (int served = 0;; ++served) {
    const Next next = (*channel)->Receive(buffer, 20s);
    if (next != Next::kCommand) {
      EXPECT_EQ(next, Next::kClosed);
      break;
    }
    ServeOne(**channel, buffer);
    if (served == 500) kill(guest, SIGKILL);
  }
  EXPECT_EQ((*channel)->reason(), "the guest process has ended");
  stand_by.join();
  ExitStatus(guest);
}

TEST_F(TwoProcesses, RandomKills) {
  for (int round = 0; round < 30; ++round) {
    SetUp();
    const pid_t worker = StartWorker();
    const pid_t guest = Fork([this] {
      RecordingEvents events;
      ShmGuestChannel* channel = AttachGuest(events);
      std::deque<std::thread> threads;
      for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
          while (!IsLost(Echo(*channel, 1))) {
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      _exit(17);
    });
    sockets_.guest.Reset();
    std::this_thread::sleep_for(std::chrono::microseconds(500 * round));
    const bool kill_worker = round % 2 == 0;
    kill(kill_worker ? worker : guest, SIGKILL);
    const int guest_status = ExitStatus(guest);
    const int worker_status = ExitStatus(worker);
    if (kill_worker) {
      EXPECT_TRUE(WIFEXITED(guest_status) && WEXITSTATUS(guest_status) == 17);
    } else {
      EXPECT_TRUE(WIFEXITED(worker_status) && WEXITSTATUS(worker_status) == 0);
    }
  }
}

TEST_F(TwoProcesses, ForkedChildDoesNotKeepTheSessionAlive) {
  const pid_t worker = StartWorker();
  RecordingEvents events;
  ShmGuestChannel* guest = AttachGuest(events);
  ASSERT_NE(guest, nullptr);
  const Block block = guest->Allocate(100);
  block.data[0] = std::byte{9};
  std::array<int, 2> hold = {};
  ASSERT_EQ(pipe(hold.data()), 0);
  const pid_t child = Fork([&] {
    guest->AbandonAfterFork();
    close(hold[1]);
    char byte = 0;
    static_cast<void>(!read(hold[0], &byte, 1));  // Lives until the parent closes its end.
    _exit(block.data[0] == std::byte{9} ? 0 : 1);
  });
  EXPECT_EQ(Echo(*guest, 5).result, 5U);
  guest->Disconnect();
  EXPECT_EQ(ExitStatus(worker), 0);  // Although the child still lives.
  close(hold[1]);
  close(hold[0]);
  EXPECT_EQ(ExitStatus(child), 0);
}

}  // namespace
}  // namespace ava::transport
