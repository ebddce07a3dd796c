// SPDX-License-Identifier: Apache-2.0
#pragma once

// For unit tests: a channel whose worker is a function of the test's, called by Submit itself; a
// small API; and a fixture that gives each test a session of its own.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "ava/base/mutex.h"
#include "ava/guest/api.h"
#include "ava/guest/discoveries.h"
#include "ava/guest/session.h"
#include "ava/transport/guest_channel.h"
#include "ava/wire/abi.h"

namespace ava::guest::test {

// A command as the worker sees it.
struct FakeCommand {
  wire::CommandHeader header;
  std::vector<std::byte> record;
  std::byte* slot_data = nullptr;

  template <class Arguments>
  Arguments As() const {
    Arguments arguments;
    std::memcpy(&arguments, record.data() + sizeof(header), sizeof(arguments));
    return arguments;
  }
  std::byte* Data(const wire::Blob& blob) {
    switch (static_cast<wire::Place>(blob.place)) {
      case wire::Place::kNull:
      case wire::Place::kAddress:
        return nullptr;
      case wire::Place::kRecord:
        return record.data() + blob.offset;
      case wire::Place::kArena:
        return reinterpret_cast<std::byte*>(blob.offset);
      case wire::Place::kSlot:
        return slot_data + blob.offset;
    }
    return nullptr;
  }
  std::string Text(const wire::Blob& blob) {
    const std::byte* data = Data(blob);
    return data == nullptr ? "" : std::string(reinterpret_cast<const char*>(data), blob.bytes);
  }
};

class FakeChannel final : public transport::GuestChannel {
 public:
  explicit FakeChannel(transport::GuestChannelEvents& events) : events_(events) {}

  std::function<wire::ReplyHeader(FakeCommand&)> worker = [](FakeCommand&) {
    return wire::ReplyHeader{};
  };
  std::vector<std::uint16_t> functions;  // of all commands, in order
  int live_blocks = 0;
  int live_slots = 0;
  bool lasting_refused = false;

  void Upcall(std::uint16_t callback, std::uint64_t target, const void* arguments,
              std::size_t bytes) {
    events_.OnUpcall({.kind = wire::kUpcallCallback, .callback = callback, .target = target},
                     {static_cast<const std::byte*>(arguments), bytes});
  }
  void DeferredError(std::uint16_t function, std::int32_t error) {
    struct {
      std::uint16_t function, reserved;
      std::int32_t error;
      std::uint64_t sequence;
    } const payload = {function, 0, error, 7};
    events_.OnUpcall({.kind = wire::kUpcallDeferredError}, std::as_bytes(std::span(&payload, 1)));
  }
  void Lose() {
    lost_ = true;
    events_.OnEnding("the worker of session 1 ended: test");
    events_.OnLost("the worker of session 1 ended: test");
  }
  static wire::BlockHeader& HeaderOf(const void* data) {
    return *reinterpret_cast<wire::BlockHeader*>(
        const_cast<std::byte*>(static_cast<const std::byte*>(data) - sizeof(wire::BlockHeader)));
  }
  static void MarkDone(const void* data) { HeaderOf(data).state = wire::kBlockDone; }
  static void MarkFailed(const void* data) { HeaderOf(data).state = wire::kBlockFailed; }

