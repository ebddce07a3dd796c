// SPDX-License-Identifier: Apache-2.0
#include "ava/control/session_record.h"

#include <gtest/gtest.h>

#include <memory>

#include <nlohmann/json.hpp>

namespace ava::control {
namespace {

SessionRecord Ended(uid_t uid, const std::string& run_id) {
  SessionRecord record;
  record.uid = uid;
  record.run_id = run_id;
  return record;
}

TEST(SessionRecord, ShowsOnlyFunctionsThatWereCalled) {
  auto ledger = std::make_unique<wire::Ledger>();
  ledger->totals.calls = 5;
  ledger->by_function[1] = {.calls = 5, .round_trips = 2, .in_bytes = 100, .out_bytes = 10};
  SessionRecord record;
  FillCounts(*ledger, {"clA", "clB", "clC"}, {0, 0, 40}, record);
  ASSERT_EQ(record.functions.size(), 2U);
  EXPECT_EQ(record.functions[0].name, "clB");
  EXPECT_EQ(record.functions[1].local_calls, 40U);
  EXPECT_EQ(record.local_calls, 40U);

  const auto json = nlohmann::json::parse(ToJson(record, true));
  EXPECT_EQ(json["calls"], 5);
  EXPECT_EQ(json["functions"][0]["round_trips"], 2);
  EXPECT_FALSE(nlohmann::json::parse(ToJson(record, false)).contains("functions"));
}

TEST(SessionRecord, NamesWhatTheWorkerDidNotName) {
  auto ledger = std::make_unique<wire::Ledger>();
  ledger->by_function[9].calls = 1;
  SessionRecord record;
  FillCounts(*ledger, {}, {}, record);
  EXPECT_EQ(record.functions[0].name, "function 9");
}

TEST(EndedSessions, ShowsEachUserItsOwn) {
  EndedSessions ended;
  ended.Add(Ended(1000, "run"));
  ended.Add(Ended(1001, "run"));
  ended.Add(Ended(1000, "other"));
  EXPECT_EQ(ended.OfRun("run", 1000).size(), 1U);
  EXPECT_EQ(ended.OfRun("run", 1002).size(), 0U);
  EXPECT_EQ(ended.OfRun("run", 0).size(), 2U);
}

TEST(EndedSessions, AreBoundedForEachUser) {
  EndedSessions ended;
  ended.Add(Ended(1001, "kept"));
  for (std::size_t i = 0; i < 2 * kEndedRecordsPerUserMax; ++i) ended.Add(Ended(1000, "many"));
  EXPECT_EQ(ended.size(), kEndedRecordsPerUserMax + 1);
  EXPECT_EQ(ended.OfRun("kept", 1001).size(), 1U);
}

}  // namespace
}  // namespace ava::control
