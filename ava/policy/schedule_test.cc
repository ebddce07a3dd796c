// SPDX-License-Identifier: Apache-2.0
#include "ava/policy/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace ava::policy {
namespace {

constexpr std::int64_t kUs = 1'000;
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

// A simulated device: kernels of all sessions that have some share it equally, each may use all
// units, as threads of several processes share a processor. A session submits while its lease is
// open, up to its window; a closed-loop one submits the next kernel when the last is through and
// its pause is over.
class Device {
 public:
  struct Load {
    TenantId tenant = 0;
    double kernel_ns = 2e6;     // of device time
    std::int64_t pause_ns = 0;  // the program's own time between two kernels
    bool queues = true;         // gives more before the last is through
    double units = 2;           // how many units one kernel can use
    bool ignores_lease = false;
    std::int64_t from_ns = 0;
    std::int64_t until_ns = INT64_MAX;
  };

  Device(Settings settings, double units)
      : schedule(std::move(settings), static_cast<int>(units)), units_(units) {}

  void Add(const Load& load) {
    schedule.Add(sessions_.size(), load.tenant);
    sessions_.push_back({.load = load});
  }

  void Run(std::int64_t nanoseconds, const std::function<void()>& each_ms = [] {}) {
    constexpr std::int64_t kTick = 50 * kUs;
    for (const std::int64_t end = now_ns + nanoseconds; now_ns < end; now_ns += kTick) {
      for (std::size_t i = 0; i < sessions_.size(); ++i) Submit(i);
      Compute(kTick);
      if (schedule.NextStepNs() && now_ns >= *schedule.NextStepNs()) {
        std::map<SessionId, Sample> samples;
        for (const SessionId id : schedule.ToLookAt(now_ns)) samples[id] = SampleOf(id);
        schedule.Step(samples, static_cast<std::int64_t>(idle_ns_), now_ns);
        ++steps;
      }
      if (now_ns % kMs == 0) each_ms();
    }
  }

  double used(std::size_t session) const { return sessions_[session].used_ns; }
  std::uint64_t commands(std::size_t session) const { return sessions_[session].submitted; }
  double all() const {
    double sum = 0;
    for (const State& state : sessions_) sum += state.used_ns;
    return sum;
  }

  Schedule schedule;
  std::int64_t now_ns = kSecond;
  int steps = 0;

 private:
  struct State {
    Load load;
    double queued_ns = 0;  // given to the device, not computed yet
    double used_ns = 0;
    std::uint64_t submitted = 0;
    std::int64_t ready_at_ns = 0;
    bool waits = false;
  };

  Sample SampleOf(SessionId id) const {
    const State& state = sessions_[id];
    return {.device_ns = static_cast<std::int64_t>(state.used_ns),
            .waits = state.waits,
            .submitted = state.submitted};
  }

  void Submit(std::size_t id) {
    State& state = sessions_[id];
    state.waits = false;
    while (true) {
      const std::int64_t at = now_ns - kSecond;
      if (at < state.load.from_ns || at >= state.load.until_ns || now_ns < state.ready_at_ns)
        return;
      if (!state.load.queues && state.queued_ns > 0) return;
      const LeaseTerms& lease = schedule.LeaseOf(id);
      if (lease.parked) schedule.Wake(id, SampleOf(id), now_ns);
      const bool room = state.queued_ns == 0 || state.queued_ns + state.load.kernel_ns <=
                                                    static_cast<double>(lease.window_ns);
      if (state.load.ignores_lease && state.queued_ns == 0) {
        state.queued_ns = state.load.kernel_ns;
        return;
      }
      if (!lease.open || state.submitted >= lease.commands_limit || !room) {
        state.waits = true;
        return;
      }
      ++state.submitted;
      state.queued_ns += state.load.kernel_ns;
    }
  }

