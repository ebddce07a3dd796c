// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/lent_memory.h"

#include <gtest/gtest.h>

#include "ava/worker/call_test.h"

namespace ava::worker::test {
namespace {

struct CreateArgs {
  Blob shared;
};

struct LentTest : CallTest {
  LentTest() { entry.blobs = kBlobs; }
  static constexpr BlobField kBlobs[] = {{.offset = 0, .kind = BlobField::Kind::kShared}};

  void Create(const Blob& blob, bool succeeds = true, bool waits = true) {
    Run(
        CreateArgs{blob},
        [&](Call& call) {
          memory = call.Shared(call.As<CreateArgs>().shared, "memory", 64);
          if (!call.ok()) return;
          if (!call.Made(succeeds, 0, succeeds ? 0 : -5)) return;
          if (memory != nullptr) lent = call.Lend(call.As<CreateArgs>().shared);
        },
        waits);
  }
  void* memory = nullptr;
  void* lent = nullptr;
};

TEST_F(LentTest, IsTheGuestsAgainWithTheObjectsEnd) {
  Create(FakeChannel::Arena(4096, 64));
  EXPECT_EQ(memory, channel.arena() + 4096);
  EXPECT_TRUE(session.lent->IsLent(0));
  EXPECT_FALSE(session.lent->IsLent(1));
  EXPECT_FALSE(channel.IsDone(4096));
  LentMemory::GiveBack(lent);
  EXPECT_EQ(channel.marks(4096), 1U);
  EXPECT_FALSE(session.lent->IsLent(0));
}

TEST_F(LentTest, SegmentsAreLentUntilTheirLastBlockIs) {
  Create(FakeChannel::Arena(4096, 64));
  void* const first = lent;
  Create(FakeChannel::Arena(8192, 64), true, false);
  EXPECT_FALSE(channel.IsDone(8192)) << "although nobody waited";
  LentMemory::GiveBack(first);
  EXPECT_TRUE(session.lent->IsLent(0));
  LentMemory::GiveBack(lent);
  EXPECT_FALSE(session.lent->IsLent(0));
}

TEST_F(LentTest, AFailedCallLendsNothing) {
  Create(FakeChannel::Arena(4096, 64), false, false);
  EXPECT_EQ(channel.marks(4096), 1U);
  EXPECT_FALSE(session.lent->IsLent(0));
  Create(FakeChannel::Arena(8192, 64), false, true);
  EXPECT_EQ(channel.marks(8192), 0U) << "the guest waits, and frees it itself";
}

TEST_F(LentTest, NothingIsShared) {
  Create({});
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(violation, "");
}

TEST_F(LentTest, BadMemoryEndsTheSession) {
  for (const Blob& blob : {Slot(0, 64), FakeChannel::Arena(4096, 63), FakeChannel::Arena(4104, 64),
                           FakeChannel::Arena(std::uint64_t{1} << 40, 64)}) {
    Create(blob);
    EXPECT_NE(violation, "") << blob.offset;
    EXPECT_EQ(memory, nullptr);
  }
}

// The vendor library may tell of an object's end when nobody listens any more.
TEST(LentMemory, MayComeBackAfterTheSession) {
  FakeChannel channel;
  const auto memory = std::make_shared<LentMemory>(channel);
  void* const lent = memory->Lend(FakeChannel::Arena(4096, 64));
  memory->Close();
  LentMemory::GiveBack(lent);
  EXPECT_FALSE(channel.IsDone(4096));
}

TEST_F(LentTest, AMappingWithoutAShadowIsNotCopied) {
  struct MapArgs {
    std::uint64_t mapping;
    Blob shadow;
  };
  char range[16] = "device contents";
  entry.blobs = {};
  Run(MapArgs{1, {}}, [&](Call& call) {
    call.Blocks(false);
    call.Maps(1, call.As<MapArgs>().shadow, 16, true, true);
    EXPECT_FALSE(call.NeedsEvent());
    call.Made(true, 0, 0);
    call.Mapped(range);
  });
  EXPECT_EQ(violation, "");
  Run(MapArgs{1, {}}, [&](Call& call) {
    EXPECT_EQ(call.Unmaps(1), range);
    call.Made(true, 0, 0);
  });
  EXPECT_STREQ(range, "device contents");
  EXPECT_EQ(session.mappings.size(), 0U);
}

}  // namespace
}  // namespace ava::worker::test
