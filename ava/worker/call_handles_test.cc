// SPDX-License-Identifier: Apache-2.0

// Handles, references, and what becomes of ids when a call fails.

#include <thread>

#include "ava/worker/call_test.h"

namespace ava::worker::test {
namespace {

struct OneHandle {
  HandleId mem;
};
struct OneBlob {
  Blob data;
};
struct Creation {
  HandleId parent;
  HandleId minted_result;
};

using HandlesTest = CallTest;

void ServeUse(Call& call) {
  auto* mem = call.Use<int*>(call.As<OneHandle>().mem, kMem, kInvalidMem);
  if (!call.ok()) return;
  call.Made(true, static_cast<std::uint64_t>(*mem), 0);
}

TEST_F(HandlesTest, UsesWhatIsAlive) {
  objects[0] = 17;
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(OneHandle{Id(1)}, ServeUse);
  EXPECT_EQ(Reply().result, 17U);
}

TEST_F(HandlesTest, RefusesAllElseWithTheTypesError) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  ASSERT_TRUE(session.handles.Bind(Id(2), kEvent, &objects[1]));
  ASSERT_TRUE(session.handles.Kill(Id(3), kMem, -5));
  for (const HandleId id : {HandleId{0}, Id(2), Id(3), Id(4), Id(1, 9), ~HandleId{0}}) {
    Run(OneHandle{id}, ServeUse);
    const wire::ReplyHeader reply = Reply();
    EXPECT_EQ(static_cast<std::int64_t>(reply.result), kInvalidMem);
    EXPECT_EQ(reply.error, kInvalidMem);
    EXPECT_EQ(violation, "");
  }
}

TEST_F(HandlesTest, OptionalHandlesMayBeNull) {
  Run(OneHandle{0}, [](Call& call) {
    EXPECT_EQ(call.Use<int*>(call.As<OneHandle>().mem, kMem, kInvalidMem, Null::kPassed), nullptr);
    EXPECT_TRUE(call.ok());
  });
}

TEST_F(HandlesTest, ErrorsOfAParameterTravelApart) {
  entry.error_by = ErrorBy::kParameter;
  Run(OneHandle{0}, ServeUse);
  const wire::ReplyHeader reply = Reply();
  EXPECT_EQ(reply.result, 0U);
  EXPECT_EQ(reply.error, kInvalidMem);
}

TEST_F(HandlesTest, TheFirstErrorDecides) {
  Run(OneHandle{0}, [](Call& call) {
    (void)call.Use<int*>(0, kMem, kInvalidMem);
    (void)call.Use<int*>(0, kEvent, kInvalidEvent);
  });
  EXPECT_EQ(Reply().error, kInvalidMem);
}

TEST_F(HandlesTest, ArraysOfHandles) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kEvent, &objects[1]));
  const auto serve = [&](Call& call) {
    void** events = call.UseAll<void*>(call.As<OneBlob>().data, kEvent, "data", 2, kInvalidEvent);
    if (!call.ok()) return;
    EXPECT_EQ(events[0], &objects[1]);
    call.Made(true, 1, 0);
  };
  Run(OneBlob{Record<OneBlob>(std::vector<HandleId>{Id(1), Id(1)})}, serve);
  EXPECT_EQ(Reply().result, 1U);
  payload.clear();
  Run(OneBlob{Record<OneBlob>(std::vector<HandleId>{Id(1), Id(2)})}, serve);
  EXPECT_EQ(Reply().error, kInvalidEvent);
  payload.clear();
  Run(OneBlob{Record<OneBlob>(std::vector<HandleId>{Id(1)})}, serve);
  EXPECT_EQ(violation, "toy_call: 'data': carries 8 bytes, its spec says 16");
}

TEST_F(HandlesTest, ListsOfHandlesEndWithNull) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kEvent, &objects[1]));
  const auto serve = [&](Call& call) {
    void** events = call.UseList<void*>(call.As<OneBlob>().data, kEvent, "data", kInvalidEvent);
    if (call.ok()) call.Made(true, events[1] == nullptr ? 1 : 0, 0);
  };
  Run(OneBlob{Record<OneBlob>(std::vector<HandleId>{Id(1), 0})}, serve);
  EXPECT_EQ(Reply().result, 1U);
  payload.clear();
  Run(OneBlob{Record<OneBlob>(std::vector<HandleId>{Id(1)})}, serve);
  EXPECT_EQ(violation, "toy_call: 'data': a list of handles that does not end with NULL");
}