  void Compute(std::int64_t tick) {
    std::vector<State*> busy;
    for (std::size_t id = 0; id < sessions_.size(); ++id) {
      const bool runs = sessions_[id].queued_ns > 0 && !schedule.LeaseOf(id).frozen;
      if (runs) busy.push_back(&sessions_[id]);
    }
    double left = units_ * static_cast<double>(tick);
    std::ranges::sort(busy, {}, [](const State* state) { return state->load.units; });
    for (std::size_t i = 0; i < busy.size(); ++i) {
      State& state = *busy[i];
      const double share = left / static_cast<double>(busy.size() - i);
      const double done =
          std::min({share, state.queued_ns, state.load.units * static_cast<double>(tick)});
      left -= done;
      state.queued_ns -= done;
      state.used_ns += done;
      if (state.queued_ns <= 0) state.ready_at_ns = now_ns + tick + state.load.pause_ns;
    }
    idle_ns_ += left;
  }

  const double units_;
  double idle_ns_ = 0;
  std::vector<State> sessions_;
};

Settings With(std::string_view policy, std::map<TenantId, TenantRules> tenants = {}) {
  return {.policy = FindPolicy(policy), .tenants = std::move(tenants)};
}

// The largest deviation of session 0's share from `share` over any window, in percentage points.
double WorstWindow(Device& device, double share, std::int64_t window_ns, std::int64_t run_ns) {
  std::vector<std::pair<double, double>> history;
  device.Run(run_ns, [&] { history.emplace_back(device.used(0), device.all()); });
  double worst = 0;
  const auto length = static_cast<std::size_t>(window_ns / kMs);
  for (std::size_t i = length; i < history.size(); ++i) {
    const double mine = history[i].first - history[i - length].first;
    const double all = history[i].second - history[i - length].second;
    worst = std::max(worst, 100 * std::abs(mine / all - share));
  }
  return worst;
}

TEST(FairShare, HoldsOverAnySecond) {
  for (const auto& [mine, other] :
       {std::pair(1.0, 9.0), std::pair(5.0, 5.0), std::pair(1.0, 2.0)}) {
    Device device(With("fair", {{1, {.weight = mine}}, {2, {.weight = other}}}), 2);
    device.Add({.tenant = 1});
    device.Add({.tenant = 2});
    device.Run(kSecond / 2);
    EXPECT_LT(WorstWindow(device, mine / (mine + other), kSecond, 5 * kSecond), 2) << mine;
  }
}

TEST(FairShare, DoesNotDependOnHowLongKernelsAre) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1, .kernel_ns = 2e5});
  device.Add({.tenant = 2, .kernel_ns = 1e8});
  device.Run(20 * kSecond);
  // One of the long kernels, of 20 seconds of two units.
  EXPECT_NEAR(device.used(0) / device.all(), 0.5, 1e8 / 40e9 + 0.005);
}

// Kernels that cannot be taken back are stopped and go on: shares hold over any second for them,
// too.
TEST(FairShare, HoldsForLongKernels) {
  Device device(With("fair", {{1, {.weight = 1}}, {2, {.weight = 2}}}), 2);
  device.Add({.tenant = 1, .kernel_ns = 1e9});
  device.Add({.tenant = 2, .kernel_ns = 1e6});
  device.Run(kSecond / 2);
  EXPECT_LT(WorstWindow(device, 1.0 / 3, kSecond, 5 * kSecond), 2.5);
}

TEST(FairShare, HoldsAgainstOneThatIgnoresItsLease) {
  Device device(With("fair", {{1, {.weight = 1}}, {2, {.weight = 9}}}), 2);
  device.Add({.tenant = 1, .ignores_lease = true});
  device.Add({.tenant = 2});
  device.Run(kSecond);
  EXPECT_LT(WorstWindow(device, 0.1, kSecond, 5 * kSecond), 2.5);
}

