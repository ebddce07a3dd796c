// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/serve.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "ava/worker/call.h"
#include "ava/worker/fake_channel.h"

namespace ava::worker::test {
namespace {

struct NumberArgs {
  std::uint64_t number;
};

// The vendor library: a gate that toy_wait waits at, and a list of what was called.
struct Vendor {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  int waiting = 0;
  std::vector<std::uint64_t> called;
  std::vector<std::thread::id> threads;
};
Vendor* vendor;

void ServeNote(Call& call) {
  const std::scoped_lock lock(vendor->mutex);
  vendor->called.push_back(call.As<NumberArgs>().number);
  vendor->threads.push_back(std::this_thread::get_id());
  call.Made(true, call.As<NumberArgs>().number, 0);
}

void ServeWait(Call& call) {
  call.Blocks(true);
  call.Blocking([] {
    std::unique_lock lock(vendor->mutex);
    ++vendor->waiting;
    vendor->changed.notify_all();
    vendor->changed.wait(lock, [] { return vendor->open; });
    --vendor->waiting;
    return 0;
  });
  call.Made(true, 0, 0);
}

void ServeOpen(Call& call) {
  const std::scoped_lock lock(vendor->mutex);
  vendor->open = true;
  vendor->changed.notify_all();
  call.Made(true, 0, 0);
}

void ServeFail(Call& call) { call.Refuse(-30); }
void ServeViolation(Call& call) { call.Violate("size", "is wrong"); }

void ServeRegister(Call& call) {
  call.Register(7, "notify", false, {});
  call.Made(true, 0, 0);
}

enum : std::uint16_t { kNote, kWait, kOpen, kFail, kViolate, kRegister };
constexpr std::array<FunctionEntry, 6> kFunctions = {{
    {.name = "toy_note", .serve = &ServeNote, .args_bytes = sizeof(NumberArgs)},
    {.name = "toy_wait", .serve = &ServeWait, .flags = kFunctionBlocks},
    {.name = "toy_open", .serve = &ServeOpen},
    {.name = "toy_fail", .serve = &ServeFail, .error_by = ErrorBy::kReturn},
    {.name = "toy_violate", .serve = &ServeViolation},
    {.name = "toy_register", .serve = &ServeRegister},
}};
constexpr ServerApi kApi = {.functions = kFunctions};

struct ServeTest : testing::Test {
  ServeTest() {
    vendor = &library;
    for (const FunctionEntry& entry : kFunctions) {
      rules.push_back({.name = entry.name, .args_bytes = entry.args_bytes, .served = true});
    }
    router = std::make_unique<router::Router>(
        router::Router::Options{.functions = rules, .resources = {}, .allowed = {}});
    channel = std::make_shared<FakeChannel>();
    server = std::thread([this] {
      // Threads of a busy machine take their time, and what they use is the test's.
      status = ServeSession(kApi, channel, *router, progress, {}, std::chrono::seconds(60));
    });
  }
  ~ServeTest() override {
    {
      const std::scoped_lock lock(library.mutex);
      library.open = true;
      library.changed.notify_all();
    }
    channel->Close("test ends");
    if (server.joinable()) server.join();
    EXPECT_EQ(status, 0);
  }
  void Send(std::uint16_t function, std::uint32_t slot = wire::kNoSlot, std::uint64_t number = 0) {
    const NumberArgs args{number};
    channel->Send(function, std::as_bytes(std::span(&args, 1)), slot);
  }
  bool AwaitWaiting(int count) {
    std::unique_lock lock(library.mutex);
    return library.changed.wait_for(lock, std::chrono::seconds(60),
                                    [&] { return library.waiting == count; });
  }

