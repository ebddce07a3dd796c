// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/ring.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "ava/base/futex.h"
#include "ava/wire/record.h"

namespace ava::transport {
namespace {

constexpr std::uint32_t kRingBytes = 1024;
constexpr std::uint32_t kRecordMax = 256;

class Ring : public testing::Test {
 protected:
  RingMemory Memory() {
    return {.control = &control_,
            .data = data_.data(),
            .bytes = kRingBytes,
            .pad_tag = wire::kCommandPadTag,
            .record_bytes_max = kRecordMax};
  }

  bool Write(std::uint32_t bytes, std::uint8_t fill) {
    if (writer_.RoomFor(bytes) != RingWriter::Room::kYes) return false;
    std::byte* place = writer_.Append(bytes);
    std::memset(place, fill, bytes);
    const std::array<std::uint32_t, 2> start = {bytes, fill};
    std::memcpy(place, start.data(), sizeof start);
    writer_.Publish();
    return true;
  }

  // The size of the record read, 0 when there is none; checks that its bytes are `fill`.
  std::uint32_t Read(std::uint8_t fill) {
    std::uint32_t bytes = 0;
    const RingReader::Next next = reader_.TakeUntrusted(buffer_, bytes, wrong_);
    if (next == RingReader::Next::kEmpty) return 0;
    EXPECT_EQ(next, RingReader::Next::kRecord) << wrong_;
    for (std::uint32_t i = 8; i < bytes; ++i) EXPECT_EQ(buffer_[i], std::byte{fill});
    return bytes;
  }

  // What the reader says when the writer put this at the beginning of the ring.
  const char* WrongWith(std::uint32_t bytes, std::uint32_t tag, std::uint64_t head) {
    const std::array<std::uint32_t, 2> start = {bytes, tag};
    std::memcpy(data_.data(), start.data(), sizeof start);
    control_.head = head;
    std::uint32_t size = 0;
    RingReader reader(Memory());
    EXPECT_EQ(reader.TakeUntrusted(buffer_, size, wrong_), RingReader::Next::kBroken);
    return wrong_;
  }

