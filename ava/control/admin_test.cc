// SPDX-License-Identifier: Apache-2.0
#include "ava/control/admin.h"

#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

namespace ava::control {
namespace {

using Json = nlohmann::json;

class FakeSource final : public AdminSource {
 public:
  uid_t owner() const override { return 500; }
  std::string DescribeManager() const override { return R"({"pid":1})"; }
  std::vector<SessionRecord> Sessions() const override { return sessions; }
  const EndedSessions& Ended() const override { return ended; }
  std::string DescribePolicy() const override { return R"({"policy":"fair"})"; }
  Result<void> ChangePolicy(std::string_view text, std::string_view name) override {
    if (text == "bad") return Fail(ErrorCode::kInvalid, std::string(name) + ":1:1: bad");
    policy = text;
    return {};
  }
  void Shutdown(const std::string& reason) override { stopped = reason; }

  std::vector<SessionRecord> sessions;
  EndedSessions ended;
  std::string stopped;
  std::string policy;
};

SessionRecord Record(std::uint64_t session, uid_t uid, const std::string& run_id,
                     const std::string& state) {
  SessionRecord record;
  record.session = session;
  record.uid = uid;
  record.run_id = run_id;
  record.state = state;
  return record;
}

std::vector<Json> Ask(const std::string& request, uid_t uid, FakeSource& source) {
  std::vector<Json> answer;
  for (const std::string& line : AnswerUntrusted(request, {.uid = uid}, source)) {
    answer.push_back(Json::parse(line));
  }
  return answer;
}

TEST(Admin, Answers) {
  FakeSource source;
  const auto answer = Ask(R"({"request":"ping"})", 1000, source);
  EXPECT_EQ(answer[0]["manager"]["pid"], 1);
  EXPECT_TRUE(answer[1]["end"]);
}

TEST(Admin, LetsTheOwnerChangeThePolicy) {
  FakeSource source;
  EXPECT_EQ(Ask(R"({"request":"policy"})", 1000, source)[0]["policy"], "fair");
  const std::string change = R"({"request":"policy","name":"f","text":"[scheduler]"})";
  EXPECT_TRUE(Ask(change, 1000, source)[0].contains("error"));
  EXPECT_EQ(source.policy, "");
  EXPECT_EQ(Ask(change, 500, source)[0]["policy"], "fair");
  EXPECT_EQ(source.policy, "[scheduler]");
  EXPECT_EQ(Ask(R"({"request":"policy","name":"f","text":"bad"})", 0, source)[0]["error"],
            "f:1:1: bad");
}

TEST(Admin, ShowsUsersTheirOwnSessionsAndTheOwnerAll) {
  FakeSource source;
  source.sessions = {Record(1, 1000, "", "live"), Record(2, 1001, "", "live")};
  EXPECT_EQ(Ask(R"({"request":"ps"})", 1000, source).size(), 2U);
  EXPECT_EQ(Ask(R"({"request":"ps"})", 500, source).size(), 3U);
  EXPECT_EQ(Ask(R"({"request":"ps"})", 0, source).size(), 3U);
}

TEST(Admin, GivesTheStatisticsOfARunToItsUser) {
  FakeSource source;
  source.ended.Add(Record(1, 1000, "run", "ended"));
  source.sessions = {Record(1, 1000, "run", "ended"), Record(2, 1000, "run", "live")};
  const auto answer = Ask(R"({"request":"stats","run_id":"run"})", 1000, source);
  ASSERT_EQ(answer.size(), 3U);
  EXPECT_EQ(answer[0]["state"], "ended");
  EXPECT_EQ(answer[1]["state"], "live");
  EXPECT_EQ(Ask(R"({"request":"stats","run_id":"run"})", 1001, source).size(), 1U);
  EXPECT_EQ(Ask(R"({"request":"stats","run_id":""})", 0, source).size(), 1U);
}

TEST(Admin, LongAnswersComeInParts) {
  FakeSource source;
  for (std::uint64_t i = 0; i < 1000; ++i) source.sessions.push_back(Record(i, 0, "", "live"));
  std::size_t lines = 0;
  std::size_t answers = 0;
  Json next = 0;
  while (!next.is_null()) {
    const auto answer = Ask(R"({"request":"ps","from":)" + next.dump() + "}", 0, source);
    EXPECT_LE(answer.size(), kAnswerLinesMax + 1);
    lines += answer.size() - 1;
    next = answer.back()["next"];
    ++answers;
  }
  EXPECT_EQ(lines, 1000U);
  EXPECT_GT(answers, 1U);
}

TEST(Admin, StopsForItsOwnerOnly) {
  FakeSource source;
  EXPECT_TRUE(Ask(R"({"request":"shutdown"})", 1000, source)[0].contains("error"));
  EXPECT_EQ(source.stopped, "");
  EXPECT_TRUE(Ask(R"({"request":"shutdown"})", 500, source)[0].contains("end"));
  EXPECT_EQ(source.stopped, "stopped by user 500");
}

TEST(Admin, NonsenseGetsAnError) {
  FakeSource source;
  for (const char* text : {"", "{", "[]", "{}", R"({"request":1})", R"({"request":"reboot"})",
                           R"({"request":"ps","from":-1})", R"({"request":"stats","run_id":{}})"}) {
    EXPECT_TRUE(Ask(text, 0, source)[0].contains("error")) << text;
  }
}

}  // namespace
}  // namespace ava::control
