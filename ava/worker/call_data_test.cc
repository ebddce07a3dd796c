// SPDX-License-Identifier: Apache-2.0

// What a guest may say about bytes, and what it may not.

#include <limits>

#include "ava/worker/call_test.h"

namespace ava::worker::test {
namespace {

struct OneBlob {
  Blob data;
};

using DataTest = CallTest;

void ServeIn4(Call& call) {
  const auto* data = call.In<std::uint32_t>(call.As<OneBlob>().data, "data", 1);
  if (!call.ok()) return;
  call.Made(true, data == nullptr ? 1000 : *data, 0);
}

TEST_F(DataTest, InputsComeFromTheRecord) {
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint32_t>{42})}, ServeIn4);
  EXPECT_EQ(Reply().result, 42U);
}

TEST_F(DataTest, InputsComeFromTheArenaAsPrivateCopies) {
  const std::uint32_t value = 42;
  std::memcpy(channel.arena() + 64, &value, sizeof(value));
  Run(OneBlob{FakeChannel::Arena(64, 4)}, [&](Call& call) {
    const auto* data = call.In<std::uint32_t>(call.As<OneBlob>().data, "data", 1);
    ASSERT_NE(data, nullptr);
    std::memset(channel.arena() + 64, 0xff, 4);  // what a hostile guest does now changes nothing
    call.Made(true, *data, 0);
  });
  EXPECT_EQ(Reply().result, 42U);
}

TEST_F(DataTest, LargePlainInputsAreUsedInPlace) {
  Run(OneBlob{FakeChannel::Arena(64, 8192)}, [&](Call& call) {
    EXPECT_EQ(call.In<std::byte>(call.As<OneBlob>().data, "data", 8192), channel.arena() + 64);
  });
  Run(OneBlob{FakeChannel::Arena(64, 8192)}, [&](Call& call) {
    EXPECT_NE(call.In<std::byte>(call.As<OneBlob>().data, "data", 8192, Data::kInterpreted),
              channel.arena() + 64);
  });
}

TEST_F(DataTest, OutputsOfAFailedCallStayAsTheyWere) {
  const auto serve = [](bool succeeds) {
    return [succeeds](Call& call) {
      auto* out = call.Out<std::uint32_t>(call.As<OneBlob>().data, "data", 1);
      ASSERT_NE(out, nullptr);
      *out = 5;
      call.Made(succeeds, 0, succeeds ? 0 : -5);
    };
  };
  Run(OneBlob{Slot(0, 4)}, serve(false));
  EXPECT_EQ(SlotValue<std::uint32_t>(), 0U);
  EXPECT_EQ(Reply().error, -5);
  Run(OneBlob{Slot(0, 4)}, serve(true));
  EXPECT_EQ(SlotValue<std::uint32_t>(), 5U);
}

struct TwoPlaces {
  Blob in;
  Blob out;
};

TEST_F(DataTest, SomeOutputsOfAFailedCallComeBack) {
  const auto serve = [](Call& call) {
    const auto& args = call.As<TwoPlaces>();
    auto* out = call.InOut<std::uint32_t>(args.in, args.out, "data", 2, true);
    ASSERT_NE(out, nullptr);
    out[0] = 5;
    call.Made(false, 0, -5);
  };
  const Blob in = Record<TwoPlaces>(std::vector<std::uint32_t>{7, 8});
  Run(TwoPlaces{in, Slot(0, 8)}, serve);
  EXPECT_EQ(Reply().produced, wire::kFailedInLibrary);
  EXPECT_EQ(SlotValue<std::uint32_t>(), 5U);
  EXPECT_EQ(SlotValue<std::uint32_t>(4), 8U) << "what the library has left alone";
}

TEST_F(DataTest, NullStaysNull) {
  Run(OneBlob{}, ServeIn4);
  EXPECT_EQ(Reply().result, 1000U);
}

