// SPDX-License-Identifier: Apache-2.0
#include "ava/control/warm_sessions.h"

#include <utility>

namespace ava::control {
namespace {

constexpr std::int64_t kWarmMax = 16;  // of all users together

}  // namespace

Session* FindWarm(const SessionMap& sessions, const Session::Guest& guest) {
  for (const auto& [id, session] : sessions) {
    if (!session->Fits(guest.peer, guest.hello)) continue;
    if (session->IsCurrent()) return session.get();
    session->End("the kernel cache has more by now");
  }
  return nullptr;
}

std::optional<Session::Guest> NextWarm(const SessionMap& sessions, const Session& last,
                                       const Config& config, std::int64_t free_users) {
  if (!last.was_live()) return std::nullopt;
  std::int64_t of_user = 0;
  std::int64_t all = 0;
  std::int64_t others = 0;
  for (const auto& [id, session] : sessions) {
    others += !session->is_warm() && !session->is_dead();
    if (!session->is_warm()) continue;
    ++all;
    of_user += session->tenant() == last.tenant();
  }
  if (of_user >= config.warm_per_user || all >= kWarmMax) return std::nullopt;
  if (free_users <= config.sessions_max - others) return std::nullopt;
  GuestHello hello;
  hello.api = last.hello().api;
  hello.digest = last.hello().digest;
  hello.functions = last.hello().functions;
  hello.environment = last.hello().environment;
  return Session::Guest{
      .session = 0, .peer = {.uid = last.tenant()}, .hello = std::move(hello), .connection = {}};
}

}  // namespace ava::control
