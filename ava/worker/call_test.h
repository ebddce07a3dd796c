// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: one command, served by a function written as the compiler would write it.

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ava/worker/call.h"
#include "ava/worker/fake_channel.h"

namespace ava::worker::test {

inline constexpr TypeId kMem = 1;
inline constexpr TypeId kEvent = 2;
inline constexpr std::int64_t kInvalidMem = -38;
inline constexpr std::int64_t kInvalidEvent = -58;

inline HandleId Id(std::uint32_t index, std::uint32_t generation = 1) {
  return wire::MakeHandleId(index, generation, false);
}

// A vendor library's event: done when the test says so; -1: failed.
struct FakeEvent {
  int done = 0;
  int references = 1;
};

inline EventFunctions FakeEvents() {
  return {.done = [](void* event) { return static_cast<FakeEvent*>(event)->done; },
          .retain = [](void* event) { ++static_cast<FakeEvent*>(event)->references; },
          .release = [](void* event) { --static_cast<FakeEvent*>(event)->references; }};
}

struct CallTest : testing::Test {
  static constexpr std::uint32_t kSlot = 3;

  // The arguments, and behind them the payload: At(n) is its n-th byte.
  template <class Args>
  void Run(const Args& args, const std::function<void(Call&)>& serve, bool waits = true) {
    entry.args_bytes = sizeof(Args);
    std::vector<std::byte> record(sizeof(wire::CommandHeader) + sizeof(Args) + payload.size());
    const wire::CommandHeader header{
        .bytes = static_cast<std::uint32_t>(record.size()),
        .function = 0,
        .flags = static_cast<std::uint16_t>(waits ? wire::kCommandWaits : 0),
        .slot = waits ? kSlot : wire::kNoSlot,
        .thread = 1,
        .sequence = 77,
        .reserved = 0};
    std::memcpy(record.data(), &header, sizeof(header));
    std::memcpy(record.data() + sizeof(header), &args, sizeof(args));
    if (!payload.empty())
      std::memcpy(record.data() + sizeof(header) + sizeof(args), payload.data(), payload.size());
    Call call(session, entry, record, scratch);
    serve(call);
    call.Finish();
    violation = call.violation();
  }
  // Puts bytes into the payload of an argument structure of `Args`; their blob.
  template <class Args, class T>
  Blob Record(const std::vector<T>& content) {
    const Blob blob{.place = static_cast<std::uint32_t>(wire::Place::kRecord),
                    .segment = 0,
                    .offset = sizeof(wire::CommandHeader) + sizeof(Args) + payload.size(),
                    .bytes = content.size() * sizeof(T)};
    const auto* bytes = reinterpret_cast<const std::byte*>(content.data());
    payload.insert(payload.end(), bytes, bytes + blob.bytes);
    payload.resize((payload.size() + 7) / 8 * 8);
    return blob;
  }
  static Blob Slot(std::uint64_t offset, std::uint64_t bytes) {
    return {.place = static_cast<std::uint32_t>(wire::Place::kSlot),
            .segment = 0,
            .offset = offset,
            .bytes = bytes};
  }
  wire::ReplyHeader Reply() {
    const auto reply = channel.Await(kSlot, std::chrono::milliseconds(0));
    EXPECT_TRUE(reply.has_value()) << "no reply; violation: " << violation;
    return reply.value_or(wire::ReplyHeader{});
  }
  bool Replied() { return channel.Await(kSlot, std::chrono::milliseconds(0)).has_value(); }
  template <class T>
  T SlotValue(std::size_t offset = 0) {
    T value;
    std::memcpy(&value, channel.SlotInline(kSlot).data() + offset, sizeof(T));
    return value;
  }

  FunctionEntry entry{.name = "toy_call", .error_by = ErrorBy::kReturn};
  ServerApi api{.functions = {&entry, 1}, .events = FakeEvents()};
  FakeChannel channel;
  router::ResourceRule resources[1] = {{.name = "device_memory", .continuous = true}};
  static constexpr std::uint64_t kQuota = std::uint64_t{1} << 40;
  std::uint64_t quota_held[1] = {};
  router::QuotaRule quotas[1] = {
      {.resource = "device_memory", .quota = router::Quota({.session = kQuota}, quota_held, 0)}};
  router::FunctionRule functions[1] = {{.name = "toy_call", .args_bytes = 0, .served = true}};
  router::Router router{
      {.functions = functions, .resources = resources, .quotas = quotas, .allowed = {}}};
  Progress progress;
  Session session{api, channel, router, progress};
  Scratch scratch;
  std::vector<std::byte> payload;
  std::string violation;
  int objects[4] = {};
};

}  // namespace ava::worker::test
