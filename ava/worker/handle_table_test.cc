// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/handle_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ava::worker {
namespace {

constexpr TypeId kMem = 1;
constexpr TypeId kEvent = 2;

HandleId Id(std::uint32_t index, std::uint32_t generation = 1) {
  return wire::MakeHandleId(index, generation, false);
}

struct Fixture : testing::Test {
  std::vector<Charge> released;
  HandleTable table{[this](const Charge& charge) { released.push_back(charge); }};
  int objects[8] = {};
};
using HandleTableTest = Fixture;

TEST_F(HandleTableTest, FindsWhatWasBound) {
  ASSERT_TRUE(table.Bind(Id(5), kMem, &objects[0]));
  EXPECT_EQ(table.Find(Id(5), kMem), &objects[0]);
  EXPECT_EQ(table.Existing(kMem, &objects[0]), Id(5));
}

TEST_F(HandleTableTest, RefusesOtherTypesGenerationsAndIds) {
  ASSERT_TRUE(table.Bind(Id(5), kMem, &objects[0]));
  EXPECT_EQ(table.Find(Id(5), kEvent), nullptr);
  EXPECT_EQ(table.Find(Id(5, 2), kMem), nullptr);
  EXPECT_EQ(table.Find(Id(6), kMem), nullptr);
  EXPECT_EQ(table.Find(Id(5000), kMem), nullptr);
  EXPECT_EQ(table.Find(0, kMem), nullptr);
  EXPECT_EQ(table.Find(~HandleId{0}, kMem), nullptr);
  EXPECT_EQ(table.Find(wire::MakeHandleId(5, 1, true), kMem), nullptr);
}

TEST_F(HandleTableTest, MintsOnlyFreeAndWellFormedIds) {
  EXPECT_TRUE(table.CanMint(Id(0)));
  EXPECT_FALSE(table.CanMint(0));
  EXPECT_FALSE(table.CanMint(Id(1, 0)));
  EXPECT_FALSE(table.CanMint(wire::MakeHandleId(1, 1, true)));
  EXPECT_FALSE(table.CanMint(Id(wire::kHandlesMax)));
  ASSERT_TRUE(table.Bind(Id(3), kMem, &objects[0]));
  EXPECT_FALSE(table.CanMint(Id(3)));
  EXPECT_FALSE(table.CanMint(Id(3, 2)));
  EXPECT_FALSE(table.Bind(Id(3, 2), kMem, &objects[1]));
}

TEST_F(HandleTableTest, IsGoneWithItsLastReference) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  EXPECT_TRUE(table.Retain(Id(1)));
  EXPECT_TRUE(table.Release(Id(1)));
  EXPECT_EQ(table.Find(Id(1), kMem), &objects[0]);
  EXPECT_TRUE(table.Release(Id(1)));
  EXPECT_EQ(table.Find(Id(1), kMem), nullptr);
  EXPECT_FALSE(table.CanRelease(Id(1), kMem));
  EXPECT_FALSE(table.Release(Id(1)));
  EXPECT_TRUE(table.CanMint(Id(1, 2)));
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(HandleTableTest, StaysKnownWhileChildrenLive) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  ASSERT_TRUE(table.Bind(Id(2), kEvent, &objects[1]));
  ASSERT_TRUE(table.AddParent(Id(2), Id(1)));
  table.Release(Id(1));
  EXPECT_EQ(table.Find(Id(1), kMem), &objects[0]);
  EXPECT_FALSE(table.CanRelease(Id(1), kMem)) << "the program has no reference left to give back";
  table.Release(Id(2));
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(HandleTableTest, LongChainsOfParentsGoAtOnce) {
  constexpr std::uint32_t kChain = 2000;
  std::vector<int> chain(kChain);
  for (std::uint32_t i = 0; i < kChain; ++i) {
    ASSERT_TRUE(table.Bind(Id(i), kMem, &chain[i]));
    if (i == 0) continue;
    ASSERT_TRUE(table.AddParent(Id(i), Id(i - 1)));
    table.Release(Id(i - 1));
  }
  EXPECT_EQ(table.size(), kChain);
  table.Release(Id(kChain - 1));
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(HandleTableTest, EdgesAreLimited) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  ASSERT_TRUE(table.Bind(Id(2), kMem, &objects[1]));
  for (std::size_t i = 0; i < kParentsMax; ++i) EXPECT_TRUE(table.AddParent(Id(2), Id(1)));
  EXPECT_FALSE(table.AddParent(Id(2), Id(1)));
}

TEST_F(HandleTableTest, HoldsKeepAnObjectKnown) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  table.Hold(Id(1));
  table.Release(Id(1));
  EXPECT_EQ(table.IdOf(kMem, &objects[0]), Id(1));
  table.Unhold(Id(1));
  EXPECT_EQ(table.IdOf(kMem, &objects[0]), 0U);
  table.Unhold(Id(1));
}