void (*ServeCreation(int* object, bool succeeds))(Call&) {
  static int* created;
  static bool works;
  created = object;
  works = succeeds;
  return [](Call& call) {
    const auto& args = call.As<Creation>();
    call.Mint(args.minted_result, kMem, "minted_result");
    (void)call.Use<int*>(args.parent, kMem, kInvalidMem);
    if (!call.ok()) return;
    call.NewResult(args.minted_result, kMem, works ? created : nullptr);
    if (!call.Made(works, 0, works ? 0 : -5)) return;
    call.DependsOn(args.minted_result, args.parent);
    call.Account(0, 4096, args.minted_result);
  };
}

TEST_F(HandlesTest, NewHandlesAreBoundToMintedIds) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(Creation{Id(1), Id(2)}, ServeCreation(&objects[1], true));
  EXPECT_EQ(session.handles.Find(Id(2), kMem), &objects[1]);
  EXPECT_EQ(router.held(0), 4096U);
  session.handles.Release(Id(1));
  EXPECT_NE(session.handles.Find(Id(1), kMem), nullptr) << "its child names it still";
  session.handles.Release(Id(2));
  EXPECT_EQ(session.handles.size(), 0U);
  EXPECT_EQ(router.held(0), 0U);
}

std::function<void(Call&)> ServeReserving(int* object, Wide amount) {
  return [object, amount](Call& call) {
    const auto& args = call.As<Creation>();
    call.Mint(args.minted_result, kMem, "minted_result");
    call.Reserve(0, amount, -4);
    if (!call.ok()) return;
    call.NewResult(args.minted_result, kMem, object);
    if (!call.Made(object != nullptr, 0, object != nullptr ? 0 : -5)) return;
    call.Account(0, amount + 1, args.minted_result);
  };
}

TEST_F(HandlesTest, ObjectsTakeFromTheQuotaUntilTheyDie) {
  entry.error_by = ErrorBy::kParameter;
  Run(Creation{0, Id(1)}, ServeReserving(&objects[0], kQuota - 100));
  EXPECT_EQ(Reply().error, 0);
  EXPECT_EQ(quota_held[0], kQuota - 100U);
  EXPECT_EQ(router.held(0), kQuota - 100U) << "what was reserved is what counts";
  Run(Creation{0, Id(2)}, ServeReserving(&objects[1], 101));
  EXPECT_EQ(Reply().error, -4);
  EXPECT_EQ(session.handles.Find(Id(2), kMem), nullptr);
  Run(Creation{0, Id(3)}, ServeReserving(nullptr, 100));
  EXPECT_EQ(Reply().error, -5);
  EXPECT_EQ(quota_held[0], kQuota - 100U) << "a failed call holds nothing";
  session.handles.Release(Id(1));
  EXPECT_EQ(quota_held[0], 0U);
}

std::function<void(Call&)> ServeUntilEnd(int* object, Wide amount, void** kept) {
  return [object, amount, kept](Call& call) {
    const auto& args = call.As<Creation>();
    call.Mint(args.minted_result, kMem, "minted_result");
    call.Reserve(0, amount, -4);
    if (!call.ok()) return;
    call.NewResult(args.minted_result, kMem, object);
    if (!call.Made(true, 0, 0)) return;
    *kept = call.AccountUntilEnd(0, amount, args.minted_result);
  };
}

TEST_F(HandlesTest, ObjectsTakeFromTheQuotaUntilTheLibraryIsThroughWithThem) {
  entry.error_by = ErrorBy::kParameter;
  void* kept = nullptr;
  Run(Creation{0, Id(1)}, ServeUntilEnd(&objects[0], kQuota, &kept));
  session.handles.Release(Id(1));
  EXPECT_EQ(session.handles.size(), 0U);
  EXPECT_EQ(quota_held[0], kQuota) << "a command may still use it";
  EXPECT_TRUE(session.ends->AreSome());
  void* none = nullptr;
  Run(Creation{0, Id(2)}, ServeUntilEnd(&objects[1], 1, &none));
  EXPECT_EQ(Reply().error, -4);
  EndCharges::GiveBack(kept);
  EXPECT_EQ(quota_held[0], 0U);
  EXPECT_EQ(router.held(0), 0U);
  EXPECT_FALSE(session.ends->AreSome());
}

TEST_F(HandlesTest, RoomThatIsAboutToComeIsWaitedFor) {
  entry.error_by = ErrorBy::kParameter;
  void* first = nullptr;
  Run(Creation{0, Id(1)}, ServeUntilEnd(&objects[0], kQuota, &first));
  session.handles.Release(Id(1));
  std::thread driver([first] { EndCharges::GiveBack(first); });
  void* second = nullptr;
  for (std::uint32_t i = 2; second == nullptr; ++i) {  // On a busy machine, not the first time.
    Run(Creation{0, Id(i)}, ServeUntilEnd(&objects[1], kQuota, &second));
  }
  driver.join();
  EXPECT_EQ(quota_held[0], kQuota);
  EndCharges::GiveBack(second);
}

