// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/arena_allocator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace ava::transport {
namespace {

constexpr std::uint32_t kNone = ArenaAllocator::kNone;
constexpr std::uint32_t kUnits = 4096;

class Arena : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(allocator_.Init(std::uint64_t{kUnits} * ArenaAllocator::kUnitBytes), 0);
  }
  ArenaAllocator allocator_;
};

TEST_F(Arena, GivesEverythingAndTakesItBack) {
  EXPECT_EQ(allocator_.Allocate(kUnits), 0U);
  EXPECT_EQ(allocator_.Allocate(1), kNone);
  allocator_.Free(0);
  EXPECT_EQ(allocator_.units_free(), kUnits);
  EXPECT_TRUE(allocator_.IsConsistent());
}

TEST_F(Arena, RefusesWhatCannotBe) {
  EXPECT_EQ(allocator_.Allocate(0), kNone);
  EXPECT_EQ(allocator_.Allocate(kUnits + 1), kNone);
}

TEST_F(Arena, CoalescesBothWays) {
  const std::uint32_t a = allocator_.Allocate(10);
  const std::uint32_t b = allocator_.Allocate(10);
  const std::uint32_t c = allocator_.Allocate(10);
  allocator_.Free(a);
  allocator_.Free(c);
  allocator_.Free(b);
  EXPECT_TRUE(allocator_.IsConsistent());
  EXPECT_EQ(allocator_.Allocate(kUnits), 0U);
}

TEST_F(Arena, FindsAPieceOfItsOwnClass) {
  // 1000 rounds up to a class that a piece of exactly 1000 is not in.
  std::vector<std::uint32_t> pieces;
  for (std::uint32_t piece = allocator_.Allocate(1000); piece != kNone;
       piece = allocator_.Allocate(1000)) {
    pieces.push_back(piece);
  }
  ASSERT_EQ(pieces.size(), 4U);
  allocator_.Free(pieces[1]);
  EXPECT_EQ(allocator_.Allocate(1000), pieces[1]);
}

TEST_F(Arena, Aligns) {
  ASSERT_NE(allocator_.Allocate(3), kNone);
  const std::uint32_t piece = allocator_.Allocate(100, 16, 15);
  ASSERT_NE(piece, kNone);
  EXPECT_EQ(piece % 16, 15U);
  EXPECT_EQ(allocator_.UnitsOf(piece), 100U);
  EXPECT_TRUE(allocator_.IsConsistent());
}

using ArenaDeathTest = Arena;  // gtest runs suites of this name first, before there are threads.

TEST_F(ArenaDeathTest, OfADoubleFree) {
  const std::uint32_t piece = allocator_.Allocate(10);
  allocator_.Free(piece);
  EXPECT_DEATH(allocator_.Free(piece), "internal error");
}

TEST_F(Arena, RandomAgainstAModel) {
  std::mt19937 engine(11);
  auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  std::map<std::uint32_t, std::uint32_t> model;  // first unit -> units
  auto overlaps = [&](std::uint32_t first, std::uint32_t units) {
    const auto after = model.lower_bound(first);
    if (after != model.end() && after->first < first + units) return true;
    return after != model.begin() && std::prev(after)->first + std::prev(after)->second > first;
  };
  for (int step = 0; step < 30000; ++step) {
    if (random() % 5 < 3) {
      const std::uint32_t units = 1 + (random() % 4 == 0 ? random() % 700 : random() % 20);
      const bool aligned = random() % 3 == 0;
      const std::uint32_t piece =
          aligned ? allocator_.Allocate(units, 16, 15) : allocator_.Allocate(units);
      if (piece == kNone) continue;
      ASSERT_LE(piece + units, kUnits);
      ASSERT_FALSE(overlaps(piece, units));
      ASSERT_TRUE(!aligned || piece % 16 == 15);
      model[piece] = units;
    } else if (!model.empty()) {
      auto victim = std::next(model.begin(), static_cast<long>(random() % model.size()));
      ASSERT_EQ(allocator_.UnitsOf(victim->first), victim->second);
      allocator_.Free(victim->first);
      model.erase(victim);
    }
    ASSERT_TRUE(step % 100 != 0 || allocator_.IsConsistent());
  }
  for (const auto& [piece, units] : model) allocator_.Free(piece);
  EXPECT_TRUE(allocator_.IsConsistent());
  EXPECT_EQ(allocator_.units_free(), kUnits);
  EXPECT_EQ(allocator_.Allocate(kUnits), 0U);
}

}  // namespace
}  // namespace ava::transport
