// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/proofs.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <set>

namespace ava::guest {
namespace {

TEST(Proofs, KnowsWhatWasAddedAndNothingElse) {
  ProofSet proofs;
  const std::uint64_t proof = ProofOf({1, 2});
  EXPECT_FALSE(proofs.Has(proof));
  proofs.Add(proof);
  EXPECT_TRUE(proofs.Has(proof));
  EXPECT_FALSE(proofs.Has(ProofOf({2, 1})));
  proofs.Add(0);
  EXPECT_FALSE(proofs.Has(0));
}

TEST(Proofs, TellsArraysApartByContentsLengthAndNull) {
  const std::array<std::size_t, 3> a = {64, 1, 1};
  const std::array<std::size_t, 3> b = {64, 1, 2};
  EXPECT_EQ(ProofOf(a.data(), 24), ProofOf(a.data(), 24));
  EXPECT_NE(ProofOf(a.data(), 24), ProofOf(b.data(), 24));
  EXPECT_NE(ProofOf(a.data(), 24), ProofOf(a.data(), 16));
  EXPECT_EQ(ProofOf(a.data(), 16), ProofOf(b.data(), 16));
  EXPECT_NE(ProofOf(a.data(), 0), ProofOf(nullptr, 0));
}

TEST(Proofs, StateIsWhatTheSettersHaveSetInWhateverOrder) {
  ProofSet proofs;
  const std::uint64_t first = ProofOf({7, 0});
  const std::uint64_t second = ProofOf({7, 1});
  const std::uint64_t fresh = proofs.state();
  proofs.Set(first, 100);
  proofs.Set(second, 200);
  const std::uint64_t both = proofs.state();
  EXPECT_NE(both, fresh);
  proofs.Set(first, 101);
  EXPECT_NE(proofs.state(), both);
  proofs.Set(first, 100);
  EXPECT_EQ(proofs.state(), both);
  proofs.Set(first, 200);
  proofs.Set(second, 100);
  EXPECT_NE(proofs.state(), both);
}

TEST(Proofs, AValueThatIsLikeNoOtherIsNotLikeItselfEither) {
  ProofSet proofs;
  const std::uint64_t setter = ProofOf({7, 0});
  proofs.Set(setter, 100);
  const std::uint64_t known = proofs.state();
  std::set<std::uint64_t> states = {known};
  for (int i = 0; i < 100; ++i) {
    proofs.Set(setter, 0);
    EXPECT_TRUE(states.insert(proofs.state()).second);
  }
  proofs.Set(setter, 100);
  EXPECT_EQ(proofs.state(), known);
}

TEST(Proofs, MoreSettersThanThereIsRoomForProveNothingAnyMore) {
  ProofSet proofs;
  std::set<std::uint64_t> states;
  for (std::uint64_t i = 1; i <= 64; ++i) proofs.Set(ProofOf({i}), 5);
  for (int i = 0; i < 10; ++i) {
    proofs.Set(ProofOf({1000}), 5);
    EXPECT_TRUE(states.insert(proofs.state()).second);
  }
}

}  // namespace
}  // namespace ava::guest
