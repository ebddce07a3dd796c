// SPDX-License-Identifier: Apache-2.0

// Data that outlives its call: until(event), mappings, callbacks.

#include "ava/worker/call_test.h"
#include "ava/worker/upcall.h"

namespace ava::worker::test {
namespace {

struct Transfer {
  Blob data;
};

struct PendingTest : CallTest {
  PendingTest() {
    entry.blobs = kBlobs;
    std::memset(channel.arena(), 0, 1024);
  }
  static constexpr BlobField kBlobs[] = {{.offset = 0, .kind = BlobField::Kind::kUntil}};

  // As the compiler writes a non-blocking transfer of 64 bytes.
  std::function<void(Call&)> ServeWrite(bool blocks, bool own_event, bool succeeds = true) {
    return [=, this](Call& call) {
      call.Blocks(blocks);
      written = call.In<std::byte>(call.As<Transfer>().data, "data", 64, Data::kUntil);
      if (!call.ok()) return;
      if (!call.Made(succeeds, 0, succeeds ? 0 : -5)) return;
      call.CompletesWith(&event, own_event);
    };
  }
  FakeEvent event;
  const std::byte* written = nullptr;
};

TEST_F(PendingTest, InputsAreMarkedWhenTheirEventHasCompleted) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false), false);
  EXPECT_EQ(written, channel.arena() + 64);
  EXPECT_EQ(event.references, 2) << "the item's own";
  session.pending.Sweep();
  EXPECT_FALSE(channel.IsDone(64));
  event.done = 1;
  session.pending.Sweep();
  EXPECT_EQ(channel.marks(64), 1U);
  EXPECT_EQ(event.references, 1);
  EXPECT_TRUE(session.pending.empty());
}

TEST_F(PendingTest, AlsoWhenTheCallIsWaitedFor) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, true), true);
  EXPECT_TRUE(Replied());
  EXPECT_FALSE(channel.IsDone(64));
  event.done = 1;
  session.pending.Sweep();
  EXPECT_EQ(channel.marks(64), 1U);
  EXPECT_EQ(event.references, 0) << "nobody but us knew it";
}

TEST_F(PendingTest, BlockingCallsLeaveNothingPending) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(true, false), true);
  EXPECT_TRUE(session.pending.empty());
  EXPECT_FALSE(channel.IsDone(64)) << "the guest has it back with the reply";
}

TEST_F(PendingTest, FailedCallsGiveTheirBlocksBack) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false, false), true);
  EXPECT_EQ(channel.marks(64), 1U);
  EXPECT_TRUE(session.pending.empty());
  Run(Transfer{FakeChannel::Arena(128, 64)}, [](Call& call) { call.Refuse(-1); }, false);
  EXPECT_EQ(channel.marks(128), 1U) << "also when they were never looked at";
}

TEST_F(PendingTest, InlineInputsAreKept) {
  Run(Transfer{Record<Transfer>(std::vector<std::byte>(64, std::byte{9}))}, ServeWrite(false, true),
      false);
  ASSERT_NE(written, nullptr);
  EXPECT_EQ(written[63], std::byte{9}) << "the record is gone";
  event.done = 1;
  session.pending.Sweep();
  EXPECT_EQ(event.references, 0);
}

TEST_F(PendingTest, NullDataNeedsNoEvent) {
  Run(Transfer{}, [&](Call& call) {
    (void)call.In<std::byte>(call.As<Transfer>().data, "data", 64, Data::kUntil);
    EXPECT_FALSE(call.NeedsEvent());
    call.Made(true, 0, 0);
    call.CompletesWith(&event, true);
  });
  EXPECT_EQ(event.references, 0);
}

TEST_F(PendingTest, LateOutputsAreNotInTheSlot) {
  Run(Transfer{Slot(0, 64)}, [](Call& call) {
    (void)call.OutInPlace<std::byte>(call.As<Transfer>().data, "data", 64, Data::kUntil);
  });
  EXPECT_EQ(violation, "toy_call: 'data': an output that is written after the reply, in its slot");
}

TEST_F(PendingTest, CallsThatDeliverSweepBeforeTheirReply) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false), false);
  event.done = 1;
  entry.flags = kFunctionDelivers;
  Run(Transfer{}, [](Call& call) { call.Made(true, 0, 0); });
  EXPECT_TRUE(channel.IsDone(64));
}

TEST_F(PendingTest, OutputsOfAFailedEventAreMarkedAsNone) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false), false);
  event.done = -1;
  session.pending.Sweep();
  EXPECT_TRUE(channel.IsDone(64));
  EXPECT_TRUE(channel.HasFailed(64));
}

