// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

#include "ava/guest/call.h"
#include "ava/guest/fake_channel.h"

namespace ava::guest {
namespace {

using test::FakeCommand;
using test::g_channel;
using test::kMemory;
using wire::Blob;
using wire::HandleId;

struct Arguments {
  HandleId handle;
  Blob in;
  Blob out;
  HandleId minted;
  std::uint64_t word;
};

class MappingCalls : public test::SessionTest {
 protected:
  void SetUp() override {
    SessionTest::SetUp();
    channel();
  }
  void TearDown() override {
    EXPECT_EQ(g_channel->live_slots, 0);
    EXPECT_EQ(g_channel->live_blocks, 0);
  }

  Payload<4096> payload_;
  Arguments args_ = {};
};

TEST_F(MappingCalls, MapsAndUnmaps) {
  Object* object = g_objects.Mint(kMemory);
  std::byte* shadow = nullptr;
  std::uint64_t mapping = 0;
  g_channel->worker = [&](FakeCommand& command) {
    const auto args = command.As<Arguments>();
    if (command.header.function == 1) {
      mapping = args.word;
      shadow = command.Data(args.out);
      std::memcpy(shadow, "data", 4);
    } else {
      EXPECT_EQ(args.word, mapping);
    }
    return wire::ReplyHeader{};
  };
  void* pointer = nullptr;
  {
    Call call(1, sizeof(args_), payload_);
    call.Map(object, {.bytes = 4}, args_.word, args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    pointer = call.mapped_pointer();
  }
  EXPECT_EQ(pointer, shadow);
  const Object* nothing = object;
  {
    Arguments args = {};
    Call call(2, sizeof(args), payload_);
    call.Unmap(nothing, pointer, args.word);
    ASSERT_TRUE(call.Send(&args, true));
    call.Succeed();
  }
  Arguments args = {};
  Call call(2, sizeof(args), payload_);
  call.Unmap(object, pointer, args.word);
  EXPECT_EQ(args.word, 0U);
  g_objects.Release(*object);
}

// Creates an object of `bytes` bytes with "data" in it; null when the call is refused.
Object* MakeShared(std::uint64_t bytes, Arguments& args, void*& memory, bool succeeds = true) {
  Payload<4096> payload;
  args = {};
  Call call(3, sizeof(args), payload);
  void* const result = call.NewResult(kMemory, args.minted);
  if (!call.Share(result, bytes, "data", 4, args.out)) call.In("data", 4, args.in);
  memory = call.shared();
  EXPECT_TRUE(call.Send(&args, true));
  if (!succeeds) return nullptr;
  call.Succeed();
  return static_cast<Object*>(result);
}

TEST_F(MappingCalls, SharedMemoryIsMappedInPlace) {
  void* memory = nullptr;
  Object* object = MakeShared(100000, args_, memory);
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(std::memcmp(memory, "data", 4), 0);
  EXPECT_EQ(args_.in.place, static_cast<std::uint32_t>(wire::Place::kNull));
  EXPECT_EQ(args_.out.bytes, 100000U);
  EXPECT_EQ(g_channel->live_blocks, 1);
  void* const at = static_cast<char*>(memory) + 5;
  {
    Arguments args = {};
    Call call(1, sizeof(args), payload_);
    call.Map(object, {.bytes = 4, .shared = at}, args.word, args.out);
    EXPECT_EQ(args.out.place, static_cast<std::uint32_t>(wire::Place::kNull));
    ASSERT_TRUE(call.Send(&args, true));
    call.Succeed();
    EXPECT_EQ(call.mapped_pointer(), at);
  }
  {
    Arguments args = {};
    Call call(2, sizeof(args), payload_);
    call.Unmap(object, at, args.word);
    EXPECT_NE(args.word, 0U);
    ASSERT_TRUE(call.Send(&args, true));
    call.Succeed();
  }
  EXPECT_EQ(g_channel->live_blocks, 1) << "the object's";
  g_objects.Release(*object);
}

TEST_F(MappingCalls, SharedMemoryIsReadInPlace) {
  void* memory = nullptr;
  Object* object = MakeShared(100000, args_, memory);
  auto* bytes = static_cast<char*>(memory);
  std::string seen(50000, '.');
  const auto read = [&](const void* at, std::size_t size) {
    Arguments args = {};
    Call call(1, sizeof(args), payload_);
    Output* output = call.OutInPlace(at, seen.data(), size, args.out);
    EXPECT_TRUE(call.Send(&args, true));
    std::memset(bytes + 800, 'x', 50000);  // the vendor library's work
    call.Succeed();
    call.Copy(output);
    return args.out;
  };
  Blob place = read(bytes + 800, seen.size());
  EXPECT_EQ(place.offset, args_.out.offset + 800);
  EXPECT_EQ(seen, std::string(50000, 'x'));
  EXPECT_EQ(g_channel->live_blocks, 1) << "none for the call";

  for (const void* at :
       {static_cast<const void*>(bytes + 801), static_cast<const void*>(nullptr),
        static_cast<const void*>(bytes + 60000), static_cast<const void*>(seen.data())}) {
    place = read(at, seen.size());
    EXPECT_TRUE(place.offset < args_.out.offset || place.offset >= args_.out.offset + 100000);
  }
  EXPECT_EQ(read(bytes, 1000).place, static_cast<std::uint32_t>(wire::Place::kArena));
  std::thread([] { EnterThread(Session::Current()); }).join();
  EXPECT_NE(read(bytes + 800, seen.size()).offset, args_.out.offset + 800)
      << "another thread might write there";
  g_objects.Release(*object);
}

TEST_F(MappingCalls, WhatIsNotSharedTravels) {
  void* memory = nullptr;
  Object* small = MakeShared(kSharedBytesMin - 1, args_, memory);
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(args_.in.bytes, 4U);
  EXPECT_EQ(args_.out.place, static_cast<std::uint32_t>(wire::Place::kNull));
  g_objects.Release(*small);
  g_channel->lasting_refused = true;
  Object* unlucky = MakeShared(100000, args_, memory);
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(args_.in.bytes, 4U);
  g_objects.Release(*unlucky);
}

TEST_F(MappingCalls, AFailedCreationGivesItsMemoryBack) {
  void* memory = nullptr;
  MakeShared(100000, args_, memory, false);
  EXPECT_NE(memory, nullptr);
}

TEST_F(MappingCalls, OneCallAtATimeUnmaps) {
  Object* object = g_objects.Mint(kMemory);
  const void* pointer = nullptr;
  {
    Call call(1, sizeof(args_), payload_);
    call.Map(object, {.bytes = 4}, args_.word, args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    pointer = call.mapped_pointer();
  }
  const auto unmaps = [&](bool success) {
    std::uint64_t id = 0;
    std::uint64_t other_id = 0;
    Payload<4096> other_payload;
    Call call(2, sizeof(id), payload_);
    call.Unmap(object, pointer, id);
    Call other(2, sizeof(id), other_payload);
    other.Unmap(object, pointer, other_id);
    EXPECT_EQ(other_id, 0U);
    success ? call.Succeed() : call.Fail();
    return id;
  };
  EXPECT_EQ(unmaps(false), args_.word);
  EXPECT_EQ(unmaps(true), args_.word);
  EXPECT_EQ(unmaps(true), 0U);
  g_objects.Release(*object);
}

TEST_F(MappingCalls, MapsTheProgramsOwnMemory) {
  Object* object = g_objects.Mint(kMemory);
  std::string host = "....";
  std::byte* shadow = nullptr;
  g_channel->worker = [&](FakeCommand& command) {
    if (command.header.function == 1) {
      shadow = command.Data(command.As<Arguments>().out);
      std::memcpy(shadow, "data", 4);
    } else {
      EXPECT_EQ(std::memcmp(shadow, "DATA", 4), 0);
    }
    return wire::ReplyHeader{};
  };
  {
    Call call(1, sizeof(args_), payload_);
    call.Map(object, {.bytes = 4, .blocks = false, .host = host.data()}, args_.word, args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    EXPECT_EQ(call.mapped_pointer(), host.data());
  }
  EXPECT_EQ(host, "....");
  test::FakeChannel::MarkDone(shadow);
  Session::Current().Deliver();
  EXPECT_EQ(host, "data");
  host = "DATA";
  Arguments args = {};
  Call call(2, sizeof(args), payload_);
  call.Unmap(object, host.data(), args.word);
  ASSERT_TRUE(call.Send(&args, true));
  call.Succeed();
  g_objects.Release(*object);
}

TEST_F(MappingCalls, UnmapWhatWasNotThereYet) {
  Object* object = g_objects.Mint(kMemory);
  std::string host = "....";
  std::byte* shadow = nullptr;
  g_channel->worker = [&](FakeCommand& command) {
    if (command.header.function == 1) {
      shadow = command.Data(command.As<Arguments>().out);
      std::memcpy(shadow, "data", 4);
    } else {
      EXPECT_EQ(std::memcmp(shadow, "data", 4), 0) << "older than the contents";
      test::FakeChannel::MarkDone(shadow);
    }
    return wire::ReplyHeader{};
  };
  {
    Call call(1, sizeof(args_), payload_);
    call.Map(object, {.bytes = 4, .blocks = false, .host = host.data()}, args_.word, args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
  }
  {
    Arguments args = {};
    Call call(2, sizeof(args), payload_);
    call.Unmap(object, host.data(), args.word);
    ASSERT_TRUE(call.Send(&args, true));
    call.Succeed();
  }
  Session::Current().Deliver();
  EXPECT_EQ(host, "....") << "the shadow is not the mapping's any more";
  g_objects.Release(*object);
}

// A box of two rows of four bytes, in an object whose rows are ten bytes apart.
struct BoxCall {
  struct Arguments {
    std::uint64_t mapping;
    Blob shadow;
    Blob row_pitch;
  };
  static constexpr std::size_t kRegion[3] = {2, 2, 1};
  static constexpr std::size_t kOrigin[3] = {1, 3, 0};

  std::byte* shadow = nullptr;
  std::string brought_back;

  wire::ReplyHeader Serve(FakeCommand& command) {
    if (command.header.function != 1) {
      brought_back.assign(reinterpret_cast<const char*>(shadow), 8);
      return {};
    }
    const auto args = command.As<Arguments>();
    const std::size_t pitch = 10;
    shadow = command.Data(args.shadow);
    EXPECT_EQ(args.shadow.bytes, 8U);
    std::memcpy(shadow, "abcdefgh", 8);
    std::memcpy(command.Data(args.row_pitch), &pitch, sizeof(pitch));
    return {};
  }
  char* Map(const Object* object, Payload<4096>& payload, bool blocks, char* host = nullptr) {
    Arguments args = {};
    std::size_t row_pitch = 0;
    Call call(1, sizeof(args), payload);
    Output* pitch = call.Out(&row_pitch, sizeof(row_pitch), args.row_pitch);
    call.Map(object,
             {.bytes = 2,
              .blocks = blocks,
              .host = host,
              .boxed = true,
              .region = kRegion,
              .origin = kOrigin,
              .row_pitch = pitch},
             args.mapping, args.shadow);
    EXPECT_TRUE(call.Send(&args, true));
    call.Succeed();
    call.Copy(pitch);
    EXPECT_EQ(row_pitch, 10U);
    return static_cast<char*>(call.mapped_pointer());
  }
  static void Unmap(const Object* object, Payload<4096>& payload, const void* pointer) {
    std::uint64_t args = 0;
    Call call(2, sizeof(args), payload);
    call.Unmap(object, pointer, args);
    EXPECT_NE(args, 0U);
    EXPECT_TRUE(call.Send(&args, true));
    call.Succeed();
  }
};

TEST_F(MappingCalls, MapsBoxesWithThePitchesOfTheWorker) {
  Object* object = g_objects.Mint(kMemory);
  BoxCall box;
  g_channel->worker = [&](FakeCommand& command) { return box.Serve(command); };
  char* view = box.Map(object, payload_, true);
  EXPECT_EQ(std::string(view, 4), "abcd");
  EXPECT_EQ(std::string(view + 10, 4), "efgh");
  std::memcpy(view + 10, "EFGH", 4);
  BoxCall::Unmap(object, payload_, view);
  EXPECT_EQ(box.brought_back, "abcdEFGH");
  g_objects.Release(*object);
}

TEST_F(MappingCalls, MapsBoxesOfTheProgramsOwnMemory) {
  Object* object = g_objects.Mint(kMemory);
  BoxCall box;
  g_channel->worker = [&](FakeCommand& command) { return box.Serve(command); };
  std::string host(60, '.');
  char* view = box.Map(object, payload_, true, host.data());
  EXPECT_EQ(view, host.data() + 32);
  EXPECT_EQ(host.substr(30, 20), "..abcd......efgh....");
  BoxCall::Unmap(object, payload_, view);
  g_objects.Release(*object);
}

TEST_F(MappingCalls, BringNothingBackThatHasNotCome) {
  Object* object = g_objects.Mint(kMemory);
  BoxCall box;
  g_channel->worker = [&](FakeCommand& command) { return box.Serve(command); };
  std::string host(60, '.');
  char* view = box.Map(object, payload_, false, host.data());
  BoxCall::Unmap(object, payload_, view);
  EXPECT_EQ(box.brought_back, "abcdefgh") << "not what the program's memory held";
  Session::Current().Deliver();
  EXPECT_EQ(host, std::string(60, '.')) << "and nobody waits for it";
  g_objects.Release(*object);
}

}  // namespace
}  // namespace ava::guest