  wire::RingControl control_ = {};
  alignas(64) std::array<std::byte, kRingBytes> data_ = {};
  RingWriter writer_{Memory()};
  RingReader reader_{Memory()};
  std::array<std::byte, kRecordMax> buffer_ = {};
  const char* wrong_ = nullptr;
};

TEST_F(Ring, TakesTheAnnouncementThatItHasSeenAndNoLaterOne) {
  std::atomic<std::uint32_t> wait = 8 | wire::kReaderHandedOver;
  const std::uint32_t seen = wait;
  EXPECT_EQ(RingWriter::TakeAnnouncement(wait, seen), wire::kReaderHandedOver);
  EXPECT_EQ(wait, 8U);
  EXPECT_EQ(RingWriter::TakeAnnouncement(wait, wait), 0U);
  wait = 12 | wire::kReaderHandedOver;  // The reader came, read all, and went again.
  EXPECT_EQ(RingWriter::TakeAnnouncement(wait, seen), 0U);
  EXPECT_EQ(wait, 12U | wire::kReaderHandedOver);
}

TEST_F(Ring, CarriesRecordsInOrder) {
  EXPECT_EQ(Read(0), 0U);
  ASSERT_TRUE(Write(32, 1));
  ASSERT_TRUE(Write(48, 2));
  EXPECT_EQ(Read(1), 32U);
  EXPECT_EQ(Read(2), 48U);
  EXPECT_EQ(Read(0), 0U);
}

TEST_F(Ring, FillsUpTheEndWithAPad) {
  ASSERT_TRUE(Write(256, 1));
  ASSERT_TRUE(Write(256, 2));
  ASSERT_TRUE(Write(256, 3));
  ASSERT_TRUE(Write(240, 4));
  for (std::uint8_t i = 1; i <= 4; ++i) Read(i);
  ASSERT_TRUE(Write(64, 5));  // 16 bytes are left: too few even for a command's header.
  EXPECT_EQ(Read(5), 64U);
  EXPECT_EQ(control_.tail.load(), kRingBytes + 64);
}

TEST_F(Ring, IsFullWithoutRoomForThePad) {
  ASSERT_TRUE(Write(256, 1));
  ASSERT_TRUE(Write(256, 2));
  ASSERT_TRUE(Write(256, 3));
  Read(1);
  EXPECT_TRUE(Write(256, 4));
  EXPECT_TRUE(Write(256, 5));
  EXPECT_EQ(writer_.RoomFor(16), RingWriter::Room::kFull);
  Read(2);
  EXPECT_EQ(writer_.RoomFor(256), RingWriter::Room::kYes);
  EXPECT_EQ(writer_.RoomFor(kRingBytes), RingWriter::Room::kFull);
}

TEST_F(Ring, ShowsABatchAtOnce) {
  ASSERT_EQ(writer_.RoomFor(32), RingWriter::Room::kYes);
  const std::array<std::uint32_t, 2> start = {32, 7};
  std::memcpy(writer_.Append(32), start.data(), sizeof start);
  EXPECT_FALSE(reader_.HasMore());
  writer_.Publish();
  EXPECT_TRUE(reader_.HasMore());
}

TEST_F(Ring, RandomRecordsAgainstAModel) {
  std::mt19937 engine(7);
  auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  std::deque<std::pair<std::uint32_t, std::uint8_t>> model;
  std::uint8_t fill = 0;
  for (int step = 0; step < 20000; ++step) {
    if (random() % 2 == 0) {
      const std::uint32_t bytes = 16 * (1 + random() % (kRecordMax / 16));
      if (Write(bytes, ++fill)) model.emplace_back(bytes, fill);
    } else if (!model.empty()) {
      ASSERT_EQ(Read(model.front().second), model.front().first);
      model.pop_front();
    } else {
      ASSERT_EQ(Read(0), 0U);
    }
  }
}

TEST_F(Ring, PublishTellsWhoWaits) {
  control_.reader_wait = wire::kReaderWaitStep | wire::kReaderHandedOver;
  ASSERT_EQ(writer_.RoomFor(32), RingWriter::Room::kYes);
  const std::array<std::uint32_t, 2> start = {32, 7};
  std::memcpy(writer_.Append(32), start.data(), sizeof start);
  EXPECT_EQ(writer_.Publish(), wire::kReaderHandedOver);
  EXPECT_EQ(control_.reader_wait.load(), wire::kReaderWaitStep);
  EXPECT_EQ(writer_.Publish(), 0U);
}

TEST_F(Ring, WakesTheWriterWhenHalfIsFree) {
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(Write(256, i));
  writer_.AnnounceAsleep();
  Read(0);
  EXPECT_EQ(control_.writer_wait.load(), 1U);
  Read(1);
  EXPECT_EQ(control_.writer_wait.load(), 0U);
}

TEST_F(Ring, RefusesBadRecords) {
  EXPECT_STREQ(WrongWith(24, 0, 32), "a record's size is no multiple of 16");
  EXPECT_STREQ(WrongWith(0, 0, 32), "a record is smaller than its header");
  EXPECT_STREQ(WrongWith(48, 0, 32), "a record goes beyond what was published");
  EXPECT_STREQ(WrongWith(0xfffffff0U, 0, 32), "a record goes beyond what was published");
  EXPECT_STREQ(WrongWith(512, 0, 512), "a record is larger than 64 KiB");
  EXPECT_STREQ(WrongWith(32, wire::kCommandPadTag, 32),
               "a pad does not end at the end of the ring");
}

TEST_F(Ring, RefusesBadHeads) {
  EXPECT_STREQ(WrongWith(32, 0, 8), "the ring's head is impossible");
  EXPECT_STREQ(WrongWith(32, 0, kRingBytes + 16), "the ring's head is impossible");
  EXPECT_STREQ(WrongWith(32, 0, ~std::uint64_t{15}), "the ring's head is impossible");
}

TEST_F(Ring, RefusesAHeadThatGoesBack) {
  ASSERT_TRUE(Write(64, 1));
  Read(1);
  control_.head = 32;
  std::uint32_t bytes = 0;
  EXPECT_EQ(reader_.TakeUntrusted(buffer_, bytes, wrong_), RingReader::Next::kBroken);
}

TEST_F(Ring, RefusesARecordAcrossTheEnd) {
  for (std::uint8_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(Write(i < 3 ? 256 : 240, i));
    Read(i);
  }
  const std::array<std::uint32_t, 2> start = {64, 0};
  std::memcpy(data_.data() + kRingBytes - 16, start.data(), sizeof start);
  control_.head = kRingBytes + 48;
  std::uint32_t bytes = 0;
  EXPECT_EQ(reader_.TakeUntrusted(buffer_, bytes, wrong_), RingReader::Next::kBroken);
  EXPECT_STREQ(wrong_, "a record crosses the end of the ring");
}

TEST_F(Ring, WriterRefusesAnImpossibleTail) {
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(Write(256, i));
  control_.tail = 4096;
  EXPECT_EQ(writer_.RoomFor(16), RingWriter::Room::kBroken);
  control_.tail = 512;
  EXPECT_EQ(writer_.RoomFor(16), RingWriter::Room::kYes);
  control_.tail = 256;  // Room that was once given back cannot be taken back.
  EXPECT_EQ(writer_.RoomFor(800), RingWriter::Room::kBroken);
}

TEST_F(Ring, TwoThreads) {
  constexpr std::uint32_t kRecords = 20000;
  std::thread writer([&] {
    for (std::uint32_t i = 0; i < kRecords; ++i) {
      const std::uint32_t bytes = 16 * (1 + i % 16);
      while (!Write(bytes, static_cast<std::uint8_t>(i))) {
        writer_.AnnounceAsleep();
        if (writer_.RoomFor(bytes) == RingWriter::Room::kYes) continue;
        FutexWait(control_.writer_wait, 1, FutexScope::kShared);
      }
    }
  });
  for (std::uint32_t i = 0; i < kRecords;) {
    const std::uint32_t bytes = Read(static_cast<std::uint8_t>(i));
    if (bytes == 0) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(bytes, 16 * (1 + i % 16));
    ++i;
  }
  writer.join();
}

}  // namespace
}  // namespace ava::transport