TEST(Cap, HoldsForLongKernels) {
  Device device(With("fair", {{1, {.cap = 0.3}}}), 2);
  device.Add({.tenant = 1, .kernel_ns = 3e9});
  device.Run(10 * kSecond);
  EXPECT_NEAR(device.used(0) / 20e9, 0.3, 0.003);
}

TEST(FairShare, IsOfTenantsAndThenOfTheirSessions) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1});
  for (int i = 0; i < 3; ++i) device.Add({.tenant = 2});
  device.Run(10 * kSecond);
  EXPECT_NEAR(device.used(0) / device.all(), 0.5, 0.01);
  for (std::size_t i = 1; i <= 3; ++i) EXPECT_NEAR(device.used(i) / device.all(), 1.0 / 6, 0.01);
}

TEST(FairShare, OfSixteenIsASixteenth) {
  Device device(With("fair"), 2);
  for (TenantId tenant = 1; tenant <= 16; ++tenant) device.Add({.tenant = tenant});
  EXPECT_LT(WorstWindow(device, 1.0 / 16, kSecond, 5 * kSecond), 100.0 / 16 * 0.1);
}

TEST(FairShare, LeavesNothingIdle) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1});
  device.Add({.tenant = 2, .kernel_ns = 1e5, .pause_ns = 10 * kMs, .queues = false});
  device.Run(5 * kSecond);
  EXPECT_GT(device.all(), 0.97 * 10e9);
  EXPECT_GT(device.used(1), 0.9 * 1e5 * 5e9 / 10.2e6) << "it is not delayed much either";
}

TEST(FairShare, GivesTheRestToOthersWhenOneCannotUseIt) {
  Device device(With("fair", {{1, {.weight = 9}}}), 2);
  device.Add({.tenant = 1, .units = 1});
  device.Add({.tenant = 2, .units = 2});
  device.Run(10 * kSecond);
  EXPECT_GT(device.all(), 0.9 * 20e9);
  EXPECT_GT(device.used(0), 0.45 * 20e9) << "all that one unit can do";
}

TEST(FairShare, WaitsForOneThatComputesAgainAtOnce) {
  Device device(With("fair", {{1, {.weight = 9}}}), 2);
  device.Add({.tenant = 1, .pause_ns = 50 * kUs, .queues = false});
  device.Add({.tenant = 2});
  device.Run(10 * kSecond);
  EXPECT_GT(device.used(0) / device.all(), 0.85);
}

TEST(FairShare, IsForgottenWhileAloneAndNotSavedUp) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1});
  device.Add({.tenant = 2, .from_ns = 5 * kSecond});
  device.Run(5 * kSecond);
  const double before = device.used(0);
  device.Run(5 * kSecond);
  EXPECT_NEAR((device.used(0) - before) / 10e9, 0.5, 0.01);
}

TEST(Cap, HoldsWhenAlone) {
  Device device(With("fair", {{1, {.cap = 0.3}}}), 2);
  device.Add({.tenant = 1});
  device.Run(10 * kSecond);
  EXPECT_NEAR(device.used(0) / 20e9, 0.3, 0.003);
}

TEST(Cap, LeavesTheRestToOthers) {
  Device device(With("fair", {{1, {.cap = 0.2}}}), 2);
  device.Add({.tenant = 1});
  device.Add({.tenant = 2});
  device.Run(10 * kSecond);
  EXPECT_NEAR(device.used(0) / 20e9, 0.2, 0.01);
  EXPECT_GT(device.all(), 0.97 * 20e9);
}

TEST(Rate, HoldsWithinAHundredth) {
  for (const int sessions : {1, 3}) {
    Device device(With("none", {{1, {.commands_per_second = 200}}}), 2);
    for (int i = 0; i < sessions; ++i) device.Add({.tenant = 1, .kernel_ns = 1e5});
    device.Run(10 * kSecond);
    double commands = 0;
    for (int i = 0; i < sessions; ++i) {
      commands += static_cast<double>(device.commands(static_cast<std::size_t>(i)));
      EXPECT_GT(device.commands(static_cast<std::size_t>(i)), 2000.0 / sessions * 0.8);
    }
    EXPECT_NEAR(commands, 2000, 20) << sessions;
  }
}

