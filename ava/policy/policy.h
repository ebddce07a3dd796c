// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who may give the device work now? A policy answers that from a view of all sessions, up to
// a thousand times a second (ava/policy/schedule.h). Policies are pure: all they know is in the
// view, and all that they remember they keep in its tags. One file each.
//
// Device time is in nanoseconds of one execution unit: on a CPU device of two cores, one second of
// the whole device is two seconds of device time.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ava::policy {

// What an operator says of a tenant.
struct TenantRules {
  double weight = 1;  // its share is weight / the sum of the weights of those that want the device
  int priority = 0;   // the larger goes first, under the policy "priority"
  double cap = 0;     // at most this part of the whole device, also when it is alone; 0: all
  double commands_per_second = 0;  // 0: any number
  double command_burst = 1;        // commands at once, after a pause

  bool operator==(const TenantRules&) const = default;
};

struct TenantView {
  TenantRules rules;
  bool wants = false;       // one of its sessions does
  double used_ns = 0;       // since the last decision
  double tag = 0;           // the policy's
  double session_base = 0;  // likewise: where the tags of its sessions begin
};

struct SessionView {
  std::size_t tenant = 0;  // index
  bool wants = false;      // it uses the device, or waits for it
  double used_ns = 0;      // since the last decision
  std::int64_t wanting_since_ns = 0;
  double tag = 0;       // the policy's
  bool may_run = true;  // the decision, also for those that do not want anything now
};

struct View {
  std::span<TenantView> tenants;
  std::span<SessionView> sessions;
  double quantum_ns = 0;   // how far one may run ahead of another
  double tenant_base = 0;  // the policy's: where the tags of new ones begin
};

using Decide = void (*)(View& view);

// Shares by weight among tenants, equal shares among a tenant's sessions. What somebody does not
// use, others do.
void DecideFair(View& view);
// Only the tenants of the highest priority among those that want; shares by weight among these.
void DecidePriority(View& view);
// One session at a time, the one that has wanted longest, until it stops wanting. The first work of
// one that comes may overlap the last of another.
void DecideFifo(View& view);
// Everybody, always. Caps and rates hold.
void DecideNone(View& view);

struct Policy {
  std::string_view name;
  Decide decide;
  // Nobody waits for the sake of a session that leaves the device idle.
  bool conserves_work;
};

// "fair", "priority", "fifo", "none".
std::span<const Policy> Policies();
const Policy* FindPolicy(std::string_view name);

}  // namespace ava::policy
