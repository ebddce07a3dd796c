// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <functional>

#include "ava/guest/call.h"
#include "ava/guest/fake_channel.h"
#include "ava/guest/generated.h"

namespace ava::guest {
namespace {

using test::FakeChannel;
using test::FakeCommand;
using test::g_channel;
using wire::Blob;

constexpr std::uint64_t kPage = 4096;

struct Arguments {
  std::uint64_t address;
  Blob data;
};

std::uint64_t FreePages(std::uint64_t bytes) {
  void* const pages = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages, bytes);
  return reinterpret_cast<std::uint64_t>(pages);
}

class AddressCalls : public test::SessionTest {
 protected:
  void SetUp() override {
    SessionTest::SetUp();
    channel();
    there_ = FreePages(4 * kPage);
    here_ = static_cast<char*>(addresses().Place(there_, kPage, true));
    ASSERT_TRUE(addresses().IsSame(here_));
  }
  void TearDown() override {
    EXPECT_EQ(g_channel->live_slots, 0);
    EXPECT_EQ(g_channel->live_blocks, 0);
    munmap(here_, kPage);
  }
  static Addresses& addresses() { return Session::Current().addresses(); }

  // A call that shows `bytes` there and brings them later, as the compiler writes it.
  void MapLater(std::uint64_t bytes, bool writes) {
    Call call(1, sizeof(args_), payload_);
    ASSERT_TRUE(call.Address(here_, bytes, args_.address));
    call.OutLater(here_, bytes, args_.data);
    g_channel->worker = [&](FakeCommand& command) {
      shadow_ = command.Data(command.As<Arguments>().data);
      return wire::ReplyHeader{};
    };
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    call.Mapped(here_, bytes, writes);
  }
  // One that ends this; what it has sent.
  std::string Unmap(bool succeeds = true) {
    std::string sent = "nothing";
    Arguments args = {};
    Call call(2, sizeof(args), payload_);
    EXPECT_TRUE(call.Address(here_, 1, args.address));
    call.TakeBack(here_, args.data);
    g_channel->worker = [&](FakeCommand& command) {
      const auto received = command.As<Arguments>();
      if (command.Data(received.data) != nullptr) sent = command.Text(received.data);
      return wire::ReplyHeader{};
    };
    EXPECT_TRUE(call.Send(&args, true));
    if (succeeds) call.Succeed();
    return sent;
  }
  bool Free(const void* pointer, const std::function<void(Call&)>& end) {
    Arguments args = {};
    Call call(3, sizeof(args), payload_);
    if (!call.FreeAddress(pointer, args.address)) return false;
    if (call.Send(&args, true)) end(call);
    return true;
  }