TEST(Rate, HasABurstAfterAPause) {
  Device device(With("none", {{1, {.commands_per_second = 10, .command_burst = 50}}}), 2);
  device.Add({.tenant = 1, .kernel_ns = 1e4});
  device.Run(kSecond);
  EXPECT_NEAR(static_cast<double>(device.commands(0)), 60, 2);
}

TEST(Priority, IsStrictAndOfferedWhenIdle) {
  Device device(With("priority", {{1, {.priority = 1}}}), 2);
  device.Add({.tenant = 1, .until_ns = 2 * kSecond});
  device.Add({.tenant = 2});
  device.Run(2 * kSecond);
  EXPECT_GT(device.used(0), 0.98 * 4e9);
  device.Run(2 * kSecond);
  EXPECT_GT(device.used(1), 0.98 * 4e9);
}

TEST(Fifo, ServesOneAfterTheOther) {
  Device device(With("fifo"), 2);
  device.Add({.tenant = 1, .until_ns = kSecond});
  device.Add({.tenant = 2, .from_ns = 100 * kMs});
  device.Run(kSecond);
  EXPECT_LT(device.used(1), 2e7);
  device.Run(kSecond);
  EXPECT_GT(device.used(1), 0.95 * 2e9);
}

TEST(FairShare, OfANewSessionIsNotTakenFromItsTenantsOthers) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1, .until_ns = 10 * kSecond});
  device.Run(10 * kSecond);
  device.Add({.tenant = 1});
  device.Add({.tenant = 1});
  device.Run(2 * kSecond);
  EXPECT_NEAR(device.used(1), device.used(2), 5e7);
  Device again(With("fair"), 2);
  again.Add({.tenant = 1, .pause_ns = kSecond, .queues = false});
  again.Add({.tenant = 1, .from_ns = 5 * kSecond});
  again.Run(5 * kSecond);
  const double before = again.used(0);
  again.Run(5 * kSecond);
  EXPECT_GT(again.used(0) - before, 3 * 2e6) << "it goes on each time its pause is over";
}

TEST(FairShare, IsNotEvadedBySessionsThatTakeTurns) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1});
  constexpr int kSessions = 24;
  for (int i = 0; i < kSessions; ++i) {
    device.Add({.tenant = 2, .kernel_ns = 6e4, .pause_ns = 900 * kUs, .queues = false});
  }
  device.Run(10 * kSecond);
  EXPECT_GT(device.all(), 0.9 * 20e9);
}

// Work that a user event lets loose: it was given while nothing ran, and nothing rings when it
// begins.
TEST(Schedule, NoticesAParkedSessionThatUsesTheDevice) {
  Schedule schedule(With("fair", {{1, {.weight = 1}}, {2, {.weight = 9}}}), 2);
  schedule.Add(1, 1);
  schedule.Add(2, 2);
  std::int64_t now_ns = kSecond;
  std::map<SessionId, Sample> all = {{1, {.submitted = 1}}, {2, {.submitted = 1}}};
  for (const SessionId id : {1, 2}) schedule.Wake(id, all[id], now_ns);
  const auto step = [&](bool one, bool two) {
    now_ns += kMs;
    if (one && !schedule.LeaseOf(1).frozen) all[1].device_ns += kMs;
    if (two) all[2].device_ns += kMs;
    std::map<SessionId, Sample> samples;
    for (const SessionId id : schedule.ToLookAt(now_ns)) samples[id] = all[id];
    schedule.Step(samples, 0, now_ns);
  };
  for (int i = 0; i < 200; ++i) step(false, true);
  EXPECT_TRUE(schedule.LeaseOf(1).parked);
  const std::int64_t before = all[1].device_ns;
  for (int i = 0; i < 2000; ++i) step(true, true);
  EXPECT_LT(all[1].device_ns - before, 400 * kMs);
}

