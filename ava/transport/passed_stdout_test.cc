// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/passed_stdout.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace ava::transport {
namespace {

UniqueFd Open() { return UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC)); }

TEST(PassedStdout, IsTakenByNumber) {
  PassedStdout passed;
  EXPECT_TRUE(passed.Add(1, Open()));
  UniqueFd second = Open();
  const int number = second.get();
  EXPECT_TRUE(passed.Add(2, std::move(second)));
  EXPECT_EQ(passed.Take(2, Deadline::Never()).get(), number);
  EXPECT_FALSE(passed.Take(1, Deadline::In(0))) << "the one before is forgotten";
}

TEST(PassedStdout, IsWaitedFor) {
  PassedStdout passed;
  std::thread late([&] { passed.Add(1, Open()); });
  EXPECT_TRUE(passed.Take(1, Deadline::Never()));
  late.join();
}

TEST(PassedStdout, ComesNoMoreAfterTheEnd) {
  PassedStdout passed;
  std::thread end([&] { passed.Close(); });
  EXPECT_FALSE(passed.Take(1, Deadline::Never()));
  end.join();
}

TEST(PassedStdout, HasALimit) {
  PassedStdout passed;
  for (std::uint32_t i = 0; i < wire::kStdoutsWaitingMax; ++i) EXPECT_TRUE(passed.Add(i, Open()));
  EXPECT_FALSE(passed.Add(99, Open()));
}

}  // namespace
}  // namespace ava::transport