struct MapArgs {
  std::uint64_t mapping;
  Blob shadow;
};
struct UnmapArgs {
  std::uint64_t mapped_ptr;
};

struct MappingTest : PendingTest {
  MappingTest() { entry.blobs = kShadow; }
  static constexpr BlobField kShadow[] = {{.offset = 8, .kind = BlobField::Kind::kShadow}};

  std::function<void(Call&)> ServeMap(bool blocks, bool reads, bool writes, bool succeeds = true) {
    return [=, this](Call& call) {
      const auto& args = call.As<MapArgs>();
      call.Blocks(blocks);
      call.Maps(args.mapping, args.shadow, 16, reads, writes);
      if (!call.ok()) return;
      needs_event = call.NeedsEvent();
      if (!call.Made(succeeds, 0, succeeds ? 0 : -5)) return;
      call.Mapped(range);
      call.CompletesWith(&event, false);
    };
  }
  void Unmap(std::uint64_t id, bool succeeds = true) {
    entry.blobs = {};
    Run(UnmapArgs{id}, [&](Call& call) {
      unmapped = call.Unmaps(call.As<UnmapArgs>().mapped_ptr);
      call.Made(succeeds, 0, succeeds ? 0 : -5);
    });
    entry.blobs = kShadow;
  }
  char range[16] = "device contents";
  bool needs_event = false;
  void* unmapped = nullptr;
};

TEST_F(MappingTest, BlockingMapsBringTheContents) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, true));
  EXPECT_STREQ(reinterpret_cast<char*>(channel.arena() + 64), "device contents");
  EXPECT_EQ(channel.marks(64), 1U);
  EXPECT_FALSE(needs_event);
}

TEST_F(MappingTest, OtherMapsBringThemWithTheirEvent) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(false, true, true));
  EXPECT_TRUE(needs_event);
  EXPECT_EQ(channel.arena()[64], std::byte{0});
  EXPECT_FALSE(channel.IsDone(64));
  event.done = 1;
  session.pending.Sweep();
  EXPECT_STREQ(reinterpret_cast<char*>(channel.arena() + 64), "device contents");
  EXPECT_EQ(channel.marks(64), 1U);
}

TEST_F(MappingTest, MapsWithoutReadingBringNothing) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(false, false, true));
  EXPECT_EQ(channel.arena()[64], std::byte{0});
  EXPECT_EQ(channel.marks(64), 1U);
}

TEST_F(MappingTest, UnmappingBringsTheContentsBack) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, true));
  std::memcpy(channel.arena() + 64, "program's", 10);
  Unmap(1);
  EXPECT_EQ(unmapped, range);
  EXPECT_STREQ(range, "program's");
  EXPECT_EQ(channel.marks(64), 2U);
  EXPECT_EQ(session.mappings.size(), 0U);
}

TEST_F(MappingTest, BoxesTravelPacked) {
  constexpr std::size_t kRegion[3] = {2, 2, 1};
  char image[] = "ab..cd..";
  Run(MapArgs{1, FakeChannel::Arena(64, 4)}, [&](Call& call) {
    const auto& args = call.As<MapArgs>();
    call.Blocks(true);
    call.Maps(args.mapping, args.shadow, 4, true, true);
    if (!call.Made(true, 0, 0)) return;
    call.Mapped(image, kRegion, 1, 4, 0);
  });
  EXPECT_EQ(std::memcmp(channel.arena() + 64, "abcd", 4), 0);
  std::memcpy(channel.arena() + 64, "ABCD", 4);
  Unmap(1);
  EXPECT_STREQ(image, "AB..CD..");
}

TEST_F(MappingTest, ReadOnlyMappingsBringNothingBack) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, false));
  std::memcpy(channel.arena() + 64, "program's", 10);
  Unmap(1);
  EXPECT_STREQ(range, "device contents");
}

TEST_F(MappingTest, FailedMapsLeaveNothing) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, true, false));
  EXPECT_EQ(session.mappings.size(), 0U);
  EXPECT_EQ(channel.marks(64), 1U);
}

TEST_F(MappingTest, FailedUnmapsKeepTheMapping) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, true));
  Unmap(1, false);
  EXPECT_EQ(session.mappings.size(), 1U);
  EXPECT_EQ(channel.marks(64), 1U);
}

TEST_F(MappingTest, AnUnmappedRangeIsFilledNoMore) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(false, true, true));
  Unmap(1);
  EXPECT_EQ(channel.marks(64), 1U) << "the guest's again";
  event.done = 1;
  session.pending.Sweep();
  EXPECT_EQ(channel.arena()[64], std::byte{0});
  EXPECT_EQ(channel.marks(64), 1U) << "the guest may use it for something else by now";
}

