// SPDX-License-Identifier: Apache-2.0

#include "ava/base/rect.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace ava {
namespace {

constexpr std::array<std::size_t, 3> kRegion = {2, 2, 2};
constexpr std::array<std::size_t, 3> kOrigin = {1, 0, 1};

TEST(Rect, IsTightWithoutPitches) {
  const Rect rect = Rect::Of(kRegion.data(), 4, nullptr, 0, 0);
  EXPECT_EQ(rect.bytes(), 32U);
  EXPECT_EQ(rect.row_pitch, 8U);
  EXPECT_EQ(rect.slice_pitch, 16U);
}

TEST(Rect, PacksTheBoxOnly) {
  const std::string memory = "abcdefghijklmnopqrstuvwx";  // rows of 4, slices of 8
  const Rect rect = Rect::Of(kRegion.data(), 1, kOrigin.data(), 4, 8);
  std::string packed(rect.bytes(), '.');
  rect.Pack(reinterpret_cast<std::byte*>(packed.data()),
            reinterpret_cast<const std::byte*>(memory.data()));
  EXPECT_EQ(packed, "jknorsvw");
}

TEST(Rect, LeavesTheGapsAlone) {
  std::string memory(16, '.');
  const std::array<std::size_t, 3> region = {2, 2, 1};
  const std::array<std::size_t, 3> origin = {1, 1, 0};
  Rect::Of(region.data(), 1, origin.data(), 4, 0)
      .Unpack(reinterpret_cast<std::byte*>(memory.data()),
              reinterpret_cast<const std::byte*>("abcd"));
  EXPECT_EQ(memory, ".....ab..cd.....");
}

TEST(Rect, OfNonsenseIsEmpty) {
  const std::array<std::size_t, 3> huge = {~std::size_t{0}, 2, 2};
  const std::array<std::size_t, 3> tall = {1, std::size_t{1} << 39, 4};
  EXPECT_EQ(Rect::Of(nullptr, 1, nullptr, 0, 0).bytes(), 0U);
  EXPECT_EQ(Rect::Of(huge.data(), 1, nullptr, 0, 0).bytes(), 0U);
  EXPECT_EQ(Rect::Of(tall.data(), 1, nullptr, 0, 0).bytes(), 0U);
}

TEST(Rect, KnowsWhetherAnythingLiesBetweenItsRows) {
  EXPECT_TRUE(Rect::Of(kRegion.data(), 4, nullptr, 0, 0).IsTight());
  EXPECT_TRUE(Rect::Of(kRegion.data(), 4, nullptr, 8, 16).IsTight());
  EXPECT_FALSE(Rect::Of(kRegion.data(), 4, nullptr, 10, 0).IsTight());
  EXPECT_FALSE(Rect::Of(kRegion.data(), 4, nullptr, 8, 24).IsTight());
  constexpr std::array<std::size_t, 3> kRow = {2, 1, 1};
  EXPECT_TRUE(Rect::Of(kRow.data(), 4, nullptr, 100, 1000).IsTight());
}

TEST(Rect, SpansFromItsFirstByteToItsLast) {
  EXPECT_EQ(Rect::Of(kRegion.data(), 4, kOrigin.data(), 10, 30).span(), 30U + 10U + 8U);
  EXPECT_EQ(Rect::Of(kRegion.data(), 4, nullptr, kRectBytesMax, 0).span(), 0U);
}

}  // namespace
}  // namespace ava
