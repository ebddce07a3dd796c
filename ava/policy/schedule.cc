// SPDX-License-Identifier: Apache-2.0
#include "ava/policy/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ava::policy {
namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;
// Steps follow each other so fast while sessions compete or have limits, and so slowly while one is
// alone.
constexpr std::int64_t kStepNs = kMillisecondNs;
constexpr std::int64_t kStepPerSessionNs = 50'000;  // a step takes a hundredth of this
constexpr std::int64_t kAloneStepNs = 20 * kMillisecondNs;
constexpr std::int64_t kParkAfterNs = 100 * kMillisecondNs;
// One that is alone may have so many times more in flight.
constexpr std::int64_t kAloneWindows = 8;
// So often those that are parked are looked at, too, while others are watched; and so often if
// nobody is, for the sake of caps.
constexpr std::int64_t kAllNs = 20 * kMillisecondNs;
constexpr std::int64_t kLimitedStepNs = 100 * kMillisecondNs;
// What one that is parked may use without being watched again.
constexpr std::int64_t kUnnoticedNs = kMillisecondNs;
// A pause of this length between two commands is none.
constexpr std::int64_t kLingerNs = 2 * kMillisecondNs;
// One that says that it waits, although it may go on, is believed for so long since it was last
// seen to use the device: others' threads may keep its own from the processors.
constexpr std::int64_t kBeliefNs = 20 * kMillisecondNs;
// Of one unit's time: who uses less is not using the device.
constexpr double kUsingPart = 0.05;
// While somebody waits, those for whose sake must not leave so much of the device idle; or nobody
// waits for them for a while.
constexpr double kIdlePart = 0.4;
constexpr std::int64_t kLazyAfterNs = 250 * kMillisecondNs;
constexpr std::int64_t kLazyForNs = 250 * kMillisecondNs;  // the first time; then twice as long
constexpr std::int64_t kLazyForMostNs = 16000 * kMillisecondNs;
// How long work in flight may go on: this, or so many times what may be there, since others share
// the device with it; and how much of a unit's time is none of that.
constexpr std::int64_t kGraceLeastNs = 10 * kMillisecondNs;
constexpr std::int64_t kGraceWindows = 5;
constexpr double kFreezePart = 0.2;
// What a capped tenant may use at once after a pause.
constexpr std::int64_t kCapBurstNs = 10 * kMillisecondNs;
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Schedule::Schedule(Settings settings, int units)
    : settings_(std::move(settings)), units_(std::max(units, 1)) {}

TenantRules Schedule::RulesOf(TenantId tenant) const {
  const auto found = settings_.tenants.find(tenant);
  return found == settings_.tenants.end() ? TenantRules{} : found->second;
}

void Schedule::Change(Settings settings) {
  settings_ = std::move(settings);
  tenant_base_ = 0;
  for (auto& [id, tenant] : tenants_) {
    const int sessions = tenant.sessions;
    tenant = Tenant{.rules = RulesOf(id), .sessions = sessions};
    tenant.commands = tenant.rules.command_burst;
  }
  next_step_ns_ = 0;
}

void Schedule::Add(SessionId session, TenantId tenant) {
  const auto [at, is_new] = tenants_.try_emplace(tenant);
  Tenant& its = at->second;
  ++its.sessions;
  if (is_new) {
    its.rules = RulesOf(tenant);
    its.tag = tenant_base_;
    its.commands = its.rules.command_burst;
  }
  Session& added = sessions_[session];
  added = Session{};
  added.tenant = tenant;
  added.tag = its.session_base;
  SetLease(added, true, false, 0);
  // With a rate, the first command waits for a step.
  added.lease.commands_limit = its.rules.commands_per_second > 0 ? 0 : kNoLimit;
}

// A tenant that has used too much is remembered, lest it begin anew: Forget.
void Schedule::Remove(SessionId session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  --tenants_.at(found->second.tenant).sessions;
  sessions_.erase(found);
  Forget();
}

