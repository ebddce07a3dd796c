// SPDX-License-Identifier: Apache-2.0
#include "ava/control/worker_messages.h"

#include <gtest/gtest.h>

#include <string>

namespace ava::control {
namespace {

TEST(WorkerMessages, ComeOutAsTheyWentIn) {
  const auto ready = ParseWorkerMessageUntrusted(ToJson(WorkerReady{true, "cpu", {"clA", "clB"}}));
  ASSERT_TRUE(ready.has_value());
  EXPECT_EQ(std::get<WorkerReady>(*ready).server, "cpu");
  EXPECT_EQ(std::get<WorkerReady>(*ready).functions.size(), 2U);
  const auto failed = ParseWorkerMessageUntrusted(ToJson(WorkerFailed{"no device"}));
  EXPECT_EQ(std::get<WorkerFailed>(*failed).reason, "no device");
  const auto ended = ParseWorkerMessageUntrusted(ToJson(WorkerEnded{"the guest has ended"}));
  EXPECT_EQ(std::get<WorkerEnded>(*ended).reason, "the guest has ended");
  const auto log = ParseWorkerMessageUntrusted(ToJson(WorkerLog{"a line"}));
  EXPECT_EQ(std::get<WorkerLog>(*log).line, "a line");
  const auto end = ParseManagerMessage(ToJson(EndSession{"stop"}));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(std::get<EndSession>(*end).reason, "stop");
  const auto guest = ParseManagerMessage(ToJson(GuestComes{17}));
  ASSERT_TRUE(guest.has_value());
  EXPECT_EQ(std::get<GuestComes>(*guest).pid, 17);
}

TEST(WorkerMessages, NonsenseIsRefused) {
  for (const char* text : {"", "{}", "[]", "{\"ready\":", "{\"failed\":1}",
                           "{\"ready\":{\"functions\":[1]}}", "\xff\xfe"}) {
    EXPECT_FALSE(ParseWorkerMessageUntrusted(text).has_value()) << text;
  }
  EXPECT_FALSE(ParseManagerMessage("{}").has_value());
  EXPECT_FALSE(ParseManagerMessage(R"({"guest": "somebody"})").has_value());
}

TEST(WorkerMessages, TextsOfVendorsNeedNotBeUnicode) {
  EXPECT_TRUE(ParseWorkerMessageUntrusted(ToJson(WorkerFailed{"\xff"})).has_value());
}

TEST(WorkerMessages, ListsHaveALimit) {
  EXPECT_FALSE(ParseWorkerMessageUntrusted(
                   ToJson(WorkerReady{true, "cpu", std::vector<std::string>(513, "f")}))
                   .has_value());
}

}  // namespace
}  // namespace ava::control
