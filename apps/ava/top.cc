// SPDX-License-Identifier: Apache-2.0
#include "apps/ava/top.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "apps/ava/manage.h"
#include "apps/ava/top_screen.h"
#include "ava/base/clock.h"

namespace ava::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMicrosecondsPerSecond = 1e6;
constexpr const char* kClearScreen = "\033[H\033[2J";

}  // namespace

int Top(const Context& context, const TopOptions& options) {
  struct Moment {
    double time_s = 0;
    Json sessions;
    Json policy;
  };
  const auto look = [&]() -> Result<Moment> {
    Moment moment;
    moment.time_s =
        static_cast<double>(MonotonicNanoseconds()) / static_cast<double>(kNanosecondsPerSecond);
    moment.sessions = AVA_TRY(AskManager(context, "ps"));
    moment.policy = AVA_TRY(AskManager(context, "policy"))[0];
    return moment;
  };
  auto before = look();
  for (int round = 0; before.has_value(); ++round) {
    if (options.rounds != 0 && round == options.rounds) return 0;
    usleep(static_cast<useconds_t>(options.interval_s * kMicrosecondsPerSecond));
    auto now = look();
    if (!now.has_value()) return Complain("top", now.error());
    if (isatty(STDOUT_FILENO) != 0) std::fputs(kClearScreen, stdout);
    std::fputs(DescribeTop({before->time_s, before->sessions, before->policy},
                           {now->time_s, now->sessions, now->policy})
                   .c_str(),
               stdout);
    std::fflush(stdout);
    before = std::move(now);
  }
  return Complain("top", before.error());
}

}  // namespace ava::cli