TEST_F(MappingTest, WhatWasNotBroughtIsNotBroughtBack) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(false, true, true));
  std::memcpy(channel.arena() + 64, "left from before", 16);
  Unmap(1);
  EXPECT_STREQ(range, "device contents");
}

TEST_F(MappingTest, WhatNobodyWantedToReadIsBroughtBack) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(false, false, true));
  std::memcpy(channel.arena() + 64, "program's", 10);
  Unmap(1);
  EXPECT_STREQ(range, "program's");
}

TEST_F(MappingTest, UnknownMappingsAreTheLibrarysToRefuse) {
  Unmap(12345);
  EXPECT_NE(unmapped, nullptr);
  EXPECT_NE(unmapped, range);
  EXPECT_EQ(violation, "");
}

TEST_F(MappingTest, IdsAndShadowsAreChecked) {
  Run(MapArgs{1, FakeChannel::Arena(64, 16)}, ServeMap(true, true, true));
  Run(MapArgs{1, FakeChannel::Arena(128, 16)}, ServeMap(true, true, true));
  EXPECT_NE(violation, "") << "in use";
  Run(MapArgs{0, FakeChannel::Arena(128, 16)}, ServeMap(true, true, true));
  EXPECT_NE(violation, "");
  Run(MapArgs{2, FakeChannel::Arena(128, 8)}, ServeMap(true, true, true));
  EXPECT_EQ(violation, "toy_call: 'shadow': carries 8 bytes, its spec says 16");
  Run(MapArgs{2, Slot(0, 16)}, ServeMap(true, true, true));
  EXPECT_EQ(violation, "toy_call: 'shadow': in place 3");
}

struct UpcallArgs {
  HandleId event;
  Blob text;
  Blob data;
};

TEST_F(PendingTest, UpcallsCarryHandlesAndBytes) {
  const std::uintptr_t key = session.callbacks.Register({.guest_id = 7, .once = true});
  ASSERT_TRUE(session.handles.Bind(Id(1), kEvent, &objects[0]));
  Upcall upcall(&session, reinterpret_cast<void*>(key), 3);
  ASSERT_TRUE(upcall.wanted());
  UpcallArgs args{};
  args.event = upcall.IdOf(kEvent, &objects[0]);
  args.text = upcall.String("hello", sizeof(args));
  args.data = upcall.Buffer("\1\2\3", 3, sizeof(args));
  upcall.Send(args);
  const auto sent = channel.AwaitUpcall(std::chrono::milliseconds(0));
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->header.target, 7U);
  EXPECT_EQ(sent->header.callback, 3);
  UpcallArgs got{};
  std::memcpy(&got, sent->payload.data(), sizeof(got));
  EXPECT_EQ(got.event, Id(1));
  const auto at = [&](const Blob& blob) {
    return sent->payload.data() + blob.offset - sizeof(wire::UpcallHeader);
  };
  EXPECT_STREQ(reinterpret_cast<const char*>(at(got.text)), "hello");
  EXPECT_EQ(got.text.bytes, 6U);
  EXPECT_EQ(at(got.data)[2], std::byte{3});
}

// The vendor library may hold the lock of the very event that is pending.
TEST_F(PendingTest, EarlyCallbacksAskNothingOfTheLibrary) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false), false);
  event.done = 1;
  const std::uintptr_t early = session.callbacks.Register({.guest_id = 7, .once = true});
  session.callbacks.SetEarly(early);
  Upcall(&session, reinterpret_cast<void*>(early), 3).Send(UpcallArgs{});
  EXPECT_FALSE(channel.IsDone(64));
  const std::uintptr_t late = session.callbacks.Register({.guest_id = 8, .once = true});
  Upcall(&session, reinterpret_cast<void*>(late), 3).Send(UpcallArgs{});
  EXPECT_TRUE(channel.IsDone(64));
}

TEST_F(PendingTest, TextsOfAnUpcallEndInsideIt) {
  const std::uintptr_t key = session.callbacks.Register({.guest_id = 7, .once = true});
  Upcall upcall(&session, reinterpret_cast<void*>(key), 3);
  const std::string much(2 * kUpcallPayloadMax, 'x');
  UpcallArgs args{};
  args.data = upcall.Buffer(much.data(), much.size(), sizeof(args));
  args.text = upcall.String(much.c_str(), sizeof(args));
  upcall.Send(args);
  const auto sent = channel.AwaitUpcall(std::chrono::milliseconds(0));
  ASSERT_TRUE(sent.has_value());
  const std::size_t record = sizeof(wire::UpcallHeader) + sent->payload.size();
  EXPECT_LE(record, wire::kUpcallBytesMax);
  EXPECT_LE(args.data.offset + args.data.bytes, record);
  ASSERT_LE(args.text.offset + args.text.bytes, record);
  EXPECT_EQ(sent->payload[args.text.offset + args.text.bytes - sizeof(wire::UpcallHeader) - 1],
            std::byte{0});
}

