// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/wait.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>

namespace ava::transport {
namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

// True when the waiter cannot but be yielding: it looks at most kPausesPerLook times more after its
// time for pausing.
class UntilYielding {
 public:
  bool operator()() {
    return MonotonicNanoseconds() - start_ > kPauseNsMax && ++looks_ > 2 * kPausesPerLook;
  }

 private:
  const std::int64_t start_ = MonotonicNanoseconds();
  int looks_ = 0;
};

TEST(WaitAwake, SaysHowItWent) {
  EXPECT_EQ(WaitAwake(kForEver, [] { return true; }), Awake::kAtOnce);
  EXPECT_EQ(WaitAwake(0, [] { return false; }), Awake::kNo);
  EXPECT_EQ(WaitAwake(kForEver, UntilYielding()), Awake::kYielding);
}

// The clock is past the end, although the condition was not looked at in between.
TEST(WaitAwake, IsLateWhenTheCoreWasAway) {
  constexpr std::int64_t kYieldNs = 1000 * kNanosecondsPerMillisecond;
  const auto how = WaitAwake(kYieldNs, [yielding = UntilYielding()]() mutable {
    if (!yielding()) return false;
    usleep((kYieldNs + 2 * kLateNs) / kNanosecondsPerMicrosecond);
    return true;
  });
  EXPECT_EQ(how, Awake::kLate);
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
