// SPDX-License-Identifier: Apache-2.0
#include "ava/router/router.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

namespace ava::router {
namespace {

constexpr std::array kFunctions = {
    FunctionRule{.name = "toy_open", .args_bytes = 16, .served = true},
    FunctionRule{.name = "toy_absent", .args_bytes = 0, .served = false},
    FunctionRule{.name = "toy_close", .args_bytes = 8, .served = true}};
constexpr std::array kResources = {ResourceRule{.name = "device_memory", .continuous = true},
                                   ResourceRule{.name = "kernel_launches", .continuous = false}};

struct Command {
  wire::CommandHeader header;
  std::vector<std::byte> record;
};

Command Make(std::uint16_t function, std::uint64_t sequence, std::size_t body = 16) {
  Command command;
  command.record.resize(sizeof(wire::CommandHeader) + body);
  command.header = {.bytes = static_cast<std::uint32_t>(command.record.size()),
                    .function = function,
                    .flags = 0,
                    .slot = wire::kNoSlot,
                    .thread = 1,
                    .sequence = sequence,
                    .reserved = 0};
  return command;
}

std::string Admit(Router& router, const Command& command) {
  const Verdict verdict = router.Admit(command.header, command.record);
  EXPECT_EQ(verdict.admitted, verdict.reason.empty());
  return verdict.reason;
}

struct RouterTest : testing::Test {
  Router router{{.functions = kFunctions, .resources = kResources, .allowed = {}}};
};

TEST_F(RouterTest, AdmitsCommandsInTheirOrder) {
  EXPECT_EQ(Admit(router, Make(0, 1)), "");
  EXPECT_EQ(Admit(router, Make(2, 2)), "");
  EXPECT_EQ(Admit(router, Make(2, 2)), "command 2 follows 2");
  EXPECT_EQ(Admit(router, Make(2, 4)), "command 4 follows 2");
}

TEST_F(RouterTest, RejectsWhatIsNoFunction) {
  EXPECT_EQ(Admit(router, Make(3, 1)), "function 3 of 3 does not exist");
  EXPECT_EQ(Admit(router, Make(0xfeff, 1)), "function 65279 of 3 does not exist");
  EXPECT_EQ(Admit(router, Make(1, 1)), "'toy_absent' is not served");
}

TEST_F(RouterTest, RejectsRecordsOfTheWrongSize) {
  EXPECT_EQ(Admit(router, Make(0, 1, 0)), "'toy_open' needs a record of 48 bytes, this one has 32");
  Command lies = Make(0, 1);
  lies.header.bytes = 4096;
  EXPECT_EQ(Admit(router, lies), "a record of 48 bytes says that it has 4096");
}

TEST_F(RouterTest, RejectsUnknownFlags) {
  Command command = Make(0, 1);
  command.header.flags = 0x80;
  EXPECT_EQ(Admit(router, command), "command 1 has unknown flags 0x80");
  command.header.flags = 0;
  command.header.reserved = 1;
  EXPECT_NE(Admit(router, command), "");
}

TEST_F(RouterTest, LetsSessionCommandsPass) {
  EXPECT_EQ(Admit(router, Make(wire::kSessionDropSegment, 1)), "");
}

TEST(RouterAllowed, OnlyWhatTheSessionMayCall) {
  Router router({.functions = kFunctions, .resources = kResources, .allowed = {true, true, false}});
  EXPECT_EQ(Admit(router, Make(0, 1)), "");
  EXPECT_EQ(Admit(router, Make(2, 2)), "'toy_close' is not allowed to this session");
}

TEST_F(RouterTest, CountsPerFunctionAndInTotal) {
  router.CountCall(0, {.in_bytes = 48, .out_bytes = 24, .waited = true});
  router.CountCall(0, {.in_bytes = 48});
  router.CountCall(2, {.in_bytes = 48, .refused = true});
  router.CountUpcall(64);
  const wire::Ledger& ledger = router.ledger();
  EXPECT_EQ(ledger.by_function[0].calls, 2U);
  EXPECT_EQ(ledger.by_function[0].round_trips, 1U);
  EXPECT_EQ(ledger.by_function[0].in_bytes, 96U);
  EXPECT_EQ(ledger.by_function[2].calls, 1U);
  EXPECT_EQ(ledger.totals.calls, 3U);
  EXPECT_EQ(ledger.totals.round_trips, 1U);
  EXPECT_EQ(ledger.totals.refused, 1U);
  EXPECT_EQ(ledger.totals.upcalls, 1U);
  EXPECT_EQ(ledger.totals.out_bytes, 24U + 64U);
}

TEST_F(RouterTest, ContinuousResourcesAreHeldUntilReleased) {
  router.Account(0, 1000);
  router.Account(0, 500);
  EXPECT_EQ(router.held(0), 1500U);
  router.Release(0, 1000);
  EXPECT_EQ(router.held(0), 500U);
  EXPECT_EQ(router.ledger().totals.memory_bytes, 500U);
  EXPECT_EQ(router.ledger().totals.memory_peak_bytes, 1500U);
  router.Release(0, 9999);
  EXPECT_EQ(router.held(0), 0U) << "never below nothing";
  EXPECT_EQ(router.ledger().totals.memory_bytes, 0U);
}

TEST_F(RouterTest, InstantaneousResourcesOnlyGrow) {
  router.Account(1, 1);
  router.Account(1, 2);
  router.Release(1, 3);
  EXPECT_EQ(router.held(1), 3U);
  EXPECT_EQ(router.ledger().totals.launches, 3U);
  router.Account(77, 1);  // no such resource: nothing happens
}

TEST(RouterQuota, LimitsWhatIsHeld) {
  std::array<std::uint64_t, 1> held{};
  const std::array<QuotaRule, 1> quotas = {
      {{kResources[0].name, Quota({.session = 1000}, held, 0)}}};
  Router router(
      {.functions = kFunctions, .resources = kResources, .quotas = quotas, .allowed = {}});
  EXPECT_EQ(router.limit(0), 1000U);
  EXPECT_EQ(router.limit(1), Quota::kNoLimit);
  ASSERT_TRUE(router.Reserve(0, 700));
  router.Account(0, 700, true);
  EXPECT_FALSE(router.Reserve(0, 301));
  ASSERT_TRUE(router.Reserve(0, 300));
  router.Unreserve(0, 300);
  EXPECT_EQ(held[0], 700U);
  router.Release(0, 700);
  EXPECT_EQ(held[0], 0U);
  router.Account(0, 1500);  // what nobody asked for counts all the same
  EXPECT_FALSE(router.Reserve(0, 1));
  EXPECT_TRUE(router.Reserve(1, 5000)) << "only what is held has a quota";
}

TEST(RouterLedger, WritesTheSessionsOwn) {
  wire::Ledger ledger{};
  Router router(
      {.functions = kFunctions, .resources = kResources, .allowed = {}, .ledger = &ledger});
  router.CountCall(2, {.in_bytes = 1});
  EXPECT_EQ(ledger.by_function[2].calls, 1U);
}

}  // namespace
}  // namespace ava::router