void Schedule::Forget() {
  std::erase_if(tenants_, [this](const auto& entry) {
    const Tenant& tenant = entry.second;
    const bool is_full = tenant.cap_ns >= 0 && (tenant.rules.commands_per_second <= 0 ||
                                                tenant.commands >= tenant.rules.command_burst);
    return tenant.sessions == 0 && tenant.tag <= tenant_base_ && is_full;
  });
}

void Schedule::Wake(SessionId id, const Sample& sample, std::int64_t now_ns) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || !found->second.lease.parked) return;
  Session& session = found->second;
  if (!std::exchange(session.started, true)) session.last.device_ns = sample.device_ns;
  session.lease.parked = false;
  session.active_at_ns = now_ns;
  next_step_ns_ = now_ns;
}

std::vector<SessionId> Schedule::ToLookAt(std::int64_t now_ns) const {
  const bool all = now_ns - looked_at_all_ns_ >= kAllNs;
  std::vector<SessionId> chosen;
  for (const auto& [id, session] : sessions_) {
    if (!session.lease.parked || (all && session.started)) chosen.push_back(id);
  }
  return chosen;
}

void Schedule::Step(const std::map<SessionId, Sample>& samples, std::int64_t idle_ns,
                    std::int64_t now_ns) {
  const std::int64_t elapsed_ns =
      stepped_at_ns_ == 0 ? kStepNs : std::max<std::int64_t>(now_ns - stepped_at_ns_, 1);
  TakeSamples(samples, now_ns);
  Refill(elapsed_ns);
  FindTheLazy(idle_ns, now_ns);
  Decide(now_ns);
  ShareCommands();
  Forget();
  stepped_at_ns_ = now_ns;
  if (now_ns - looked_at_all_ns_ >= kAllNs) looked_at_all_ns_ = now_ns;
  std::size_t watched = 0;
  for (const auto& [id, session] : sessions_) watched += !session.lease.parked;
  next_step_ns_.reset();
  if (watched == 0) {
    if (IsLimited()) next_step_ns_ = now_ns + kLimitedStepNs;
    return;
  }
  const std::int64_t busy_ns =
      std::max(kStepNs, static_cast<std::int64_t>(watched) * kStepPerSessionNs);
  next_step_ns_ = now_ns + (watched > 1 || IsLimited() ? busy_ns : kAloneStepNs);
}

std::optional<std::int64_t> Schedule::NextStepNs() const { return next_step_ns_; }

void Schedule::TakeSamples(const std::map<SessionId, Sample>& samples, std::int64_t now_ns) {
  const auto elapsed = static_cast<double>(std::max<std::int64_t>(now_ns - stepped_at_ns_, 1));
  for (auto& [id, session] : sessions_) {
    const auto sample = samples.find(id);
    session.step_ns = session.step_commands = 0;
    if (sample == samples.end()) {
      session.wants = false;
      continue;
    }
    const std::int64_t used =
        std::max<std::int64_t>(sample->second.device_ns - session.last.device_ns, 0);
    session.used_ns += used;
    session.step_ns = static_cast<double>(used);
    const std::uint64_t commands = CommandsSince(session, sample->second);
    session.step_commands = static_cast<double>(commands);
    const std::uint64_t submitted = session.last.submitted + commands;
    session.last = sample->second;
    session.last.submitted = submitted;
    if (session.lease.parked) {
      // Work that waited for something has begun, or it does not ring.
      if (used < kUnnoticedNs) continue;
      session.lease.parked = false;
    }
    const bool uses = session.step_ns >= kUsingPart * elapsed;
    if (uses) session.active_at_ns = now_ns;
    const std::int64_t sign_ns = std::max(session.active_at_ns, session.allowed_at_ns);
    const bool waits =
        session.lease.frozen ||
        (session.last.waits && (!session.lease.open || now_ns - sign_ns < kBeliefNs));
    const bool wants = waits || now_ns - session.active_at_ns < kLingerNs;
    if (wants && !session.wants) session.wanting_since_ns = now_ns;
    session.wants = wants;
    if (commands != 0) session.active_at_ns = std::max(session.active_at_ns, now_ns - kLingerNs);
    const bool is_held = !session.lease.open || submitted >= session.lease.commands_limit;
    if (!is_held && now_ns - session.active_at_ns > kParkAfterNs) Park(session, now_ns);
  }
}

