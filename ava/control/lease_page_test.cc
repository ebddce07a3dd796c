// SPDX-License-Identifier: Apache-2.0
#include "ava/control/lease_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>

namespace ava::control {
namespace {

TEST(LeasePage, IsSeenByWhoeverGetsItsDescriptor) {
  auto page = LeasePage::Create();
  ASSERT_TRUE(page.has_value()) << page.error().message();
  auto opened = LeasePage::Open(UniqueFd(dup(page->fd())));
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  page->lease().window_ns = 17;
  EXPECT_EQ(opened->lease().window_ns, 17U);
}

TEST(LeasePage, CannotBeWrittenByThem) {
  auto page = LeasePage::Create();
  ASSERT_TRUE(page.has_value()) << page.error().message();
  const UniqueFd fd(dup(page->fd()));
  EXPECT_EQ(mmap(nullptr, sizeof(wire::Lease), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0),
            MAP_FAILED);
  EXPECT_EQ(pwrite(fd.get(), "x", 1, 64), -1);
  EXPECT_EQ(ftruncate(fd.get(), 0), -1);
  void* place = mmap(nullptr, sizeof(wire::Lease), PROT_READ, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(place, MAP_FAILED);
  EXPECT_EQ(mprotect(place, sizeof(wire::Lease), PROT_READ | PROT_WRITE), -1);
  EXPECT_EQ(errno, EACCES);
  munmap(place, sizeof(wire::Lease));
}

TEST(LeasePage, RefusesAnotherFile) {
  EXPECT_FALSE(LeasePage::Open(UniqueFd(memfd_create("other", MFD_CLOEXEC))).has_value());
}

}  // namespace
}  // namespace ava::control
