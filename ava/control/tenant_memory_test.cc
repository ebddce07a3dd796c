// SPDX-License-Identifier: Apache-2.0
#include "ava/control/tenant_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <optional>

namespace ava::control {
namespace {

UniqueFd Copy(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

TEST(TenantMemory, IsSharedBetweenThoseWhoHaveTheDescriptor) {
  const auto made = TenantMemory::Create(8);
  ASSERT_TRUE(made.has_value());
  const auto opened = TenantMemory::Open(Copy(made->fd()));
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  ASSERT_EQ(opened->held().size(), 8U);
  opened->held()[7] = 99;
  EXPECT_EQ(made->held()[7], 99U);
  EXPECT_NE(ftruncate(made->fd(), 0), 0) << "nobody may take it away";
}

TEST(TenantMemory, RefusesWhatIsNone) {
  const UniqueFd fd(memfd_create("other", MFD_CLOEXEC));
  EXPECT_FALSE(TenantMemory::Open(Copy(fd.get())).has_value());
  ASSERT_EQ(ftruncate(fd.get(), sizeof(wire::TenantPage)), 0);
  EXPECT_FALSE(TenantMemory::Open(Copy(fd.get())).has_value());
}

TEST(TenantMemories, EachTenantHasAPageAndEachSessionAWord) {
  TenantMemories memories(2);
  std::optional<TenantMemories::Slot> first(std::move(*memories.Take(1000)));
  auto second = memories.Take(1000);
  const auto other = memories.Take(1001);
  ASSERT_TRUE(second.has_value() && other.has_value());
  EXPECT_EQ(first->fd(), second->fd());
  EXPECT_NE(first->fd(), other->fd());
  EXPECT_NE(first->index(), second->index());
  EXPECT_FALSE(memories.Take(1000).has_value()) << "there are two";

  const auto page = TenantMemory::Open(Copy(first->fd()));
  ASSERT_TRUE(page.has_value());
  page->held()[first->index()] = 4096;
  page->held()[second->index()] = 8192;
  const std::size_t index = first->index();
  first.reset();
  EXPECT_EQ(page->held()[index], 0U) << "what a session held is free when it has ended";
  EXPECT_EQ(page->held()[second->index()], 8192U);
  const auto third = memories.Take(1000);
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->index(), index);
}

}  // namespace
}  // namespace ava::control