  bool Submit(wire::CommandHeader header,
              std::span<const std::span<const std::byte>> parts) override {
    if (lost_) return false;
    const std::lock_guard lock(mutex_);
    FakeCommand command = {.header = header};
    command.record.resize(sizeof(header));
    for (const auto& part : parts)
      command.record.insert(command.record.end(), part.begin(), part.end());
    functions.push_back(header.function);
    if (header.slot != wire::kNoSlot) command.slot_data = slots_[header.slot].data();
    const wire::ReplyHeader reply = worker(command);
    if (header.slot != wire::kNoSlot) replies_[header.slot] = reply;
    return true;
  }
  bool SubmitAll(std::span<const Record> records) override {
    bool alive = true;
    for (const Record& record : records) alive = Submit(record.header, record.parts) && alive;
    return alive;
  }
  transport::Slot AcquireSlot() override {
    ++live_slots;
    return {.index = 0, .inline_data = slots_[0].data()};
  }
  void ReleaseSlot(transport::Slot /*slot*/) override { --live_slots; }
  wire::ReplyHeader Await(transport::Slot slot) override {
    if (lost_) return {.status = static_cast<std::uint32_t>(wire::ReplyStatus::kLost)};
    return replies_[slot.index];
  }
  transport::Block Allocate(std::uint64_t bytes) override {
    ++live_blocks;
    auto* header = new (std::aligned_alloc(64, (sizeof(wire::BlockHeader) + bytes + 63) / 64 * 64))
        wire::BlockHeader{};
    auto* data = reinterpret_cast<std::byte*>(header + 1);
    return {.data = data, .bytes = bytes, .offset = reinterpret_cast<std::uint64_t>(data)};
  }
  transport::Block AllocateLasting(std::uint64_t bytes) override {
    return lasting_refused ? transport::Block{} : Allocate(bytes);
  }
  void Free(transport::Block block) override {
    --live_blocks;
    std::free(&HeaderOf(block.data));
  }
  void MarkInFlight(transport::Block block) override {
    HeaderOf(block.data).state = wire::kBlockInFlight;
  }
  bool IsDone(transport::Block block) const override {
    return HeaderOf(block.data).state >= wire::kBlockDone;
  }
  bool HasFailed(transport::Block block) const override {
    return HeaderOf(block.data).state == wire::kBlockFailed;
  }
  void FreeWhenDone(transport::Block block) override {
    if (block) Free(block);
  }
  bool lost() const override { return lost_; }
  std::uint64_t* LocalCalls() override { return statistics_.local_calls; }

 private:
  transport::GuestChannelEvents& events_;
  Mutex mutex_;
  std::atomic<bool> lost_{false};
  std::array<std::array<std::byte, transport::kSlotInlineBytes>, 4> slots_ = {};
  std::array<wire::ReplyHeader, 4> replies_ = {};
  wire::StatisticsRow statistics_ = {};
};

// The API: types 1 (immortal), 2 (with metadata), 3; functions 0 to 3; callback 1 (once, and told
// of a loss).
inline constexpr std::uint16_t kRoot = 1;
inline constexpr std::uint16_t kMemory = 2;
inline constexpr std::uint16_t kEvent = 3;

// The connector's last product; null: the next connection fails.
extern FakeChannel* g_channel;
extern bool g_refuse;
// The worker of a channel that is made from now on; empty: the channel's own.
extern std::function<wire::ReplyHeader(FakeCommand&)> g_first_worker;
extern std::vector<std::string> g_callback_log;  // guarded by g_log_mutex
extern std::function<void()> g_during_callback;  // in the one that fires once
extern Mutex g_log_mutex;

struct MemoryMetadata {
  static inline int alive = 0;
  MemoryMetadata() { ++alive; }
  ~MemoryMetadata() { --alive; }
  int size = 0;
};

}  // namespace ava::guest::test

namespace ava::guest {
// Reaches into the process-wide session.
struct SessionTestPeer {
  static void Forget() {
    Session::BeforeFork();
    g_discoveries.ForgetForTest();
    Session::AfterForkInChild();
  }
};
}  // namespace ava::guest

namespace ava::guest::test {

class SessionTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("AVA_STRICT");
    unsetenv("AVA_DISABLE");
    unsetenv("AVA_INSIDE_WORKER");
    g_refuse = false;
    g_first_worker = nullptr;
    g_channel = nullptr;
    SessionTestPeer::Forget();
  }
  // Connects if need be.
  static FakeChannel& channel() {
    Session::Current();
    return *g_channel;
  }
};

}  // namespace ava::guest::test
