// SPDX-License-Identifier: Apache-2.0
#pragma once

// The device's schedule: what a policy (policy.h) needs to know, from samples taken outside of the
// workers, and what follows from its decision for each session's lease. No clock, no memory shared
// with anybody: times are arguments, so that tests can play a device of their own.
//
//   parked     the session does nothing. It may begin at any time, and rings a bell when it does
//     |        down: Wake; up: it has used nothing for kParkAfterNs, and is not held back
//   watched    each Step looks at what it has used, and at whether it waits; now and then at the
//              parked, too, and one that uses the device without having rung is watched again
//
// A session wants the device while it uses it, and for a little longer; and while it waits, unless
// it may go on and does not. What a session says of itself (that it waits, how much it has
// submitted) is a claim: it can only cost the session that makes it.
//
// A session that has been closed for longer than its work in flight can explain, and still uses
// the device, is frozen until it may run again: its kernels are long, or it does not keep to its
// lease.
//
// One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ava/policy/policy.h"

namespace ava::policy {

using SessionId = std::uint64_t;
using TenantId = std::uint32_t;

struct Settings {
  const Policy* policy = nullptr;
  std::int64_t quantum_ns = 2'000'000;      // of the whole device
  std::int64_t in_flight_ns = 2'000'000;    // likewise: what may lie in the vendor's queues
  bool freeze = true;                       // a session that uses the device when it may not
  std::map<TenantId, TenantRules> tenants;  // those that are not named have TenantRules{}
};

// Of one session, at one moment.
struct Sample {
  std::int64_t device_ns = 0;   // used so far
  bool waits = false;           // it says: it waits for its turn, or for the device
  std::uint64_t submitted = 0;  // it says: commands so far
};

struct LeaseTerms {
  bool open = true;
  bool parked = true;
  bool frozen = false;         // it goes on using the device although it may not: stop its process
  std::int64_t window_ns = 0;  // device time
  std::uint64_t units_least = 2;
  std::uint64_t commands_limit = 0;  // of all since the session began

  bool operator==(const LeaseTerms&) const = default;
};

class Schedule {
 public:
  // `units`: execution units of the device.
  Schedule(Settings settings, int units);

  // Sessions keep what they have used; the rest begins anew.
  void Change(Settings settings);

  // A new session is parked.
  void Add(SessionId session, TenantId tenant);
  void Remove(SessionId session);
  // It has rung its bell. What it has used before its first time does not count.
  void Wake(SessionId session, const Sample& sample, std::int64_t now_ns);

  // Of which Step wants samples now.
  std::vector<SessionId> ToLookAt(std::int64_t now_ns) const;
  // `samples` of those; `idle_ns`: device time that nobody has used, so far. Then
  // LeaseOf says what has come of it.
  void Step(const std::map<SessionId, Sample>& samples, std::int64_t idle_ns, std::int64_t now_ns);
  const LeaseTerms& LeaseOf(SessionId session) const { return sessions_.at(session).lease; }
  // When Step wants to be called again; nothing: when somebody wakes.
  std::optional<std::int64_t> NextStepNs() const;

  // Device time that the session has used since its first Wake, as of the last Step.
  std::int64_t UsedNs(SessionId session) const { return sessions_.at(session).used_ns; }

  // Commands that it says to have submitted, as far as that is believed.
  std::uint64_t SubmittedBy(SessionId session) const {
    return sessions_.at(session).last.submitted;
  }

 private:
  struct Tenant {
    TenantRules rules;
    double tag = 0;
    double cap_ns = 0;        // device time that it may use now, under its cap
    double commands = 0;      // likewise commands
    double session_base = 0;  // where the tags of its new sessions begin
    std::int64_t lazy_until_ns = 0;
    int sessions = 0;
    std::size_t turn = 0;  // whose it is to have what cannot be divided
  };
  struct Session {
    TenantId tenant = 0;
    double tag = 0;
    bool started = false;  // it was woken once
    std::int64_t used_ns = 0;
    Sample last;
    double step_ns = 0;  // used in the last step
    double step_commands = 0;
    bool wants = false;
    bool held = false;  // for others' sake, not by its own limits
    std::int64_t lazy_until_ns = 0;
    std::int64_t lazy_for_ns = 0;
    std::int64_t wanting_since_ns = 0;
    std::int64_t active_at_ns = 0;   // the last sign of it
    std::int64_t allowed_at_ns = 0;  // since when it may run; meaningful while it may
    std::int64_t closed_at_ns = 0;   // since when it may not; likewise
    LeaseTerms lease;
  };

  void TakeSamples(const std::map<SessionId, Sample>& samples, std::int64_t now_ns);
  static std::uint64_t CommandsSince(const Session& session, const Sample& now);
  void Forget();
  void Park(Session& session, std::int64_t now_ns) const;
  void FindTheLazy(std::int64_t idle_ns, std::int64_t now_ns);
  void Refill(std::int64_t elapsed_ns);
  void Decide(std::int64_t now_ns);
  bool MustFreeze(const Session& session, std::int64_t now_ns) const;
  void SetLease(Session& session, bool may_run, bool contended, std::int64_t now_ns);
  void ShareCommands();
  static bool IsCapped(const Tenant& tenant) { return tenant.rules.cap > 0 && tenant.cap_ns <= 0; }
  bool IsLimited() const;
  TenantRules RulesOf(TenantId tenant) const;
  double DeviceNs(std::int64_t wall_ns) const { return static_cast<double>(wall_ns) * units_; }

  Settings settings_;
  const double units_;
  std::map<TenantId, Tenant> tenants_;
  std::map<SessionId, Session> sessions_;
  double tenant_base_ = 0;
  std::int64_t stepped_at_ns_ = 0;
  std::int64_t looked_at_all_ns_ = 0;
  std::optional<std::int64_t> next_step_ns_;
  // While somebody waits for others' sake.
  double held_wall_ns_ = 0;
  double held_idle_ns_ = 0;
  std::int64_t idle_ns_ = 0;
};

}  // namespace ava::policy