  std::uint64_t there_ = 0;
  char* here_ = nullptr;
  std::byte* shadow_ = nullptr;
  Payload<4096> payload_;
  Arguments args_ = {};
};

TEST_F(AddressCalls, NameWhatLives) {
  Call call(1, sizeof(args_), payload_);
  EXPECT_TRUE(call.Address(here_ + 8, kPage - 8, args_.address));
  EXPECT_EQ(args_.address, there_ + 8);
  EXPECT_FALSE(call.Address(here_ + 8, kPage, args_.address));
  EXPECT_FALSE(call.Address(&args_, 1, args_.address));
  args_.address = 0;
  EXPECT_TRUE(call.Address(nullptr, 1, args_.address));
  EXPECT_EQ(args_.address, 0U);
  EXPECT_TRUE(is_address(here_));
  EXPECT_FALSE(is_address(here_ + kPage));
  EXPECT_TRUE(call.OrAddress(here_ + 1, 16, args_.data));
  EXPECT_EQ(args_.data.place, static_cast<std::uint32_t>(wire::Place::kAddress));
  EXPECT_EQ(args_.data.offset, there_ + 1);
  EXPECT_FALSE(call.OrAddress(&args_, 16, args_.data));
}

TEST_F(AddressCalls, TakeBackWhatTheProgramWrote) {
  MapLater(4, true);
  std::memcpy(shadow_, "data", 4);
  FakeChannel::MarkDone(shadow_);
  Session::Current().Deliver();
  EXPECT_EQ(std::memcmp(here_, "data", 4), 0);
  std::memcpy(here_, "more", 4);
  EXPECT_EQ(Unmap(false), "more");
  EXPECT_EQ(Unmap(), "more") << "the first has failed";
  EXPECT_EQ(Unmap(), "nothing");
}

TEST_F(AddressCalls, TakeNothingBackThatWasOnlyRead) {
  MapLater(4, false);
  FakeChannel::MarkDone(shadow_);
  Session::Current().Deliver();
  EXPECT_EQ(Unmap(), "nothing");
}

TEST_F(AddressCalls, ForgetWhatComesTooLate) {
  MapLater(4, true);
  std::memcpy(shadow_, "late", 4);
  EXPECT_EQ(Unmap(), "nothing") << "the program has seen nothing that it could have changed";
  std::memcpy(here_, "mine", 4);
  Session::Current().Deliver();
  EXPECT_EQ(std::memcmp(here_, "mine", 4), 0);
}

TEST_F(AddressCalls, FreeWhatTheyName) {
  EXPECT_FALSE(Free(here_ + 1, [](Call&) { FAIL(); }));
  EXPECT_TRUE(Free(here_, [](Call& call) { call.Fail(); }));
  EXPECT_TRUE(is_address(here_)) << "the call has failed";
  EXPECT_TRUE(Free(here_, [this](Call& call) {
    EXPECT_FALSE(is_address(here_)) << "another call frees it";
    call.Succeed();
  }));
  EXPECT_FALSE(is_address(here_));
  EXPECT_FALSE(Free(here_, [](Call&) { FAIL(); }));
}

TEST_F(AddressCalls, FreeAlsoWhatIsStillToCome) {
  MapLater(4, true);
  EXPECT_TRUE(Free(here_, [](Call& call) { call.Succeed(); }));
  Session::Current().Deliver();
  EXPECT_FALSE(is_address(here_));
}

TEST_F(AddressCalls, FreeWithoutAWorker) {
  g_channel->Lose();
  EXPECT_TRUE(Free(here_, [](Call&) { FAIL(); }));
  EXPECT_FALSE(is_address(here_));
}

TEST_F(AddressCalls, AllocateUntilOneLiesAtItsOwnAddress) {
  std::uint64_t taken[8] = {};
  const std::uint64_t good = FreePages(kPage);
  std::vector<std::uint64_t> asked;
  std::vector<void*> given_back;
  const auto ask = [&](std::uint64_t bytes) {
    asked.push_back(bytes);
    const auto place = reinterpret_cast<std::uint64_t>(&taken[asked.size()]);
    return addresses().Place(asked.size() < 3 ? place : good, 64, true);
  };
  void* const placed = Placed(100, ask, [&](void* pointer) { given_back.push_back(pointer); });
  EXPECT_EQ(reinterpret_cast<std::uint64_t>(placed), good);
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0], 100U);
  EXPECT_LT(asked[1], asked[2]);
  EXPECT_EQ(given_back.size(), 2U);
}

TEST_F(AddressCalls, AllocateElsewhereIfTheyMust) {
  std::uint64_t taken[8] = {};
  std::size_t asked = 0;
  std::vector<void*> all;
  std::vector<void*> given_back;
  const auto ask = [&](std::uint64_t) {
    void* const one = addresses().Place(reinterpret_cast<std::uint64_t>(&taken[++asked]), 64, true);
    all.push_back(one);
    return one;
  };
  void* const placed = Placed(100, ask, [&](void* pointer) { given_back.push_back(pointer); });
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(placed, all[0]) << "the one that has the right size";
  EXPECT_EQ(given_back, std::vector<void*>(all.begin() + 1, all.end()));
  EXPECT_EQ(
      Placed(100, [](std::uint64_t) -> void* { return nullptr; }, [](void*) { FAIL(); }), nullptr);
}

}  // namespace
}  // namespace ava::guest