// What it says, as far as that can be: not less than before, and not more than it may.
std::uint64_t Schedule::CommandsSince(const Session& session, const Sample& now) {
  const std::uint64_t before = session.last.submitted;
  const std::uint64_t most = std::max(session.lease.commands_limit, before);
  return std::clamp(now.submitted, before, most) - before;
}

void Schedule::Park(Session& session, std::int64_t now_ns) const {
  session.wants = false;
  session.lease.parked = true;
  if (!std::exchange(session.lease.open, true)) session.allowed_at_ns = now_ns;
}

// Caps and rates: what has been used is taken, what time brings is added.
void Schedule::Refill(std::int64_t elapsed_ns) {
  for (const auto& [id, session] : sessions_) {
    Tenant& tenant = tenants_.at(session.tenant);
    tenant.cap_ns -= session.step_ns;
    tenant.commands -= session.step_commands;
  }
  for (auto& [id, tenant] : tenants_) {
    const double most = DeviceNs(kCapBurstNs) * tenant.rules.cap;
    tenant.cap_ns = std::min(tenant.cap_ns + DeviceNs(elapsed_ns) * tenant.rules.cap, most);
    if (tenant.rules.cap <= 0) tenant.cap_ns = 0;
    const double brought = tenant.rules.commands_per_second * static_cast<double>(elapsed_ns) / 1e9;
    tenant.commands = std::min(tenant.commands + brought, tenant.rules.command_burst);
    if (tenant.rules.commands_per_second <= 0) tenant.commands = 0;
  }
}

// Somebody waits while those who may run leave much of the device idle: they cannot use more, and
// are not waited for.
void Schedule::FindTheLazy(std::int64_t idle_ns, std::int64_t now_ns) {
  const auto idle = static_cast<double>(idle_ns - std::exchange(idle_ns_, idle_ns));
  const bool somebody_waits = std::ranges::any_of(
      sessions_, [](const auto& entry) { return entry.second.wants && entry.second.held; });
  if (!somebody_waits || stepped_at_ns_ == 0) return;
  held_wall_ns_ += static_cast<double>(now_ns - stepped_at_ns_);
  held_idle_ns_ += idle;
  if (held_wall_ns_ < kLazyAfterNs) return;
  const bool lazy = held_idle_ns_ > kIdlePart * units_ * held_wall_ns_;
  for (auto& [id, session] : sessions_) {
    if (!session.wants || !session.lease.open) continue;
    if (!lazy) {
      session.lazy_for_ns = 0;
      continue;
    }
    session.lazy_for_ns = std::clamp(2 * session.lazy_for_ns, kLazyForNs, kLazyForMostNs);
    session.lazy_until_ns = now_ns + session.lazy_for_ns;
    tenants_.at(session.tenant).lazy_until_ns = session.lazy_until_ns;
  }
  held_wall_ns_ = held_idle_ns_ = 0;
}