TEST(Rate, IsNotRenewedByANewSession) {
  Schedule schedule(With("none", {{1, {.commands_per_second = 1, .command_burst = 10}}}), 2);
  std::int64_t now_ns = kSecond;
  std::uint64_t passed = 0;
  for (SessionId id = 1; id <= 100; ++id) {
    schedule.Add(id, 1);
    std::uint64_t submitted = 0;
    for (int i = 0; i < 3; ++i, now_ns += kMs) {
      schedule.Wake(id, {.submitted = submitted}, now_ns);
      schedule.Step({{id, {.waits = true, .submitted = submitted}}}, 0, now_ns);
      submitted = schedule.LeaseOf(id).commands_limit;
    }
    schedule.Step({{id, {.submitted = submitted}}}, 0, now_ns);
    passed += submitted;
    schedule.Remove(id);
  }
  EXPECT_LE(passed, 12U);
}

TEST(Rate, IsNotSpoiledByAFalseCount) {
  Schedule schedule(With("none", {{1, {.commands_per_second = 100, .command_burst = 10}}}), 2);
  std::int64_t now_ns = kSecond;
  for (const SessionId id : {1, 2}) {
    schedule.Add(id, 1);
    schedule.Wake(id, {}, now_ns);
  }
  std::uint64_t honest = 0;
  for (int i = 0; i < 1000; ++i, now_ns += kMs) {
    const std::uint64_t claim = i % 2 == 0 ? UINT64_MAX : 0;
    schedule.Step(
        {{1, {.waits = true, .submitted = claim}}, {2, {.waits = true, .submitted = honest}}}, 0,
        now_ns);
    honest = schedule.LeaseOf(2).commands_limit;
  }
  EXPECT_GT(honest, 40U) << "about half of what the tenant may";
}

TEST(Schedule, SleepsWhenNobodyDoesAnything) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1, .until_ns = 100 * kMs});
  device.Add({.tenant = 2, .from_ns = INT64_MAX});
  device.Run(kSecond);
  EXPECT_FALSE(device.schedule.NextStepNs().has_value());
  EXPECT_LT(device.steps, 20) << "one alone is looked at now and then";
}

TEST(Schedule, DoesNotBelieveOneThatSaysItWaitsAndMayGoOn) {
  Schedule schedule(With("fair"), 2);
  schedule.Add(1, 1);
  schedule.Add(2, 2);
  std::int64_t now_ns = kSecond;
  std::map<SessionId, Sample> samples = {{1, {.waits = true}}, {2, {}}};
  for (const SessionId id : {1, 2}) schedule.Wake(id, samples[id], now_ns);
  int closed = 0;
  for (int i = 0; i < 1000; ++i) {
    now_ns += kMs;
    samples[2].device_ns += 2 * kMs;
    samples[2].waits = !schedule.LeaseOf(2).open;
    schedule.Step(samples, 0, now_ns);
    closed += !schedule.LeaseOf(2).open;
  }
  EXPECT_LT(closed, 50);
}

TEST(Schedule, KeepsWhatSessionsHaveUsedWhenSettingsChange) {
  Device device(With("fair"), 2);
  device.Add({.tenant = 1});
  device.Add({.tenant = 2});
  device.Run(kSecond);
  const std::int64_t used = device.schedule.UsedNs(0);
  EXPECT_GT(used, 900 * kMs);
  device.schedule.Change(With("fair", {{1, {.weight = 3}}}));
  EXPECT_EQ(device.schedule.UsedNs(0), used);
  const double before = device.used(0);
  device.Run(4 * kSecond);
  EXPECT_NEAR((device.used(0) - before) / 8e9, 0.75, 0.02);
}

}  // namespace
}  // namespace ava::policy