TEST_F(HandleTableTest, AWatchKeepsTheNameOnly) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  table.Watch(Id(1));
  EXPECT_EQ(table.Find(Id(1), kMem), &objects[0]);
  table.Hold(Id(1));
  EXPECT_TRUE(table.Release(Id(1)));
  EXPECT_EQ(table.Find(Id(1), kMem), &objects[0]) << "something holds it";
  table.Unhold(Id(1));
  EXPECT_EQ(table.Find(Id(1), kMem), nullptr);
  EXPECT_EQ(table.IdOf(kMem, &objects[0]), 0U);
  EXPECT_FALSE(table.CanMint(Id(1)));
  table.Unwatch(Id(1));
  EXPECT_TRUE(table.CanMint(Id(1)));
}

TEST_F(HandleTableTest, DeadIdsCountAndThenGo) {
  ASSERT_TRUE(table.Kill(Id(1), kMem, -30));
  EXPECT_EQ(table.Find(Id(1), kMem), nullptr);
  EXPECT_FALSE(table.CanMint(Id(1)));
  EXPECT_TRUE(table.Is(Id(1), kMem));
  EXPECT_TRUE(table.CanRelease(Id(1), kMem));
  EXPECT_TRUE(table.Release(Id(1)));
  EXPECT_TRUE(table.CanMint(Id(1, 2)));
}

TEST_F(HandleTableTest, ServerMintedObjectsStay) {
  const HandleId id = table.Existing(kMem, &objects[0]);
  EXPECT_TRUE(wire::HandleServerMinted(id));
  EXPECT_EQ(table.Existing(kMem, &objects[0]), id);
  EXPECT_EQ(table.Existing(kMem, nullptr), 0U);
  EXPECT_TRUE(table.Release(id));
  EXPECT_TRUE(table.Release(id));
  EXPECT_EQ(table.Find(id, kMem), &objects[0]);
}

TEST_F(HandleTableTest, ServerMintedObjectsAreLimited) {
  std::vector<char> many(kServerMintedMax + 1);
  for (std::uint32_t i = 0; i < kServerMintedMax; ++i)
    ASSERT_NE(table.Existing(kMem, &many[i]), 0U);
  EXPECT_EQ(table.Existing(kMem, &many[kServerMintedMax]), 0U);
}

TEST_F(HandleTableTest, AnAddressUsedAgainKillsWhatWasThere) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  ASSERT_TRUE(table.Bind(Id(2), kMem, &objects[0]));
  EXPECT_EQ(table.Find(Id(1), kMem), nullptr);
  EXPECT_EQ(table.Find(Id(2), kMem), &objects[0]);
  EXPECT_EQ(table.IdOf(kMem, &objects[0]), Id(2));
  table.Release(Id(1));
  EXPECT_EQ(table.IdOf(kMem, &objects[0]), Id(2));
}

TEST_F(HandleTableTest, ChargesComeBackWithTheirOwner) {
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  table.AddCharge(Id(1), {.resource = 2, .amount = 4096});
  EXPECT_TRUE(released.empty());
  table.Release(Id(1));
  ASSERT_EQ(released.size(), 1U);
  EXPECT_EQ(released[0].resource, 2);
  EXPECT_EQ(released[0].amount, 4096U);
}

TEST_F(HandleTableTest, MetadataLivesWithItsObject) {
  const auto make = [] -> std::shared_ptr<void> { return std::make_shared<int>(7); };
  EXPECT_EQ(table.Metadata(kMem, &objects[0], make), nullptr);
  ASSERT_TRUE(table.Bind(Id(1), kMem, &objects[0]));
  auto first = std::static_pointer_cast<int>(table.Metadata(kMem, &objects[0], make));
  *first = 9;
  EXPECT_EQ(*std::static_pointer_cast<int>(table.Metadata(kMem, &objects[0], make)), 9);
  table.Release(Id(1));
  ASSERT_TRUE(table.Bind(Id(1, 2), kMem, &objects[0]));
  EXPECT_EQ(*std::static_pointer_cast<int>(table.Metadata(kMem, &objects[0], make)), 7);
}

TEST_F(HandleTableTest, IsFoundWhileOthersBindAndRelease) {
  ASSERT_TRUE(table.Bind(Id(0), kMem, &objects[0]));
  std::atomic<bool> stop{false};
  std::thread other([&] {
    for (std::uint32_t i = 1; i < 20000; ++i) {
      const HandleId id = Id(1 + i % 3000, i);
      if (table.Bind(id, kEvent, &objects[1 + i % 7])) table.Release(id);
    }
    stop = true;
  });
  while (!stop) ASSERT_EQ(table.Find(Id(0), kMem), &objects[0]);
  other.join();
  EXPECT_EQ(table.size(), 1U);
}

}  // namespace
}  // namespace ava::worker
