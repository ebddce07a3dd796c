// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/call.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "ava/guest/fake_channel.h"

namespace ava::guest {
namespace {

using test::FakeCommand;
using test::g_channel;
using test::kEvent;
using test::kMemory;
using test::kRoot;
using wire::Blob;
using wire::HandleId;

struct Arguments {
  HandleId handle;
  Blob in;
  Blob out;
  HandleId minted;
  std::uint64_t word;
};

class Calls : public test::SessionTest {
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

TEST_F(Calls, SendsSmallDataInTheRecord) {
  std::string seen;
  g_channel->worker = [&](FakeCommand& command) {
    const auto args = command.As<Arguments>();
    EXPECT_EQ(args.in.place, static_cast<std::uint32_t>(wire::Place::kRecord));
    EXPECT_EQ(args.in.offset % 8, 0U);
    seen = command.Text(args.in) + command.Text(args.out);
    return wire::ReplyHeader{.result = 7};
  };
  Call call(1, sizeof(args_), payload_);
  call.In("abc", 3, args_.in);
  call.String("text", args_.out);
  ASSERT_TRUE(call.Send(&args_, true));
  EXPECT_EQ(call.reply().result, 7U);
  EXPECT_EQ(seen, std::string("abctext\0", 8));
}

TEST_F(Calls, SendsLargeDataThroughTheArena) {
  const std::string large(10000, 'x');
  g_channel->worker = [&](FakeCommand& command) {
    const auto args = command.As<Arguments>();
    EXPECT_EQ(args.in.place, static_cast<std::uint32_t>(wire::Place::kArena));
    EXPECT_EQ(command.Text(args.in), large);
    return wire::ReplyHeader{};
  };
  Call call(1, sizeof(args_), payload_);
  call.In(large.data(), large.size(), args_.in);
  EXPECT_TRUE(call.Send(&args_, true));
}

TEST_F(Calls, CopiesOutputs) {
  std::string small(4, '.');
  std::string large(2000, '.');
  g_channel->worker = [&](FakeCommand& command) {
    const auto args = command.As<Arguments>();
    EXPECT_EQ(args.in.place, static_cast<std::uint32_t>(wire::Place::kSlot));
    EXPECT_EQ(args.out.place, static_cast<std::uint32_t>(wire::Place::kArena));
    std::memcpy(command.Data(args.in), "abcd", 4);
    std::memset(command.Data(args.out), 'y', args.out.bytes);
    return wire::ReplyHeader{.produced = 3};
  };
  Call call(1, sizeof(args_), payload_);
  Output* first = call.Out(small.data(), small.size(), args_.in);
  Output* second = call.Out(large.data(), large.size(), args_.out);
  EXPECT_EQ(call.Out(nullptr, 8, args_.out), nullptr);
  ASSERT_TRUE(call.Send(&args_, true));
  call.Succeed();
  call.Copy(first, call.produced());
  call.Copy(second);
  EXPECT_EQ(small, "abc.");
  EXPECT_EQ(large, std::string(2000, 'y'));
}

TEST_F(Calls, RefusesDeadHandles) {
  Object* object = g_objects.Mint(kMemory);
  const std::array<Object*, 2> handles = {object, nullptr};
  Call call(1, sizeof(args_), payload_);
  EXPECT_TRUE(call.Use(object, kMemory, args_.handle));
  EXPECT_EQ(args_.handle, object->id);
  EXPECT_FALSE(call.Use(object, kEvent, args_.handle));
  EXPECT_FALSE(call.Use(nullptr, kMemory, args_.handle));
  EXPECT_TRUE(call.UseOptional(nullptr, kMemory, args_.handle));
  EXPECT_FALSE(call.UseAll(handles.data(), 2, kMemory, false, args_.in));
  EXPECT_TRUE(call.UseAll(handles.data(), 2, kMemory, true, args_.in));
  EXPECT_TRUE(call.UseAll(nullptr, 2, kMemory, false, args_.in));
  g_objects.Release(*object);
}

TEST_F(Calls, BindsNewHandlesWhenTheySucceed) {
  void* handle = nullptr;
  HandleId sent = 0;
  g_channel->worker = [&](FakeCommand& command) {
    sent = command.As<Arguments>().minted;
    return wire::ReplyHeader{};
  };
  {
    Call call(1, sizeof(args_), payload_);
    call.New(&handle, kEvent, args_.minted);
    ASSERT_TRUE(call.Send(&args_, true));
    EXPECT_EQ(handle, nullptr);
    call.Succeed();
  }
  Object* object = g_objects.Find(handle, kEvent);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->id, sent);
  g_objects.Release(*object);
}

TEST_F(Calls, FreesNewHandlesWhenTheyFail) {
  void* handle = nullptr;
  HandleId sent = 0;
  {
    Call call(1, sizeof(args_), payload_);
    call.New(&handle, kEvent, args_.minted);
    sent = args_.minted;
    ASSERT_TRUE(call.Send(&args_, true));
  }
  EXPECT_EQ(handle, nullptr);
  EXPECT_EQ(g_objects.FindMinted(sent), nullptr);
}

TEST_F(Calls, BindsAsManyHandlesAsWereProduced) {
  std::array<void*, 3> handles = {};
  g_channel->worker = [](FakeCommand&) { return wire::ReplyHeader{.produced = 2}; };
  Object* parent = g_objects.Mint(kMemory);
  {
    Call call(1, sizeof(args_), payload_);
    call.NewAll(handles.data(), handles.size(), kEvent, args_.in);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    call.AllDependOn(parent, kMemory);
  }
  EXPECT_EQ(handles[2], nullptr);
  g_objects.Release(*parent);
  EXPECT_NE(g_objects.Find(parent, kMemory), nullptr);
  for (void* handle : {handles[0], handles[1]}) {
    Object* object = g_objects.Find(handle, kEvent);
    ASSERT_NE(object, nullptr);
    g_objects.Release(*object);
  }
  EXPECT_EQ(g_objects.Find(parent, kMemory), nullptr);
}

TEST_F(Calls, DeliversLaterWhenTheBlockIsDone) {
  std::string text(4, '.');
  std::byte* block = nullptr;
  g_channel->worker = [&](FakeCommand& command) {
    if (command.header.function == 1) block = command.Data(command.As<Arguments>().out);
    return wire::ReplyHeader{};
  };
  {
    Call call(1, sizeof(args_), payload_);
    call.OutLater(text.data(), text.size(), args_.out);
    ASSERT_TRUE(call.Send(&args_, false));
    call.Succeed();
  }
  std::memcpy(block, "data", 4);
  Session::Current().Deliver();
  EXPECT_EQ(text, "....");
  test::FakeChannel::MarkDone(block);
  {
    Arguments args = {};
    Call call(2, sizeof(args), payload_);
    ASSERT_TRUE(call.Send(&args, true));
  }
  EXPECT_EQ(text, "data");
}

TEST_F(Calls, LeavesTheProgramsMemoryAloneWhenTheEventFailed) {
  std::string text(4, '.');
  std::byte* block = nullptr;
  g_channel->worker = [&](FakeCommand& command) {
    if (command.header.function == 1) block = command.Data(command.As<Arguments>().out);
    return wire::ReplyHeader{};
  };
  {
    Call call(1, sizeof(args_), payload_);
    call.OutLater(text.data(), text.size(), args_.out);
    ASSERT_TRUE(call.Send(&args_, false));
    call.Succeed();
  }
  test::FakeChannel::MarkFailed(block);
  Session::Current().Deliver();
  EXPECT_EQ(text, "....");
  EXPECT_EQ(g_channel->live_blocks, 0) << "its block is free";
}

TEST_F(Calls, ForgetsALaterOutputOfAFailedCall) {
  std::string text(4, '.');
  {
    Call call(1, sizeof(args_), payload_);
    call.OutLater(text.data(), text.size(), args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
  }
  Session::Current().Deliver();
  EXPECT_EQ(text, "....");
}

TEST_F(Calls, TranslatesHandlesInOutputs) {
  Object* object = g_objects.Mint(kMemory);
  std::array<void*, 3> handles = {nullptr, this, this};
  g_channel->worker = [&](FakeCommand& command) {
    const std::array<HandleId, 3> ids = {object->id, wire::MakeHandleId(0, 1, true), 0};
    std::memcpy(command.Data(command.As<Arguments>().out), ids.data(), sizeof(ids));
    return wire::ReplyHeader{};
  };
  Call call(1, sizeof(args_), payload_);
  Output* output = call.Out(handles.data(), sizeof(handles), args_.out);
  ASSERT_TRUE(call.Send(&args_, true));
  call.Succeed();
  call.CopyHandles(output, 3, kMemory, true);
  EXPECT_EQ(handles[0], object);
  Object* adopted = g_objects.Find(handles[1], kMemory);
  ASSERT_NE(adopted, nullptr);
  EXPECT_EQ(handles[2], this);
  g_objects.Release(*adopted);
  g_objects.Release(*object);
}

TEST_F(Calls, TranslatesHandlesInProperties) {
  void* root = Session::Current().ProgramHandle(wire::MakeHandleId(1, 1, true), kRoot);
  const std::array<std::uint64_t, 5> list = {0x1084, ToWord(root), 3, 4, 0};
  const HandleKey keys[] = {{.key = 0x1084, .type = kRoot}};
  g_channel->worker = [&](FakeCommand& command) {
    const auto args = command.As<Arguments>();
    std::array<std::uint64_t, 5> words = {};
    EXPECT_EQ(args.in.bytes, sizeof(words) + 8);
    std::memcpy(words.data(), command.Data(args.in), sizeof(words));
    EXPECT_EQ(words,
              (std::array<std::uint64_t, 5>{0x1084, wire::MakeHandleId(1, 1, true), 3, 4, 0}));
    return wire::ReplyHeader{};
  };
  Call call(1, sizeof(args_), payload_);
  EXPECT_TRUE(call.Properties(list.data(), keys, args_.in));
  EXPECT_TRUE(call.Send(&args_, true));
  const std::array<std::uint64_t, 3> wrong = {0x1084, 77, 0};
  EXPECT_FALSE(call.Properties(wrong.data(), keys, args_.in));
}

TEST_F(Calls, AnswersWhatItHasLearnt) {
  Object* object = g_objects.Mint(kMemory);
  const Question question = {1, 42};
  std::uint32_t value = 0;
  std::size_t size = 0;
  g_channel->worker = [&](FakeCommand& command) {
    const std::uint32_t answer = 99;
    std::memcpy(command.Data(command.As<Arguments>().out), &answer, sizeof(answer));
    return wire::ReplyHeader{.produced = sizeof(answer)};
  };
  {
    Call call(1, sizeof(args_), payload_);
    EXPECT_FALSE(call.Answer(object, question, &value, sizeof(value), &size));
    Output* output = call.Out(&value, sizeof(value), args_.out);
    ASSERT_TRUE(call.Send(&args_, true));
    call.Succeed();
    call.Copy(output);
    call.Learn(object, question, output, call.produced());
  }
  value = 0;
  Call call(1, sizeof(args_), payload_);
  EXPECT_TRUE(call.Answer(object, question, &value, sizeof(value), &size));
  EXPECT_EQ(value, 99U);
  EXPECT_EQ(size, 4U);
  EXPECT_TRUE(call.Answer(object, question, nullptr, 0, &size));
  EXPECT_FALSE(call.Answer(object, question, &value, 2, &size))
      << "too small: the vendor library's to refuse";
  EXPECT_FALSE(call.Answer(object, {1, 43}, &value, sizeof(value), &size));
  EXPECT_FALSE(call.Answer(nullptr, question, &value, sizeof(value), &size));
  g_objects.Release(*object);
}

TEST_F(Calls, KeepsSettersForTheirConsumer) {
  Object* object = g_objects.Mint(kMemory);
  const auto set = [&](std::uint64_t key, std::uint64_t word) {
    Arguments args = {.handle = object->id, .word = word};
    Call call(1, sizeof(args), payload_);
    return call.Keep(object, key, &args);
  };
  EXPECT_TRUE(set(0, 10));
  EXPECT_TRUE(set(1, 11));
  EXPECT_TRUE(set(0, 12));
  EXPECT_TRUE(g_channel->functions.empty());
  std::vector<std::uint64_t> words;
  g_channel->worker = [&](FakeCommand& command) {
    words.push_back(command.As<Arguments>().word);
    return wire::ReplyHeader{};
  };
  for (int i = 0; i < 2; ++i) {
    Arguments args = {.handle = object->id, .word = 100};
    Call call(2, sizeof(args), payload_);
    call.Consume(object);
    EXPECT_TRUE(call.Send(&args, false));
  }
  EXPECT_EQ(words, (std::vector<std::uint64_t>{12, 11, 100, 100}));
  EXPECT_EQ(g_channel->LocalCalls()[1], 1U) << "the setter that was overwritten";
  g_objects.Release(*object);
}

TEST_F(Calls, FlushesSettersBeforeAnythingDies) {
  Object* object = g_objects.Mint(kMemory);
  {
    Call call(1, sizeof(args_), payload_);
    ASSERT_TRUE(call.Keep(object, 0, &args_));
  }
  {
    Call call(3, sizeof(args_), payload_);
    call.FlushSetters();
    ASSERT_TRUE(call.Send(&args_, false));
  }
  EXPECT_EQ(g_channel->functions, (std::vector<std::uint16_t>{1, 3}));
  g_objects.Release(*object);
  EXPECT_TRUE(Session::Current().setters().empty());
}

// Another thread's release flushes them; a call that consumes the object meanwhile must not
// overtake.
TEST_F(Calls, SettersArePendingUntilTheyAreSubmitted) {
  Object* object = g_objects.Mint(kMemory);
  {
    Call call(1, sizeof(args_), payload_);
    ASSERT_TRUE(call.Keep(object, 0, &args_));
  }
  SetterRegistry& setters = Session::Current().setters();
  const SetterList* list = setters.ListOf(*object);
  int submitted = 0;
  g_channel->worker = [&](FakeCommand&) {
    ++submitted;
    EXPECT_FALSE(list->empty());
    EXPECT_FALSE(setters.empty());
    return wire::ReplyHeader{};
  };
  setters.FlushAll(*g_channel, 1);
  EXPECT_EQ(submitted, 1);
  EXPECT_TRUE(list->empty());
  EXPECT_TRUE(setters.empty());
  g_objects.Release(*object);
}

TEST_F(Calls, FailWithoutASession) {
  testing::internal::CaptureStderr();
  g_channel->Lose();
  testing::internal::GetCapturedStderr();
  HandleId sent = 0;
  {
    Call call(1, sizeof(args_), payload_);
    void* handle = nullptr;
    call.New(&handle, kEvent, args_.minted);
    sent = args_.minted;
    EXPECT_FALSE(call.Send(&args_, true));
  }
  EXPECT_EQ(g_objects.FindMinted(sent), nullptr);
  std::string text(5000, '.');
  Call call(1, sizeof(args_), payload_);
  call.In(text.data(), text.size(), args_.in);
  EXPECT_FALSE(call.Send(&args_, false));
}

TEST_F(Calls, CountWhatTheyDoNotSend) {
  Call call(2, sizeof(args_), payload_);
  EXPECT_EQ(call.Refuse(-38), -38);
  int error = 0;
  EXPECT_EQ((call.Refuse<void*, int>(&error, -5)), nullptr);
  EXPECT_EQ(error, -5);
  EXPECT_EQ(g_channel->LocalCalls()[2], 2U);
}

}  // namespace
}  // namespace ava::guest