TEST_F(DataTest, ANullPointerHasNoBytes) {
  Run(OneBlob{{.place = 0, .segment = 0, .offset = 0, .bytes = 4}}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': a NULL pointer with bytes behind it");
  EXPECT_FALSE(Replied());
}

TEST_F(DataTest, NoElementsAreNotNull) {
  Run(OneBlob{Record<OneBlob>(std::vector<int>{})}, [](Call& call) {
    EXPECT_NE(call.In<int>(call.As<OneBlob>().data, "data", 0), nullptr);
    EXPECT_TRUE(call.ok());
  });
}

TEST_F(DataTest, SizesMustAgree) {
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint32_t>{1, 2})}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': carries 8 bytes, its spec says 4");
}

TEST_F(DataTest, SizesThatWouldWrapAreSeen) {
  const std::size_t huge =
      std::numeric_limits<std::size_t>::max() / 4 + 2;  // * 4 == 4, with 64 bits
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint32_t>{1})},
      [&](Call& call) { call.In<std::uint32_t>(call.As<OneBlob>().data, "data", Capped(huge)); });
  EXPECT_NE(violation, "");
}

TEST_F(DataTest, NegativeSizesAreSeen) {
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint32_t>{1})},
      [&](Call& call) { call.In<std::uint32_t>(call.As<OneBlob>().data, "data", Capped(-1)); });
  EXPECT_EQ(violation, "toy_call: 'data': carries 4 bytes, its spec says -4");
}

