// SPDX-License-Identifier: Apache-2.0
#include "ava/base/mutex.h"

#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <thread>

namespace ava {
namespace {

TEST(Mutex, ExcludesManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 5000;
  Mutex mutex;
  int count = 0;
  std::deque<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const std::lock_guard lock(mutex);
        ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kRounds);
}

TEST(Mutex, TryLock) {
  Mutex mutex;
  EXPECT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
  EXPECT_TRUE(mutex.try_lock());
  mutex.ResetAfterFork();
  EXPECT_TRUE(mutex.try_lock());
}

}  // namespace
}  // namespace ava
