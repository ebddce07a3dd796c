// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/addresses.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace ava::guest {
namespace {

constexpr std::uint64_t kPage = 4096;

// Pages where nothing lies, as far as nobody else maps any meanwhile.
std::uint64_t FreePages(std::uint64_t bytes) {
  void* const pages = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages, bytes);
  return reinterpret_cast<std::uint64_t>(pages);
}

bool IsMapped(std::uint64_t address) {
  unsigned char state = 0;
  return mincore(reinterpret_cast<void*>(address / kPage * kPage), kPage, &state) == 0;
}

std::uint64_t Word(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

void Free(Addresses& addresses, const void* pointer) {
  Addresses::Range removed;
  ASSERT_NE(addresses.Claim(pointer), 0U);
  ASSERT_TRUE(addresses.Remove(pointer, removed));
  addresses.Unmap(removed);
}

TEST(Addresses, AreTheWorkersWhereNothingLies) {
  Addresses addresses;
  const std::uint64_t there = FreePages(4 * kPage) + 128;
  void* const here = addresses.Place(there, 2 * kPage, true);
  ASSERT_EQ(Word(here), there);
  std::memset(here, 1, 2 * kPage);
  EXPECT_TRUE(addresses.IsSame(here));
  EXPECT_EQ(addresses.There(static_cast<char*>(here) + 100, 1), there + 100);
  EXPECT_EQ(addresses.Here(there + 100), static_cast<char*>(here) + 100);
  Free(addresses, here);
  EXPECT_EQ(addresses.There(here, 1), 0U);
  EXPECT_FALSE(IsMapped(there));
}

// The worker gives an address out again before the guest has let go of it, and once more.
TEST(Addresses, TwoThatLeaveOnePlaceTakeNothingElseAlong) {
  Addresses addresses;
  const std::uint64_t there = FreePages(2 * kPage);
  void* const first = addresses.Place(there, 2 * kPage, true);
  ASSERT_NE(addresses.Claim(first), 0U);
  void* const second = addresses.Place(there, kPage, true);
  ASSERT_EQ(second, first);
  ASSERT_NE(addresses.Claim(second), 0U);
  Addresses::Range one;
  Addresses::Range other;
  ASSERT_TRUE(addresses.Remove(first, one));
  ASSERT_TRUE(addresses.Remove(second, other));
  addresses.Unmap(one);
  ASSERT_FALSE(IsMapped(there + kPage));
  void* const elses = mmap(reinterpret_cast<void*>(there + kPage), kPage, PROT_READ,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(Word(elses), there + kPage);
  addresses.Unmap(other);
  EXPECT_FALSE(IsMapped(there));
  EXPECT_TRUE(IsMapped(there + kPage)) << "somebody else's";
  munmap(elses, kPage);
}

TEST(Addresses, EndWithTheAllocation) {
  Addresses addresses;
  const std::uint64_t there = FreePages(kPage);
  auto* const here = static_cast<char*>(addresses.Place(there, 100, true));
  ASSERT_NE(here, nullptr);
  EXPECT_TRUE(addresses.Has(here + 99, 1));
  EXPECT_TRUE(addresses.Has(here, 100));
  EXPECT_FALSE(addresses.Has(here + 100, 0));
  EXPECT_FALSE(addresses.Has(here + 1, 100));
  EXPECT_FALSE(addresses.Has(here + 1, ~std::uint64_t{0}));
  EXPECT_FALSE(addresses.Has(here - 1, 1));
  EXPECT_EQ(addresses.Claim(here + 1), 0U) << "nothing begins there";
  Free(addresses, here);
}

TEST(Addresses, NeighboursShareAPage) {
  Addresses addresses;
  const std::uint64_t there = FreePages(3 * kPage);
  auto* const first = static_cast<char*>(addresses.Place(there + 64, kPage, true));
  auto* const second = static_cast<char*>(addresses.Place(there + kPage + 512, kPage, true));
  auto* const between = static_cast<char*>(addresses.Place(there + kPage + 128, 64, true));
  ASSERT_TRUE(addresses.IsSame(first) && addresses.IsSame(second) && addresses.IsSame(between));
  *second = 2;
  *between = 3;
  Free(addresses, first);
  EXPECT_FALSE(IsMapped(there));
  EXPECT_EQ(*second + *between, 5);
  Free(addresses, second);
  EXPECT_EQ(*between, 3);
  EXPECT_FALSE(IsMapped(there + 2 * kPage));
  Free(addresses, between);
  EXPECT_FALSE(IsMapped(there + kPage));
}

TEST(Addresses, AreTranslatedWhereSomethingLies) {
  Addresses addresses;
  std::uint64_t taken[1024] = {7};
  const std::uint64_t there = Word(taken) + 16;
  auto* const here = static_cast<char*>(addresses.Place(there, kPage, true));
  ASSERT_NE(here, nullptr);
  EXPECT_FALSE(addresses.IsSame(here));
  EXPECT_EQ(Word(here) % kPage, there % kPage);
  EXPECT_EQ(addresses.There(here + 5, 1), there + 5);
  EXPECT_EQ(addresses.Here(there + 5), here + 5);
  std::memset(here, 9, kPage);
  EXPECT_EQ(taken[0], 7U);
  Free(addresses, here);
  EXPECT_FALSE(IsMapped(Word(here)));
}

// Part of the way there is room: nothing of that stays.
TEST(Addresses, LeaveNothingWhereTheyDoNotFit) {
  Addresses addresses;
  const std::uint64_t there = FreePages(4 * kPage);
  void* const first = addresses.Place(there + kPage, kPage, true);
  void* const taken = mmap(reinterpret_cast<void*>(there + 3 * kPage), kPage, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  ASSERT_EQ(Word(taken), there + 3 * kPage);
  Free(addresses, first);
  void* const second = addresses.Place(there + kPage, 100, true);
  ASSERT_TRUE(addresses.IsSame(second));
  void* const here = addresses.Place(there + kPage + 200, 3 * kPage, true);
  EXPECT_FALSE(addresses.IsSame(here));
  EXPECT_TRUE(IsMapped(there + kPage));
  EXPECT_FALSE(IsMapped(there + 2 * kPage));
  Free(addresses, here);
  Free(addresses, second);
  munmap(taken, kPage);
}

// A worker that has been taken over says what it likes.
TEST(Addresses, BelieveNoWorker) {
  Addresses addresses;
  const std::uint64_t there = FreePages(4 * kPage);
  EXPECT_EQ(addresses.Place(0, 64, true), nullptr);
  EXPECT_EQ(addresses.Place(there, 0, true), nullptr);
  EXPECT_EQ(addresses.Place(there, ~std::uint64_t{0}, true), nullptr);
  for (const std::uint64_t odd : {std::uint64_t{64}, ~std::uint64_t{63}, std::uint64_t{1} << 47U,
                                  (std::uint64_t{1} << 63U) + 64}) {
    void* const here = addresses.Place(odd, 2 * kPage, true);
    ASSERT_NE(here, nullptr);
    EXPECT_FALSE(addresses.IsSame(here)) << odd;
    std::memset(here, 1, 2 * kPage);
    Free(addresses, here);
  }
  // Twice the same, and one inside another.
  void* const first = addresses.Place(there, kPage, true);
  void* const again = addresses.Place(there, kPage, true);
  void* const inside = addresses.Place(there + 64, 64, true);
  EXPECT_TRUE(addresses.IsSame(first));
  EXPECT_FALSE(addresses.IsSame(again));
  EXPECT_FALSE(addresses.IsSame(inside));
  for (void* one : {first, again, inside}) Free(addresses, one);
}

// The vendor library gives an address anew before the guest knows that it is free.
TEST(Addresses, MayBeGivenAgainWhileTheyAreFreed) {
  Addresses addresses;
  const std::uint64_t there = FreePages(2 * kPage);
  auto* const old = static_cast<char*>(addresses.Place(there, kPage + 64, true));
  ASSERT_EQ(addresses.Claim(old), there);
  EXPECT_EQ(addresses.Claim(old), 0U) << "one call frees it";
  EXPECT_FALSE(addresses.Has(old, 1));
  auto* const young = static_cast<char*>(addresses.Place(there, 64, true));
  ASSERT_TRUE(addresses.IsSame(young));
  *young = 5;
  Addresses::Range removed;
  ASSERT_TRUE(addresses.Remove(old, removed));
  addresses.Unmap(removed);
  EXPECT_EQ(*young, 5);
  EXPECT_TRUE(addresses.Has(young, 64));
  EXPECT_FALSE(IsMapped(there + kPage));
  Free(addresses, young);
}

TEST(Addresses, LiveOnWhenNothingFreesThem) {
  Addresses addresses;
  void* const here = addresses.Place(FreePages(kPage), 64, true);
  ASSERT_NE(addresses.Claim(here), 0U);
  addresses.PutBack(here);
  EXPECT_TRUE(addresses.Has(here, 64));
  Free(addresses, here);
}

TEST(Addresses, ShowTheLatestViewFirst) {
  Addresses addresses;
  auto* const here = static_cast<char*>(addresses.Place(FreePages(kPage), 64, true));
  addresses.AddView(here, 32, false);
  addresses.AddView(here, 64, true);
  EXPECT_EQ(addresses.ClaimView(here + 1).id, 0U);
  const Addresses::View latest = addresses.ClaimView(here);
  EXPECT_TRUE(latest.writes);
  const Addresses::View other = addresses.ClaimView(here);
  EXPECT_EQ(other.bytes, 32U);
  EXPECT_EQ(addresses.ClaimView(here).id, 0U);
  addresses.PutBackView(other.id);
  addresses.RemoveView(latest.id);
  EXPECT_EQ(addresses.ClaimView(here).id, other.id);
  addresses.PutBackView(other.id);
  Free(addresses, here);
  EXPECT_EQ(addresses.ClaimView(here).id, 0U) << "it went with what it showed";
}

}  // namespace
}  // namespace ava::guest