TEST_F(DataTest, RecordBlobsLieInTheRecord) {
  Blob blob = Record<OneBlob>(std::vector<std::uint32_t>{42});
  blob.offset += 8;
  Run(OneBlob{blob}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': 4 bytes at 64 of a record of 64");
  blob.offset = std::numeric_limits<std::uint64_t>::max() - 7;
  Run(OneBlob{blob}, ServeIn4);
  EXPECT_NE(violation, "");
}

TEST_F(DataTest, ArenaBlobsLieInTheArena) {
  Run(OneBlob{FakeChannel::Arena(FakeChannel::kArenaBytes, 4)}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': 4 bytes at 262144 of segment 0 are not the session's");
  Blob other = FakeChannel::Arena(0, 4);
  other.segment = 7;
  Run(OneBlob{other}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': 4 bytes at 0 of segment 7 are not the session's");
}

TEST_F(DataTest, BlobsAreAligned) {
  Run(OneBlob{FakeChannel::Arena(4, 4)}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': offset 4 is not a multiple of 8");
}

TEST_F(DataTest, InputsAreNotInTheSlot) {
  Run(OneBlob{Slot(0, 4)}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': an input in place 3");
  Run(OneBlob{{.place = 99, .segment = 0, .offset = 0, .bytes = 4}}, ServeIn4);
  EXPECT_EQ(violation, "toy_call: 'data': an input in place 99");
}

void ServeOut4(Call& call) {
  auto* data = call.Out<std::uint32_t>(call.As<OneBlob>().data, "data", 1);
  if (!call.ok()) return;
  if (data != nullptr) *data = 4711;
  call.Made(true, 0, 0);
}

TEST_F(DataTest, OutputsGoToTheSlot) {
  Run(OneBlob{Slot(16, 4)}, ServeOut4);
  EXPECT_EQ(SlotValue<std::uint32_t>(16), 4711U);
  EXPECT_EQ(Reply().result, 0U);
}

TEST_F(DataTest, OutputsGoToTheArena) {
  Run(OneBlob{FakeChannel::Arena(128, 4)}, ServeOut4);
  std::uint32_t value = 0;
  std::memcpy(&value, channel.arena() + 128, 4);
  EXPECT_EQ(value, 4711U);
  EXPECT_FALSE(channel.IsDone(128)) << "its caller waits, and has it with the reply";
}

TEST_F(DataTest, OutputsAreNotInTheRecord) {
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint32_t>{0})}, ServeOut4);
  EXPECT_EQ(violation, "toy_call: 'data': an output in place 1");
}

TEST_F(DataTest, OutputsLieInTheSlot) {
  Run(OneBlob{Slot(transport::kSlotInlineBytes, 4)}, ServeOut4);
  EXPECT_EQ(violation, "toy_call: 'data': 4 bytes at 896 of a slot of 896");
}

TEST_F(DataTest, OnlyWaitedCallsHaveASlot) {
  Run(OneBlob{Slot(0, 4)}, ServeOut4, false);
  EXPECT_EQ(violation, "toy_call: 'data': an output in place 3");
}

TEST_F(DataTest, NothingIsWrittenWhenTheCallWasRefused) {
  std::memset(channel.SlotInline(kSlot).data(), 0x55, 8);
  Run(OneBlob{Slot(0, 4)}, [](Call& call) {
    (void)call.Out<std::uint32_t>(call.As<OneBlob>().data, "data", 1);
    call.Require(false, -30);
  });
  EXPECT_EQ(static_cast<std::int64_t>(Reply().result), -30);
  EXPECT_EQ(SlotValue<std::uint32_t>(), 0x55555555U);
}

TEST_F(DataTest, TrimmedOutputsCopyOnlyWhatIsUsed) {
  std::memset(channel.SlotInline(kSlot).data(), 0x55, 8);
  Run(OneBlob{Slot(0, 8)}, [](Call& call) {
    auto* data = call.Out<std::byte>(call.As<OneBlob>().data, "data", 8);
    call.Made(true, 0, 0);
    call.Trim(data, 4);
    call.Produced(4);
  });
  EXPECT_EQ(SlotValue<std::uint64_t>(), 0x5555555500000000U);
  EXPECT_EQ(Reply().produced, 4U);
}

void ServeString(Call& call) {
  const char* text = call.String(call.As<OneBlob>().data, "data");
  if (!call.ok()) return;
  call.Made(true, text == nullptr ? 0 : std::strlen(text), 0);
}

TEST_F(DataTest, StringsEndWithTheirNul) {
  Run(OneBlob{Record<OneBlob>(std::vector<char>{'a', 'b', '\0'})}, ServeString);
  EXPECT_EQ(Reply().result, 2U);
}

TEST_F(DataTest, StringsWithoutNulAreRefused) {
  Run(OneBlob{Record<OneBlob>(std::vector<char>{'a', 'b'})}, ServeString);
  EXPECT_EQ(violation, "toy_call: 'data': a string without its final NUL");
  Run(OneBlob{Record<OneBlob>(std::vector<char>{})}, ServeString);
  EXPECT_EQ(violation, "toy_call: 'data': a string without its final NUL");
}

TEST_F(DataTest, CountedStringsGetANul) {
  Run(OneBlob{Record<OneBlob>(std::vector<char>{'a', 'b'})}, [](Call& call) {
    const char* text = call.String(call.As<OneBlob>().data, "data", 2);
    call.Made(true, std::strlen(text), 0);
  });
  EXPECT_EQ(Reply().result, 2U);
}

struct Strings {
  Blob list;
};

void ServeStrings(Call& call) {
  const char** texts = call.Strings(call.As<Strings>().list, "list", 2,
                                    [](std::size_t) { return std::optional<Wide>(); });
  if (!call.ok()) return;
  call.Made(true, std::strlen(texts[0]) * 10 + (texts[1] == nullptr ? 9 : std::strlen(texts[1])),
            0);
}

TEST_F(DataTest, ArraysOfStrings) {
  const Blob first = Record<Strings>(std::vector<char>{'a', 'b', '\0'});
  const Blob list = Record<Strings>(std::vector<Blob>{first, Blob{}});
  Run(Strings{list}, ServeStrings);
  EXPECT_EQ(Reply().result, 29U);
}

TEST_F(DataTest, ArraysOfStringsAreCheckedElementByElement) {
  const Blob first = Record<Strings>(std::vector<char>{'a', 'b', '\0'});
  const Blob list =
      Record<Strings>(std::vector<Blob>{first, FakeChannel::Arena(FakeChannel::kArenaBytes, 8)});
  Run(Strings{list}, ServeStrings);
  EXPECT_EQ(violation, "toy_call: 'list': 8 bytes at 262144 of segment 0 are not the session's");
}

TEST_F(DataTest, ListsOfStringsEndWithNull) {
  const auto serve = [](Call& call) {
    const char** texts = call.StringList(call.As<Strings>().list, "list",
                                         [](std::size_t) { return std::optional<Wide>(); });
    if (!call.ok()) return;
    std::uint64_t count = 0;
    while (texts != nullptr && texts[count] != nullptr) ++count;
    call.Made(true, texts == nullptr ? 99 : count, 0);
  };
  const Blob text = Record<Strings>(std::vector<char>{'a', '\0'});
  Run(Strings{Record<Strings>(std::vector<Blob>{text, Blob{}})}, serve);
  EXPECT_EQ(Reply().result, 1U);
  Run(Strings{Record<Strings>(std::vector<Blob>{Blob{}})}, serve);
  EXPECT_EQ(Reply().result, 0U);
  Run(Strings{}, serve);
  EXPECT_EQ(Reply().result, 99U);
  for (const auto& bad :
       {std::vector<Blob>{text, text}, std::vector<Blob>{Blob{}, Blob{}}, std::vector<Blob>{}}) {
    Run(Strings{Record<Strings>(bad)}, serve);
    EXPECT_EQ(violation,
              "toy_call: 'list': a list of strings that does not end with its only NULL");
  }
}

TEST_F(DataTest, PropertiesEndWithZero) {
  const auto serve = [](Call& call) {
    const auto* list = call.Properties<std::int64_t>(call.As<OneBlob>().data, "data",
                                                     [](auto) { return PropertyType{}; });
    if (call.ok()) call.Made(true, list == nullptr ? 99 : static_cast<std::uint64_t>(list[1]), 0);
  };
  Run(OneBlob{Record<OneBlob>(std::vector<std::uint64_t>{5, 6, 0, 0})}, serve);
  EXPECT_EQ(Reply().result, 6U);
  Run(OneBlob{}, serve);
  EXPECT_EQ(Reply().result, 99U);
  for (const auto& words : {std::vector<std::uint64_t>{5, 6}, {5}, {5, 0}, {}}) {
    payload.clear();
    Run(OneBlob{Record<OneBlob>(words)}, serve);
    EXPECT_NE(violation, "") << words.size() << " words";
  }
}

TEST_F(DataTest, ConditionsAreTheServersToo) {
  Run(OneBlob{}, [](Call& call) { call.Case(1, "data", 0); });
  EXPECT_EQ(violation, "toy_call: 'data': comes as case 1, its spec says 0");
  Run(OneBlob{}, [](Call& call) { call.GuestCase(2, "data", 2); });
  EXPECT_EQ(violation, "toy_call: 'data': comes as case 2 of 2");
  Run(OneBlob{}, [&](Call& call) { call.AtLeast(objects, "data", 8, 1000); });
  EXPECT_EQ(violation, "toy_call: 'data': carries 8 bytes where 1000 may be read");
}

TEST_F(DataTest, MasksValuesOfAnyWidth) {
  std::uint32_t small[2] = {0xffff, 0xffff};
  Call::Mask(small, 4, 0xf0);
  EXPECT_EQ(small[0], 0xf0U);
  EXPECT_EQ(small[1], 0xffffU);
  std::uint64_t large = ~std::uint64_t{0};
  Call::Mask(&large, 16, 1);
  EXPECT_EQ(large, 1U);
  Call::Mask(nullptr, 8, 0);
}

}  // namespace
}  // namespace ava::worker::test
