// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "ava/worker/call_test.h"

namespace ava::worker::test {
namespace {

constexpr std::int64_t kInvalidValue = -30;

struct Arguments {
  std::uint64_t address;
  Blob data;
};

class AddressTest : public CallTest {
 protected:
  AddressTest() { (void)session.addresses.Add(memory.data(), memory.size()); }

  std::uint64_t Word(std::size_t offset = 0) const {
    return reinterpret_cast<std::uint64_t>(memory.data()) + offset;
  }
  // What the generated server makes of an address and so many bytes.
  void* Used(std::uint64_t address, Wide bytes) {
    void* used = nullptr;
    Run(Arguments{.address = address, .data = {}}, [&](Call& call) {
      used = call.Address(address, bytes, kInvalidValue);
      refused = call.refused();
      call.Made(true, 0, 0);
    });
    return used;
  }

  std::array<std::byte, 128> memory = {};
  bool refused = false;
};

TEST_F(AddressTest, LieInWhatLives) {
  EXPECT_EQ(Used(Word(100), 28), memory.data() + 100);
  EXPECT_EQ(Used(0, 28), nullptr);
  EXPECT_FALSE(refused) << "NULL is the vendor library's to refuse";
}

TEST_F(AddressTest, AnywhereElseAreRefused) {
  for (const auto& [address, bytes] : {std::pair{Word(100), Wide{29}},
                                       {Word(128), Wide{0}},
                                       {Word() - 1, Wide{1}},
                                       {Word(), Wide{kSizeMax}},
                                       {Word(1), Wide{-1}},
                                       {std::uint64_t{8}, Wide{1}},
                                       {~std::uint64_t{0}, Wide{2}}}) {
    EXPECT_EQ(Used(address, bytes), nullptr) << address;
    EXPECT_TRUE(refused);
  }
  (void)session.addresses.Remove(memory.data());
  EXPECT_EQ(Used(Word(), 1), nullptr);
  EXPECT_TRUE(refused);
}

TEST_F(AddressTest, OfAnArrayAreAllLookedAt) {
  const Blob blob = Record<Arguments>(std::vector<std::uint64_t>{Word(1), 0, Word(2)});
  Run(Arguments{.address = 0, .data = blob}, [&](Call& call) {
    void** pointers = call.Addresses(call.As<Arguments>().data, "data", 3, kInvalidValue);
    ASSERT_NE(pointers, nullptr);
    EXPECT_EQ(pointers[0], memory.data() + 1);
    EXPECT_EQ(pointers[1], nullptr);
    EXPECT_EQ(pointers[2], memory.data() + 2);
    call.Made(true, 0, 0);
  });
  payload.clear();
  const Blob bad = Record<Arguments>(std::vector<std::uint64_t>{Word(1), Word(128)});
  Run(Arguments{.address = 0, .data = bad}, [&](Call& call) {
    (void)call.Addresses(call.As<Arguments>().data, "data", 2, kInvalidValue);
    EXPECT_TRUE(call.refused());
  });
}

TEST_F(AddressTest, InPlaceOfABufferAreLookedAtToo) {
  const Blob inside{.place = static_cast<std::uint32_t>(wire::Place::kAddress),
                    .segment = 0,
                    .offset = Word(64),
                    .bytes = 64};
  ASSERT_TRUE(Call::IsAddress(inside));
  Run(Arguments{.address = 0, .data = inside}, [&](Call& call) {
    EXPECT_EQ(call.AddressIn<std::byte>(inside, 64, kInvalidValue), memory.data() + 64);
    EXPECT_EQ(call.AddressIn<std::byte>(inside, 65, kInvalidValue), nullptr);
    EXPECT_TRUE(call.refused());
  });
  // Where no address may stand it is like any other odd place.
  Run(Arguments{.address = 0, .data = inside},
      [&](Call& call) { (void)call.In<std::byte>(call.As<Arguments>().data, "data", 64); });
  EXPECT_EQ(violation, "toy_call: 'data': an input in place 4");
}

TEST_F(AddressTest, AreFreedWhereTheyBegin) {
  const auto free = [&](std::uint64_t address, bool succeeds) {
    Run(Arguments{.address = address, .data = {}}, [&](Call& call) {
      (void)call.FreeAddress(address, kInvalidValue);
      if (!call.ok()) return;
      call.FreesNow();
      if (!call.ok()) return;
      EXPECT_FALSE(session.addresses.Has(memory.data(), 1)) << "another may get it at once";
      call.Made(succeeds, 0, succeeds ? 0 : -1);
    });
  };
  free(Word(), false);
  EXPECT_TRUE(session.addresses.Has(memory.data(), 128)) << "it lives on";
  free(Word(8), true);
  EXPECT_NE(violation.find("no allocation begins"), std::string::npos);
  EXPECT_TRUE(session.addresses.Has(memory.data(), 128));
  free(Word(), true);
  EXPECT_EQ(violation, "");
  EXPECT_EQ(session.addresses.size(), 0U);
}

TEST_F(AddressTest, BringTheirContentsWithTheEvent) {
  FakeEvent event;
  memory[3] = std::byte{42};
  const auto serve = [&](Call& call) {
    const auto& args = call.As<Arguments>();
    call.Blocks(false);
    call.Brings(call.Address(args.address, 16, kInvalidValue), args.data, "data", 16);
    EXPECT_TRUE(call.NeedsEvent());
    call.Made(true, 0, 0);
    call.CompletesWith(&event, true);
  };
  static constexpr BlobField kBlobs[] = {
      {.offset = offsetof(Arguments, data), .kind = BlobField::Kind::kUntil}};
  entry.blobs = kBlobs;
  Run(Arguments{.address = Word(), .data = FakeChannel::Arena(64, 16)}, serve);
  session.pending.Sweep();
  EXPECT_FALSE(channel.IsDone(64));
  event.done = 1;
  session.pending.Sweep();
  EXPECT_TRUE(channel.IsDone(64));
  EXPECT_EQ(channel.arena()[64 + 3], std::byte{42});
  // What was freed meanwhile is not read.
  event = {};
  memory[3] = std::byte{43};
  Run(Arguments{.address = Word(), .data = FakeChannel::Arena(128, 16)}, serve);
  (void)session.addresses.Remove(memory.data());
  event.done = 1;
  session.pending.Sweep();
  EXPECT_TRUE(channel.IsDone(128));
  EXPECT_EQ(channel.arena()[128 + 3], std::byte{0});
}

TEST_F(AddressTest, TakeContentsBackWithinWhatLives) {
  const std::vector<std::byte> bytes(16, std::byte{7});
  const auto serve = [&](Call& call) {
    const auto& args = call.As<Arguments>();
    call.TakesBack(call.Address(args.address, 1, kInvalidValue), args.data, "data");
    call.Made(true, 0, 0);
  };
  Run(Arguments{.address = Word(112), .data = Record<Arguments>(bytes)}, serve);
  EXPECT_EQ(memory[127], std::byte{7});
  EXPECT_EQ(memory[111], std::byte{0});
  payload.clear();
  Run(Arguments{.address = Word(113), .data = Record<Arguments>(bytes)}, serve);
  EXPECT_EQ(violation, "toy_call: 'data': contents of what does not live");
}

}  // namespace
}  // namespace ava::worker::test
