// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/callback_threads.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ava::guest {
namespace {

// The threads end with the process, so each test's are left to it.
class CallbackThreadsTest : public testing::Test {
 protected:
  struct State {
    std::mutex mutex;
    std::string log;
    std::atomic<std::size_t> done{0};
    std::function<void(char)> body = [](char) {};
    std::unique_ptr<CallbackThreads> threads;
  };

  void SetUp() override {
    static auto* states = new std::vector<std::unique_ptr<State>>;
    state_ = states->emplace_back(std::make_unique<State>()).get();
    state_->threads = std::make_unique<CallbackThreads>(&Run, state_);
  }
  void Post(const void* about, char what) {
    state_->threads->Post(about, std::as_bytes(std::span(&what, 1)), {});
  }
  void AwaitDone(std::size_t count) {
    for (std::size_t done = 0; (done = state_->done.load()) < count;) state_->done.wait(done);
  }
  std::string log() {
    const std::lock_guard lock(state_->mutex);
    return state_->log;
  }

  State* state_ = nullptr;

 private:
  static void Run(void* owner, std::span<const std::byte> record) {
    auto& state = *static_cast<State*>(owner);
    const auto what = static_cast<char>(record[0]);
    {
      const std::lock_guard lock(state.mutex);
      state.log += what;
    }
    state.body(what);
    ++state.done;
    state.done.notify_all();
  }
};

TEST_F(CallbackThreadsTest, RunInOrder) {
  ASSERT_TRUE(state_->threads->Start());
  std::string expected;
  for (char what = 'a'; what <= 'z'; ++what) {
    Post(nullptr, what);
    expected += what;
  }
  AwaitDone(expected.size());
  EXPECT_EQ(log(), expected);
}

TEST_F(CallbackThreadsTest, GoOnWhenOneWaitsForAnother) {
  std::atomic<bool> released = false;
  state_->body = [&](char what) {
    if (what == 'a') released.wait(false);
    if (what == 'b') {
      released = true;
      released.notify_all();
    }
  };
  ASSERT_TRUE(state_->threads->Start());
  Post(nullptr, 'a');
  Post(nullptr, 'b');
  AwaitDone(2);
  EXPECT_EQ(log(), "ab");
}

TEST_F(CallbackThreadsTest, KeepToTheOrderOfOneObject) {
  std::atomic<bool> released = false;
  state_->body = [&](char what) {
    if (what == 'a') released.wait(false);
    if (what == 'c') {
      released = true;
      released.notify_all();
    }
  };
  ASSERT_TRUE(state_->threads->Start());
  const int object = 0;
  const int other = 0;
  Post(&object, 'a');
  Post(&object, 'b');
  Post(&other, 'c');
  AwaitDone(3);
  EXPECT_EQ(log(), "acb");
}

TEST_F(CallbackThreadsTest, HaveTheSignalMaskOfTheProgram) {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &mask, &before);
  ASSERT_TRUE(state_->threads->Start());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  sigset_t seen;
  state_->body = [&](char) { pthread_sigmask(SIG_BLOCK, nullptr, &seen); };
  Post(nullptr, 'a');
  AwaitDone(1);
  EXPECT_EQ(sigismember(&seen, SIGUSR2), 1);
  EXPECT_EQ(sigismember(&seen, SIGSEGV), 0);
  EXPECT_EQ(sigismember(&seen, SIGTERM), 0);
}

}  // namespace
}  // namespace ava::guest