TEST_F(HandlesTest, ObjectsWhoseEndNobodyTellsOfTakeUntilTheLastRelease) {
  Run(Creation{0, Id(1)}, [this](Call& call) {
    const auto& args = call.As<Creation>();
    call.Mint(args.minted_result, kMem, "minted_result");
    call.NewResult(args.minted_result, kMem, &objects[0]);
    if (!call.Made(true, 0, 0)) return;
    call.AccountUntilRelease(call.AccountUntilEnd(0, 4096, args.minted_result), args.minted_result);
  });
  EXPECT_EQ(router.held(0), 4096U);
  session.handles.Release(Id(1));
  EXPECT_EQ(router.held(0), 0U);
  EXPECT_FALSE(session.ends->AreSome());
}

TEST(EndCharges, OutliveTheirSession) {
  void* kept = nullptr;
  {
    struct Other : CallTest {
      void TestBody() override {}
    } other;
    kept = other.session.ends->Keep({.resource = 0, .amount = 1});
  }
  EndCharges::GiveBack(kept);
}

TEST_F(HandlesTest, NumbersAreWithinTheQuota) {
  Run(OneHandle{0}, [](Call& call) {
    std::uint64_t large = ~std::uint64_t{0};
    call.Within(&large, sizeof large, 0);
    EXPECT_EQ(large, kQuota);
    std::uint32_t small[2] = {5, 7};
    call.Within(small, sizeof small[0], 0);
    EXPECT_EQ(small[0], 5U);
    EXPECT_EQ(small[1], 7U);
    call.Within(nullptr, 8, 0);
  });
}

TEST_F(HandlesTest, AFailedCreationThatSomebodyWaitsForLeavesNothing) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(Creation{Id(1), Id(2)}, ServeCreation(nullptr, false));
  EXPECT_EQ(Reply().error, -5);
  EXPECT_TRUE(session.handles.CanMint(Id(2)));
  EXPECT_FALSE(channel.AwaitUpcall(std::chrono::milliseconds(0)).has_value());
}

TEST_F(HandlesTest, AFailedCreationThatNobodyWaitsForLeavesADeadId) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(Creation{Id(1), Id(2)}, ServeCreation(nullptr, false), false);
  EXPECT_EQ(session.handles.Find(Id(2), kMem), nullptr);
  EXPECT_FALSE(session.handles.CanMint(Id(2)));
  const auto upcall = channel.AwaitUpcall(std::chrono::milliseconds(0));
  ASSERT_TRUE(upcall.has_value());
  EXPECT_EQ(upcall->header.kind, wire::kUpcallDeferredError);
  std::int32_t error = 0;
  std::memcpy(&error, upcall->payload.data() + 4, sizeof(error));
  EXPECT_EQ(error, -5);
  std::uint64_t sequence = 0;
  std::memcpy(&sequence, upcall->payload.data() + 8, sizeof(sequence));
  EXPECT_EQ(sequence, 77U);
}

TEST_F(HandlesTest, ARefusedCreationThatNobodyWaitsForLeavesADeadId) {
  Run(Creation{Id(9), Id(2)}, ServeCreation(&objects[1], true), false);
  EXPECT_EQ(session.handles.Find(Id(2), kMem), nullptr);
  EXPECT_FALSE(session.handles.CanMint(Id(2)));
  EXPECT_TRUE(channel.AwaitUpcall(std::chrono::milliseconds(0)).has_value());
}

TEST_F(HandlesTest, MintedIdsAreFree) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  for (const HandleId id :
       {Id(1), Id(1, 2), Id(3, 0), Id(wire::kHandlesMax), wire::MakeHandleId(3, 1, true)}) {
    Run(Creation{Id(1), id}, ServeCreation(&objects[1], true));
    EXPECT_NE(violation, "") << std::hex << id;
    EXPECT_FALSE(Replied());
  }
}

struct ManyCreations {
  Blob ids;
};

