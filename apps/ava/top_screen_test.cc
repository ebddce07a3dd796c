// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/top_screen.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

Json Session(int number, unsigned uid, double device_s, int launches) {
  return {{"session", number},           {"uid", uid},
          {"pid", 1000 + number},        {"state", "live"},
          {"device_seconds", device_s},  {"calls", launches},
          {"local_calls", 3 * launches}, {"launches", launches},
          {"memory_bytes", 3 << 20}};
}

TEST(Top, ShowsWhatWasUsedBetweenTwoMoments) {
  const Json policy = {{"policy", "fair"},
                       {"device_units", 2},
                       {"tenants", {{{"user", 4000000001U}, {"weight", 9.0}}}}};
  const Json first = {Session(1, 4000000001U, 5, 100), Session(2, 4000000002U, 1, 50)};
  const Json second = {Session(1, 4000000001U, 6, 150), Session(2, 4000000002U, 1, 50),
                       Session(3, 4000000002U, 3, 20)};
  const std::string text = DescribeTop({10, first, policy}, {12, second, policy});
  EXPECT_NE(text.find("policy fair, 3 sessions of 2 tenants, 100.0 % of the device used"),
            std::string::npos)
      << text;
  // The one that used more comes first; one that has just come is counted from its beginning.
  const std::size_t more = text.find("4000000002");
  const std::size_t less = text.find("4000000001");
  EXPECT_LT(more, less) << text;
  EXPECT_NE(
      text.find(
          "4000000002                               75.0    1.00        10         40      6.0"),
      std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          "4000000001                               25.0    9.00        25        100      3.0"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("                   3     1003 live       75.0"), std::string::npos) << text;
}

TEST(Top, SaysThatNobodyIsThere) {
  const Json policy = {{"policy", "none"}, {"device_units", 4}, {"tenants", Json::array()}};
  const Json nobody = Json::array();
  EXPECT_EQ(DescribeTop({1, nobody, policy}, {2, nobody, policy})
                .find("policy none, 0 sessions of 0 tenants, 0.0 % of the device used"),
            0U);
}

}  // namespace
}  // namespace ava::cli