  Vendor library;
  std::vector<router::FunctionRule> rules;
  std::unique_ptr<router::Router> router;
  Progress progress;
  std::shared_ptr<FakeChannel> channel;
  std::thread server;
  int status = 0;
};

TEST_F(ServeTest, ExecutesInOrder) {
  for (std::uint64_t i = 0; i < 100; ++i) Send(kNote, wire::kNoSlot, i);
  Send(kNote, 1, 100);
  ASSERT_TRUE(channel->Await(1).has_value());
  ASSERT_EQ(library.called.size(), 101U);
  for (std::uint64_t i = 0; i < 101; ++i) EXPECT_EQ(library.called[i], i);
  EXPECT_EQ(router->ledger().by_function[kNote].calls, 101U);
  EXPECT_EQ(router->ledger().totals.round_trips, 1U);
  EXPECT_GE(progress.ticks.load(), 101U);
}

TEST_F(ServeTest, ABlockedCallHoldsUpNobody) {
  Send(kWait, 1);
  ASSERT_TRUE(AwaitWaiting(1));
  Send(kNote, 2, 5);
  EXPECT_EQ(channel->Await(2).value_or(wire::ReplyHeader{}).result, 5U);
  EXPECT_FALSE(channel->Await(1, std::chrono::milliseconds(0)).has_value());
  Send(kOpen, 2);
  EXPECT_TRUE(channel->Await(2).has_value());
  EXPECT_TRUE(channel->Await(1).has_value());
}

// Else a thread would be woken for each command that comes soon after a blocking call, and all
// would change places.
TEST_F(ServeTest, WhoIsWokenLateLeavesTheRoleAlone) {
  Send(kNote, 1, 1);
  ASSERT_TRUE(channel->Await(1).has_value());
  Send(kWait, 1);
  ASSERT_TRUE(AwaitWaiting(1));
  ASSERT_TRUE(channel->WakeLate());
  ASSERT_TRUE(channel->WakeLate());  // It stands by again.
  {
    const std::scoped_lock lock(library.mutex);
    library.open = true;
    library.changed.notify_all();
  }
  ASSERT_TRUE(channel->Await(1).has_value());
  Send(kNote, 1, 2);
  ASSERT_TRUE(channel->Await(1).has_value());
  ASSERT_EQ(library.threads.size(), 2U);
  EXPECT_EQ(library.threads[0], library.threads[1]);
}

TEST_F(ServeTest, ManyBlockedCallsHoldUpNobody) {
  for (std::uint32_t slot = 1; slot <= 6; ++slot) Send(kWait, slot);
  ASSERT_TRUE(AwaitWaiting(6));
  Send(kOpen, 7);
  for (std::uint32_t slot = 1; slot <= 7; ++slot)
    EXPECT_TRUE(channel->Await(slot).has_value()) << slot;
  for (std::uint64_t i = 0; i < 20; ++i) {
    Send(kNote, 1, i);
    EXPECT_TRUE(channel->Await(1).has_value());
  }
}

TEST_F(ServeTest, CommandsBehindABlockedOneStartInOrder) {
  Send(kWait, 1);
  for (std::uint64_t i = 0; i < 50; ++i) Send(kNote, wire::kNoSlot, i);
  Send(kOpen, 2);
  EXPECT_TRUE(channel->Await(2).has_value());
  EXPECT_TRUE(channel->Await(1).has_value());
  ASSERT_EQ(library.called.size(), 50U);
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(library.called[i], i);
}

TEST_F(ServeTest, TheFirstThreadTakesItsRoleBack) {
  Send(kNote, 1, 0);
  ASSERT_TRUE(channel->Await(1).has_value());
  for (int i = 0; i < 10; ++i) {
    Send(kWait, 1);
    ASSERT_TRUE(AwaitWaiting(1));
    {
      const std::scoped_lock lock(library.mutex);
      library.open = true;
      library.changed.notify_all();
    }
    ASSERT_TRUE(channel->Await(1).has_value());
    ASSERT_TRUE(channel->AwaitReader());
    const std::scoped_lock lock(library.mutex);
    library.open = false;
  }
  Send(kNote, 1, 1);
  ASSERT_TRUE(channel->Await(1).has_value());
  EXPECT_EQ(library.threads.front(), library.threads.back());
}

TEST_F(ServeTest, RefusalsAreReplies) {
  Send(kFail, 1);
  EXPECT_EQ(channel->Await(1).value_or(wire::ReplyHeader{}).error, -30);
  EXPECT_EQ(router->ledger().totals.refused, 1U);
}

TEST_F(ServeTest, RefusalsThatNobodyWaitsForAreDeferred) {
  Send(kFail);
  const auto upcall = channel->AwaitUpcall();
  ASSERT_TRUE(upcall.has_value());
  EXPECT_EQ(upcall->header.kind, wire::kUpcallDeferredError);
}

TEST_F(ServeTest, AViolationEndsTheSession) {
  Send(kViolate, 1);
  server.join();
  EXPECT_TRUE(channel->closed());
  EXPECT_EQ(channel->close_reason(), "toy_violate: 'size': is wrong");
}

TEST_F(ServeTest, ARecordThatIsTooShortEndsTheSession) {
  channel->Send(kNote, {}, 1);
  server.join();
  EXPECT_EQ(channel->close_reason(), "'toy_note' needs a record of 40 bytes, this one has 32");
}

TEST_F(ServeTest, UnknownFunctionsEndTheSession) {
  Send(99, 1);
  server.join();
  EXPECT_EQ(channel->close_reason(), "function 99 of 6 does not exist");
}

TEST_F(ServeTest, DropsSegments) {
  const std::uint32_t segment[2] = {5, 0};
  channel->Send(wire::kSessionDropSegment, std::as_bytes(std::span(segment)));
  Send(kNote, 1);
  ASSERT_TRUE(channel->Await(1).has_value());
  EXPECT_EQ(channel->dropped(), (std::vector<FakeChannel::Dropped>{{5, false}}));
}

TEST_F(ServeTest, SaysWhenASegmentIsDroppedDuringACall) {
  Send(kWait, 1);
  ASSERT_TRUE(AwaitWaiting(1));
  const std::uint32_t segment[2] = {5, 0};
  channel->Send(wire::kSessionDropSegment, std::as_bytes(std::span(segment)));
  Send(kOpen, 2);
  ASSERT_TRUE(channel->Await(1).has_value());
  ASSERT_TRUE(channel->Await(2).has_value());
  EXPECT_EQ(channel->dropped(), (std::vector<FakeChannel::Dropped>{{5, true}}));
}

TEST_F(ServeTest, UnknownSessionCommandsEndTheSession) {
  channel->Send(0xffff, {});
  server.join();
  EXPECT_EQ(channel->close_reason(), "unknown session command 65535");
}

TEST_F(ServeTest, IsNotOverWhileTheLibraryMayCallBack) {
  Send(kRegister, 1);
  ASSERT_TRUE(channel->Await(1).has_value());
  channel->Close("the guest has died");
  server.join();
  EXPECT_EQ(std::exchange(status, 0), 1);
}

TEST(ServeStuck, ReturnsWhileTheLibraryStillHoldsAThread) {
  // Left to the end of the process on purpose: nothing else ends such a thread.
  static auto& library = *new Vendor;
  vendor = &library;
  static std::vector<router::FunctionRule> rules;
  for (const FunctionEntry& entry : kFunctions) {
    rules.push_back({.name = entry.name, .args_bytes = entry.args_bytes, .served = true});
  }
  static auto& router = *new router::Router({.functions = rules, .resources = {}, .allowed = {}});
  static auto& progress = *new Progress;
  auto channel = std::make_shared<FakeChannel>();
  channel->Send(kWait, {}, 1);
  std::thread closer([&] {
    std::unique_lock lock(library.mutex);
    library.changed.wait(lock, [&] { return library.waiting == 1; });
    channel->Close("the guest has died");
  });
  EXPECT_EQ(ServeSession(kApi, channel, router, progress), 1);
  closer.join();
  const std::scoped_lock lock(library.mutex);
  library.open = true;
  library.changed.notify_all();
}

}  // namespace
}  // namespace ava::worker::test