TEST_F(HandlesTest, ArraysOfNewHandles) {
  const auto serve = [&](Call& call) {
    const auto& args = call.As<ManyCreations>();
    call.MintAll(args.ids, kMem, "ids");
    void** places = call.NewAll<void*>(args.ids, kMem, "ids", 3);
    if (!call.ok()) return;
    places[0] = &objects[0];
    places[1] = &objects[1];
    call.Made(true, 0, 0);
  };
  Run(ManyCreations{Record<ManyCreations>(std::vector<HandleId>{Id(1), Id(2), Id(3)})}, serve);
  EXPECT_EQ(Reply().produced, 2U);
  EXPECT_EQ(session.handles.Find(Id(2), kMem), &objects[1]);
  EXPECT_TRUE(session.handles.CanMint(Id(3)));
}

TEST_F(HandlesTest, ArraysOfNewHandlesAreDistinct) {
  const auto serve = [&](Call& call) {
    const auto& args = call.As<ManyCreations>();
    call.MintAll(args.ids, kMem, "ids");
    void** places = call.NewAll<void*>(args.ids, kMem, "ids", 2);
    if (!call.ok()) return;
    places[0] = &objects[0];
    places[1] = &objects[1];
    call.Made(true, 0, 0);
  };
  Run(ManyCreations{Record<ManyCreations>(std::vector<HandleId>{Id(1), Id(1)})}, serve);
  EXPECT_NE(violation, "");
}

TEST_F(HandlesTest, ExistingObjectsAreLookedUpOrMinted) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(OneBlob{Slot(0, 24)}, [&](Call& call) {
    void** places = call.Existing<void*>(call.As<OneBlob>().data, kMem, "data", 3);
    places[0] = &objects[0];
    places[1] = &objects[1];
    call.Made(true, 0, 0);
  });
  EXPECT_EQ(SlotValue<HandleId>(0), Id(1));
  EXPECT_TRUE(wire::HandleServerMinted(SlotValue<HandleId>(8)));
  EXPECT_EQ(SlotValue<HandleId>(16), 0U);
}

TEST_F(HandlesTest, ValuesOfATableAreTranslated) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(OneBlob{Slot(0, 16)}, [&](Call& call) {
    void* place = call.Out<std::byte>(call.As<OneBlob>().data, "data", 16);
    void* const vendor = &objects[0];
    std::memcpy(place, &vendor, sizeof(vendor));
    call.Made(true, 0, 0);
    call.TranslateHandles(place, 16, kMem);
  });
  EXPECT_EQ(SlotValue<HandleId>(0), Id(1));
}

void ServeRelease(Call& call) {
  call.Releases(call.As<OneHandle>().mem, kMem, kInvalidMem);
  (void)call.Use<int*>(call.As<OneHandle>().mem, kMem, kInvalidMem);
  if (call.ok()) call.Made(true, 0, 0);
}

TEST_F(HandlesTest, ReleasesNoMoreThanTheProgramHas) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  ASSERT_TRUE(session.handles.Bind(Id(2), kMem, &objects[1]));
  ASSERT_TRUE(session.handles.AddParent(Id(2), Id(1)));
  Run(OneHandle{Id(1)}, ServeRelease);
  EXPECT_EQ(Reply().error, 0);
  EXPECT_NE(session.handles.Find(Id(1), kMem), nullptr);
  Run(OneHandle{Id(1)}, ServeRelease);
  EXPECT_EQ(Reply().error, kInvalidMem);
}

TEST_F(HandlesTest, ReleasingADeadIdForgetsIt) {
  ASSERT_TRUE(session.handles.Kill(Id(1), kMem, -5));
  Run(OneHandle{Id(1)}, ServeRelease, false);
  EXPECT_TRUE(session.handles.CanMint(Id(1, 2)));
}

TEST_F(HandlesTest, RetainsCount) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  Run(OneHandle{Id(1)}, [](Call& call) {
    call.Retains(call.As<OneHandle>().mem, kMem);
    (void)call.Use<int*>(call.As<OneHandle>().mem, kMem, kInvalidMem);
    call.Made(true, 0, 0);
  });
  session.handles.Release(Id(1));
  EXPECT_NE(session.handles.Find(Id(1), kMem), nullptr);
}

TEST_F(HandlesTest, CallbacksHoldTheirObjectUntilTheyFail) {
  ASSERT_TRUE(session.handles.Bind(Id(1), kMem, &objects[0]));
  const auto serve = [](Call& call) {
    EXPECT_NE(call.Register(5, "pfn", true, {call.As<OneHandle>().mem}), 0U);
    call.Made(false, 0, -30);
  };
  Run(OneHandle{Id(1)}, serve);
  EXPECT_EQ(session.callbacks.size(), 0U);
  session.handles.Release(Id(1));
  EXPECT_EQ(session.handles.size(), 0U);
}

}  // namespace
}  // namespace ava::worker::test