TEST_F(PendingTest, CallbacksThatFireOnceFireOnce) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kEvent, &objects[0]));
  session.handles.Hold(Id(1));
  const std::uintptr_t key =
      session.callbacks.Register({.guest_id = 7, .once = true, .holds = {Id(1)}});
  session.handles.Release(Id(1));
  EXPECT_EQ(session.handles.size(), 1U);
  Upcall first(&session, reinterpret_cast<void*>(key), 3);
  ASSERT_TRUE(first.wanted());
  first.Send(UpcallArgs{});
  EXPECT_EQ(session.handles.size(), 0U);
  EXPECT_FALSE(Upcall(&session, reinterpret_cast<void*>(key), 3).wanted());
  EXPECT_FALSE(Upcall(nullptr, reinterpret_cast<void*>(key), 3).wanted());
}

struct LinkArgs {
  HandleId minted;
};

// A call that creates an object, and whose callback is given it before the call is over.
struct EarlyResultTest : PendingTest {
  EarlyResultTest() { entry.blobs = {}; }
  bool bound_early = false;
  HandleId shown = 0;

  void Link(bool calls_back, bool succeeds) {
    Run(LinkArgs{Id(1)}, [&](Call& call) {
      call.Mint(Id(1), kEvent, "minted");
      const std::uintptr_t key = call.Register(7, "notify", true, {}, Id(1), kEvent);
      if (calls_back) {
        Upcall upcall(&session, reinterpret_cast<void*>(key), 3);
        shown = upcall.IdOf(kEvent, &objects[0]);
        EXPECT_TRUE(upcall.bound_result());
        upcall.Send(UpcallArgs{});
      }
      call.NewResult(Id(1), kEvent, succeeds ? &objects[0] : nullptr);
      if (call.Made(succeeds, 0, succeeds ? 0 : -5)) bound_early = call.bound_early();
    });
  }
};

TEST_F(EarlyResultTest, CallbacksSeeTheMintedId) {
  Link(true, true);
  EXPECT_EQ(violation, "");
  EXPECT_EQ(shown, Id(1));
  EXPECT_TRUE(bound_early);
  EXPECT_EQ(session.handles.Find(Id(1), kEvent), &objects[0]);
}

TEST_F(EarlyResultTest, NothingIsEarlyWithoutACallback) {
  Link(false, true);
  EXPECT_FALSE(bound_early);
  EXPECT_EQ(session.callbacks.size(), 1U);
}

TEST_F(EarlyResultTest, FailedCallsSayWhatTheirCallbackWasGiven) {
  Link(true, false);
  EXPECT_EQ(Reply().produced,
            wire::kFailedInLibrary | wire::kFailedCalledBack | wire::kFailedResultLives);
  EXPECT_EQ(session.handles.Find(Id(1), kEvent), &objects[0]);
}

TEST_F(EarlyResultTest, FailedCallsForgetCallbacksThatWereNotCalled) {
  Link(false, false);
  EXPECT_EQ(Reply().produced, wire::kFailedInLibrary);
  EXPECT_EQ(session.callbacks.size(), 0U);
  EXPECT_EQ(session.handles.size(), 0U);
}

TEST_F(PendingTest, FinishedWorkIsMarkedBeforeAnUpcall) {
  Run(Transfer{FakeChannel::Arena(64, 64)}, ServeWrite(false, false), false);
  event.done = 1;
  const std::uintptr_t key = session.callbacks.Register({.guest_id = 7, .once = false});
  Upcall(&session, reinterpret_cast<void*>(key), 3).Send(UpcallArgs{});
  EXPECT_TRUE(channel.IsDone(64));
}

TEST_F(PendingTest, LongUpcallPayloadsAreCut) {
  const std::uintptr_t key = session.callbacks.Register({.guest_id = 7, .once = false});
  const std::string text(200 * 1024, 'x');
  Upcall upcall(&session, reinterpret_cast<void*>(key), 3);
  UpcallArgs args{};
  args.text = upcall.String(text.c_str(), sizeof(args));
  args.data = upcall.Buffer(text.data(), text.size(), sizeof(args));
  upcall.Send(args);
  EXPECT_LT(channel.AwaitUpcall(std::chrono::milliseconds(0))->payload.size(),
            wire::kUpcallBytesMax);
}

}  // namespace
}  // namespace ava::worker::test