void Schedule::Decide(std::int64_t now_ns) {
  std::vector<TenantView> tenants;
  std::map<TenantId, std::size_t> places;
  for (const auto& [id, tenant] : tenants_) {
    places[id] = tenants.size();
    tenants.push_back(
        {.rules = tenant.rules, .tag = tenant.tag, .session_base = tenant.session_base});
  }
  const bool conserves = settings_.policy->conserves_work;
  std::vector<SessionView> sessions;
  std::size_t watched = 0;
  for (auto& [id, session] : sessions_) {
    const Tenant& tenant = tenants_.at(session.tenant);
    const bool waited_for = !conserves || now_ns >= session.lazy_until_ns;
    const bool wants = session.wants && waited_for && !IsCapped(tenant);
    const std::size_t place = places.at(session.tenant);
    const bool tenant_waited_for = !conserves || now_ns >= tenant.lazy_until_ns;
    tenants[place].wants = tenants[place].wants || (wants && tenant_waited_for);
    tenants[place].used_ns += session.step_ns;
    sessions.push_back({.tenant = place,
                        .wants = wants,
                        .used_ns = session.step_ns,
                        .wanting_since_ns = session.wanting_since_ns,
                        .tag = session.tag});
    watched += !session.lease.parked;
  }
  View view{.tenants = tenants,
            .sessions = sessions,
            .quantum_ns = DeviceNs(settings_.quantum_ns),
            .tenant_base = tenant_base_};
  settings_.policy->decide(view);
  tenant_base_ = view.tenant_base;
  for (auto& [id, tenant] : tenants_) {
    tenant.tag = tenants[places.at(id)].tag;
    tenant.session_base = tenants[places.at(id)].session_base;
  }
  std::size_t at = 0;
  for (auto& [id, session] : sessions_) {
    const SessionView& decided = sessions[at++];
    const Tenant& tenant = tenants_.at(session.tenant);
    session.tag = decided.tag;
    session.held = !decided.may_run;
    const std::size_t others = watched - (session.lease.parked ? 0 : 1);
    SetLease(session, decided.may_run && !IsCapped(tenant), others > 0 || tenant.rules.cap > 0,
             now_ns);
  }
}

bool Schedule::MustFreeze(const Session& session, std::int64_t now_ns) const {
  const LeaseTerms& lease = session.lease;
  if (lease.open || lease.parked || !settings_.freeze) return false;
  if (lease.frozen) return true;
  const std::int64_t grace_ns = std::max(kGraceLeastNs, kGraceWindows * settings_.in_flight_ns);
  const auto elapsed = static_cast<double>(now_ns - stepped_at_ns_);
  return now_ns - session.closed_at_ns > grace_ns && session.step_ns > kFreezePart * elapsed;
}

void Schedule::SetLease(Session& session, bool may_run, bool contended, std::int64_t now_ns) {
  LeaseTerms& lease = session.lease;
  const bool open = may_run || lease.parked;
  if (open && !lease.open) session.allowed_at_ns = now_ns;
  if (!open && lease.open) session.closed_at_ns = now_ns;
  lease.open = open;
  lease.frozen = MustFreeze(session, now_ns);
  const double window = DeviceNs(settings_.in_flight_ns) * (contended ? 1 : kAloneWindows);
  lease.window_ns = static_cast<std::int64_t>(window);
  lease.units_least = contended ? 1 : 2;
}

// A tenant's commands go to those of its sessions that wait, or else to all, in equal parts; what
// cannot be divided, in turn.
void Schedule::ShareCommands() {
  std::map<TenantId, std::vector<Session*>> waiting;
  std::map<TenantId, std::vector<Session*>> all;
  for (auto& [id, session] : sessions_) {
    session.lease.commands_limit = kNoLimit;
    if (tenants_.at(session.tenant).rules.commands_per_second <= 0) continue;
    session.lease.commands_limit = session.last.submitted;
    all[session.tenant].push_back(&session);
    if (session.last.waits) waiting[session.tenant].push_back(&session);
  }
  for (const auto& [id, everybody] : all) {
    const std::vector<Session*>& takers = waiting.contains(id) ? waiting.at(id) : everybody;
    Tenant& tenant = tenants_.at(id);
    const auto there = static_cast<std::uint64_t>(std::max(tenant.commands, 0.0));
    if (there != 0) ++tenant.turn;
    for (std::size_t i = 0; i < takers.size(); ++i) {
      const bool more = (i + tenant.turn) % takers.size() < there % takers.size();
      takers[i]->lease.commands_limit += there / takers.size() + (more ? 1 : 0);
    }
  }
}

bool Schedule::IsLimited() const {
  return std::ranges::any_of(sessions_, [this](const auto& entry) {
    const TenantRules& rules = tenants_.at(entry.second.tenant).rules;
    return entry.second.started && (rules.cap > 0 || rules.commands_per_second > 0);
  });
}

}  // namespace ava::policy
