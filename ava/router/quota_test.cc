// SPDX-License-Identifier: Apache-2.0
#include "ava/router/quota.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace ava::router {
namespace {

TEST(Quota, WithoutLimitsGrantsEverything) {
  Quota quota;
  EXPECT_TRUE(quota.Take(~std::uint64_t{0}));
  quota.GiveBack(1);
  EXPECT_EQ(quota.limit(), Quota::kNoLimit);
  std::array<std::uint64_t, 1> held{};
  Quota unlimited({}, held, 0);
  EXPECT_TRUE(unlimited.Take(~std::uint64_t{0}));
  EXPECT_EQ(held[0], 0) << "it need not be counted";
}

TEST(Quota, GrantsToTheLastByteAndNotOneMore) {
  std::array<std::uint64_t, 1> held{};
  Quota quota({.session = 100}, held, 0);
  EXPECT_TRUE(quota.Take(60));
  EXPECT_TRUE(quota.Take(40));
  EXPECT_FALSE(quota.Take(1));
  EXPECT_TRUE(quota.Take(0));
  EXPECT_EQ(held[0], 100);
  quota.GiveBack(60);
  EXPECT_FALSE(quota.Take(61));
  EXPECT_TRUE(quota.Take(60));
}

TEST(Quota, AmountsThatWrapAreTooMuch) {
  std::array<std::uint64_t, 2> held{};
  Quota quota({.session = 100, .tenant = 200}, held, 0);
  ASSERT_TRUE(quota.Take(50));
  for (const std::uint64_t amount :
       {~std::uint64_t{0}, ~std::uint64_t{0} - 49, ~std::uint64_t{0} - 50})
    EXPECT_FALSE(quota.Take(amount));
  EXPECT_EQ(held[0], 50);
}

TEST(Quota, SessionsOfATenantShare) {
  std::array<std::uint64_t, 3> held{};
  Quota first({.session = 80, .tenant = 100}, held, 0);
  Quota second({.session = 80, .tenant = 100}, held, 2);
  EXPECT_EQ(first.limit(), 80);
  EXPECT_TRUE(first.Take(80));
  EXPECT_FALSE(second.Take(21));
  EXPECT_EQ(held[2], 0);
  EXPECT_TRUE(second.Take(20));
  held[0] = 0;  // the manager, when the first session's worker is dead
  EXPECT_TRUE(second.Take(60));
}

// Sessions take and give back at random; what was granted is counted apart and never beyond the
// limit.
TEST(Quota, ManyAtOnceAreNeverBeyondTheLimit) {
  constexpr std::uint64_t kTenant = 1000;
  constexpr std::size_t kSessions = 4;
  std::array<std::uint64_t, kSessions> held{};
  std::atomic<std::uint64_t> granted = 0;
  std::atomic<std::uint64_t> most = 0;
  const auto play = [&](std::size_t session) {
    Quota quota({.session = 700, .tenant = kTenant}, held, session);
    std::mt19937 random(static_cast<std::uint32_t>(session) + 5);
    std::vector<std::uint64_t> mine;
    for (int i = 0; i < 20000; ++i) {
      const std::uint64_t amount = random() % 300;
      if (random() % 2 == 0 && quota.Take(amount)) {
        const std::uint64_t now = granted.fetch_add(amount) + amount;
        for (std::uint64_t peak = most; peak < now && !most.compare_exchange_weak(peak, now);) {
        }
        mine.push_back(amount);
      } else if (!mine.empty()) {
        granted.fetch_sub(mine.back());
        quota.GiveBack(mine.back());
        mine.pop_back();
      }
    }
    for (const std::uint64_t amount : mine) {
      granted.fetch_sub(amount);
      quota.GiveBack(amount);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t session = 0; session < kSessions; ++session)
      threads.emplace_back(play, session);
  }
  EXPECT_LE(most.load(), kTenant);
  EXPECT_GT(most.load(), kTenant / 2);
  for (const std::uint64_t one : held) EXPECT_EQ(one, 0);
}

}  // namespace
}  // namespace ava::router
