// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/wait.h"

#include <gtest/gtest.h>

namespace ava::transport {
namespace {

// A core whose time is what the waiter spends on it, so that no other work of the machine's shows.
struct CountedCore {
  static constexpr std::int64_t kPauseNs = 40;
  static constexpr std::int64_t kYieldNs = 130;

  std::int64_t Now() const { return now_ns; }
  void Pause() { now_ns += kPauseNs; }
  void Yield() {
    now_ns += kYieldNs + away_ns;
    ++yields;
  }

  std::int64_t away_ns = 0;  // with each yield, to others who compute
  std::int64_t now_ns = 0;
  int yields = 0;
};

TEST(WaitAwake, IsAtOnceWithoutYielding) {
  CountedCore core;
  EXPECT_EQ(WaitAwake(kLateNs, [] { return true; }, core), Awake::kAtOnce);
  EXPECT_EQ(core.now_ns, 0);
  const auto soon = [&core] { return core.now_ns >= kPauseNsMax; };
  EXPECT_EQ(WaitAwake(kLateNs, soon, core), Awake::kAtOnce);
  EXPECT_EQ(core.yields, 0);
}

TEST(WaitAwake, YieldsAfterPausing) {
  CountedCore core;
  EXPECT_EQ(WaitAwake(kLateNs, [&core] { return core.yields == 3; }, core), Awake::kYielding);
  EXPECT_GE(core.now_ns, kPauseNsMax + 3 * CountedCore::kYieldNs);
}

TEST(WaitAwake, EndsWithItsTime) {
  CountedCore core;
  EXPECT_EQ(WaitAwake(0, [] { return false; }, core), Awake::kNo);
  EXPECT_EQ(core.yields, 0) << "no time to yield in";
  EXPECT_LT(core.now_ns, kPauseNsMax + kPausesPerLook * CountedCore::kPauseNs);
  CountedCore other;
  EXPECT_EQ(WaitAwake(kLateNs, [] { return false; }, other), Awake::kNo);
  EXPECT_GE(other.now_ns, kLateNs);
  EXPECT_LT(other.now_ns, kLateNs + kPauseNsMax);
}

TEST(WaitAwake, IsLateWhenTheCoreWasAway) {
  const auto wait = [](std::int64_t away_ns) {
    CountedCore core{.away_ns = away_ns};
    return WaitAwake(10 * kPauseNsMax, [&core] { return core.yields == 1; }, core);
  };
  EXPECT_EQ(wait(kLateNs / 2), Awake::kYielding);
  EXPECT_EQ(wait(2 * kLateNs), Awake::kLate);
}

TEST(WaitAwake, UsesTheRealCore) {
  EXPECT_EQ(WaitAwake(0, [] { return true; }), Awake::kAtOnce);
  EXPECT_EQ(WaitAwake(kPauseNsMax, [] { return false; }), Awake::kNo);
}

TEST(Contention, EndsYieldingAfterLateWaits) {
  Contention contention;
  for (int i = 0; i < 3; ++i) contention.Note(Awake::kLate);
  EXPECT_TRUE(contention.MayYield());
  contention.Note(Awake::kYielding);
  for (int i = 0; i < 4; ++i) contention.Note(Awake::kLate);
  EXPECT_FALSE(contention.MayYield());
  contention.Note(Awake::kAtOnce);
  EXPECT_FALSE(contention.MayYield()) << "that says nothing";
}

TEST(Contention, TriesNowAndThen) {
  Contention contention;
  for (int i = 0; i < 4; ++i) contention.Note(Awake::kLate);
  int waits = 0;
  for (; waits < 1000 && !contention.MayYield(); ++waits) contention.Note(Awake::kNo);
  EXPECT_GT(waits, 100);
  EXPECT_LT(waits, 1000);
  contention.Note(Awake::kYielding);
  EXPECT_TRUE(contention.MayYield());
  contention.Note(Awake::kLate);
  EXPECT_FALSE(contention.MayYield()) << "one late wait is enough";
  for (; waits < 2000 && !contention.MayYield(); ++waits) contention.Note(Awake::kNo);
  contention.Note(Awake::kYielding);
  contention.Note(Awake::kYielding);
  contention.Note(Awake::kLate);
  EXPECT_TRUE(contention.MayYield()) << "forgotten";
}

TEST(Contention, IsNotWhatALongSilenceIs) {
  Contention contention;
  for (int i = 0; i < 1000; ++i) contention.Note(Awake::kNo);
  EXPECT_TRUE(contention.MayYield());
}

}  // namespace
}  // namespace ava::transport
