// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/callbacks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "ava/guest/fake_channel.h"
#include "ava/guest/object.h"

namespace ava::guest {
namespace {

using test::g_channel;
using test::kEvent;

class CallbacksTest : public test::SessionTest {
 protected:
  void SetUp() override {
    SessionTest::SetUp();
    channel();
    const std::lock_guard lock(test::g_log_mutex);
    test::g_callback_log.clear();
    test::g_during_callback = nullptr;
  }
  static std::vector<std::string> WaitForLog(std::size_t lines) {
    for (int i = 0; i < 5000; ++i) {
      {
        const std::lock_guard lock(test::g_log_mutex);
        if (test::g_callback_log.size() >= lines) return test::g_callback_log;
      }
      usleep(1000);
    }
    return {};
  }
};

TEST_F(CallbacksTest, RunsOnceAndGivesItsHoldsBack) {
  Object* event = g_objects.Mint(kEvent);
  const std::uint64_t id = Session::Current().callbacks().Add({.callback = 1, .holds = {event}});
  g_objects.Release(*event);
  EXPECT_NE(g_objects.Find(event, kEvent), nullptr);
  const std::uint64_t word = 5;
  g_channel->Upcall(1, id, &word, sizeof(word));
  g_channel->Upcall(1, id, &word, sizeof(word));
  EXPECT_EQ(WaitForLog(1), (std::vector<std::string>{"ran 24"}));
  for (int i = 0; i < 5000 && g_objects.Find(event, kEvent) != nullptr; ++i) usleep(1000);
  EXPECT_EQ(g_objects.Find(event, kEvent), nullptr);
  EXPECT_EQ(WaitForLog(1).size(), 1U);
}

TEST_F(CallbacksTest, ReleasesWhatAFailedCallHasLeft) {
  auto& callbacks = Session::Current().callbacks();
  Object* event = g_objects.Mint(kEvent);
  const std::uint64_t id = callbacks.Add({.callback = 1, .holds = {event}});
  callbacks.Leave(id, 1, event);
  EXPECT_NE(g_objects.Find(event, kEvent), nullptr);
  g_channel->Upcall(1, id, nullptr, 0);
  EXPECT_EQ(WaitForLog(2), (std::vector<std::string>{"ran 16", "released"}));
  EXPECT_EQ(g_objects.Find(event, kEvent), nullptr);
}

TEST_F(CallbacksTest, ReleasesAtOnceWhatComesTooLate) {
  auto& callbacks = Session::Current().callbacks();
  Object* event = g_objects.Mint(kEvent);
  const std::uint64_t id = callbacks.Add({.callback = 1});
  callbacks.Drop(id);
  callbacks.Leave(id, 1, event);
  EXPECT_EQ(WaitForLog(1), (std::vector<std::string>{"released"}));
  EXPECT_EQ(g_objects.Find(event, kEvent), nullptr);
}

TEST_F(CallbacksTest, IgnoresWhatItDoesNotKnow) {
  auto& callbacks = Session::Current().callbacks();
  const std::uint64_t old = callbacks.Add({.callback = 1});
  callbacks.Drop(old);
  callbacks.Drop(old);
  const std::uint64_t next = callbacks.Add({.callback = 1});
  EXPECT_NE(old, next);
  g_channel->Upcall(1, old, nullptr, 0);
  g_channel->Upcall(1, 12345, nullptr, 0);
  g_channel->Upcall(1, 0, nullptr, 0);
  g_channel->Upcall(1, next, nullptr, 0);
  EXPECT_EQ(WaitForLog(1), (std::vector<std::string>{"ran 16"}));
}

TEST_F(CallbacksTest, TellsOfALoss) {
  Session::Current().callbacks().Add({.callback = 1, .lost = {33}});
  testing::internal::CaptureStderr();
  g_channel->Lose();
  EXPECT_EQ(WaitForLog(1), (std::vector<std::string>{"lost 33"}));
  testing::internal::GetCapturedStderr();
}

TEST_F(CallbacksTest, DoesNotRunAgainWhatRunsDuringALoss) {
  auto& callbacks = Session::Current().callbacks();
  const std::uint64_t id = callbacks.Add({.callback = 1, .lost = {33}});
  callbacks.Add({.callback = 1, .lost = {44}});
  static std::atomic<bool> over = false;
  test::g_during_callback = [] {
    WaitForLog(2);
    over = true;
  };
  g_channel->Upcall(1, id, nullptr, 0);
  WaitForLog(1);
  testing::internal::CaptureStderr();
  g_channel->Lose();
  EXPECT_EQ(WaitForLog(2), (std::vector<std::string>{"ran 16", "lost 44"}));
  testing::internal::GetCapturedStderr();
  while (!over) usleep(1000);  // it looks at the log, which ends with the process
}

}  // namespace
}  // namespace ava::guest
