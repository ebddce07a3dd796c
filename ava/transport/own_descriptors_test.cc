// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/own_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "ava/base/unique_fd.h"

namespace ava::transport {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends = {-1, -1};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  UniqueFd out;
  UniqueFd in;
};

class OwnDescriptors : public testing::Test {
 protected:
  void SetUp() override {
    std::thread([this] {
      left_ = LeaveDescriptorTable(kept_.in.get());
      started_ = errands_.Start();
    }).join();
    ASSERT_EQ(started_, 0);
    if (!left_) GTEST_SKIP() << "this system has no close_range()";
  }
  void TearDown() override {
    if (started_ == 0) errands_.Stop();
  }

  Pipe other_;
  Pipe kept_;
  bool left_ = false;
  int started_ = -1;
  ErrandThread errands_;
};

TEST_F(OwnDescriptors, AreOutOfTheProgramsReach) {
  struct {
    int fd;
    ssize_t written;
  } order = {.fd = kept_.in.get(), .written = 0};
  kept_.in.Reset();
  const UniqueFd file(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_EQ(dup2(file.get(), order.fd), order.fd);
  errands_.Do(
      [](void* argument) {
        auto& ordered = *static_cast<decltype(order)*>(argument);
        ordered.written = write(ordered.fd, "x", 1);
      },
      &order);
  EXPECT_EQ(order.written, 1);
  char seen = 0;
  EXPECT_EQ(read(kept_.out.get(), &seen, 1), 1);
  EXPECT_EQ(seen, 'x');
  close(order.fd);
}

TEST_F(OwnDescriptors, KeepNothingOfTheProgramsOpen) {
  other_.in.Reset();
  char seen = 0;
  EXPECT_EQ(read(other_.out.get(), &seen, 1), 0) << "there is still a writer";
}

TEST_F(OwnDescriptors, DoErrandsOfManyThreads) {
  std::array<int, 8> counts = {};
  std::array<std::thread, 8> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::thread([this, &count = counts[i]] {
      for (int round = 0; round < 200; ++round)
        errands_.Do([](void* argument) { ++*static_cast<int*>(argument); }, &count);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : counts) EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace ava::transport
