// SPDX-License-Identifier: Apache-2.0
//
// Start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996) by measured device time: a tenant's
// tag is what it has used, divided by its weight. Among those that want the device, nobody runs
// further ahead of the last than the quantum. Who comes back begins where the last one is: what it
// has not used is gone. What it has used too much is not, as long as others want.

#include "ava/policy/fair.h"

#include <algorithm>
#include <limits>

namespace ava::policy {
namespace {

constexpr double kNobody = std::numeric_limits<double>::infinity();

void ShareAmongSessions(View& view, std::size_t tenant) {
  double base = kNobody;
  for (SessionView& session : view.sessions) {
    if (session.tenant != tenant) continue;
    session.tag += session.used_ns;
    if (session.wants) base = std::min(base, session.tag);
  }
  double& lowest = view.tenants[tenant].session_base;
  if (base != kNobody) lowest = std::max(lowest, base);
  for (SessionView& session : view.sessions) {
    if (session.tenant != tenant) continue;
    session.tag = std::max(session.tag, view.tenants[tenant].session_base);
    session.may_run = session.tag <= base + view.quantum_ns;  // of nobody: always
  }
}

}  // namespace

void ShareFairly(View& view, const std::function<bool(const TenantView&)>& takes_part) {
  double base = kNobody;
  for (TenantView& tenant : view.tenants) {
    tenant.tag += tenant.used_ns / tenant.rules.weight;
    if (tenant.wants && takes_part(tenant)) base = std::min(base, tenant.tag);
  }
  if (base != kNobody) view.tenant_base = std::max(view.tenant_base, base);
  for (std::size_t i = 0; i < view.tenants.size(); ++i) {
    TenantView& tenant = view.tenants[i];
    tenant.tag = std::max(tenant.tag, view.tenant_base);
    ShareAmongSessions(view, i);
    const bool ahead = base != kNobody && tenant.tag > base + view.quantum_ns / tenant.rules.weight;
    if (takes_part(tenant) && !ahead) continue;
    for (SessionView& session : view.sessions) {
      if (session.tenant == i) session.may_run = false;
    }
  }
}

void DecideFair(View& view) {
  ShareFairly(view, [](const TenantView&) { return true; });
}

}  // namespace ava::policy
