// SPDX-License-Identifier: Apache-2.0
#include "ava/router/quota.h"

#include <sched.h>

#include <algorithm>
#include <atomic>

namespace ava::router {
namespace {

// How often two that met on their way step back before one of them is told that there is no room.
constexpr int kAttempts = 16;

std::uint64_t SumCapped(std::uint64_t a, std::uint64_t b) {
  return a > Quota::kNoLimit - b ? Quota::kNoLimit : a + b;
}

}  // namespace

Quota::Quota(const Limits& limits, std::span<std::uint64_t> held, std::size_t own)
    : limits_(limits), held_(held), own_(limit() == kNoLimit ? nullptr : &held[own]) {}

bool Quota::Take(std::uint64_t amount) {
  if (own_ == nullptr) return true;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!TakeOwn(amount)) return false;
    if (TenantHasRoom()) return true;
    GiveBack(amount);
    sched_yield();
  }
  return false;
}

bool Quota::TakeOwn(std::uint64_t amount) {
  const std::atomic_ref own(*own_);
  std::uint64_t before = own.load();
  do {
    const std::uint64_t after = SumCapped(before, amount);
    if (after == kNoLimit || after > limits_.session) return false;
  } while (!own.compare_exchange_weak(before, before + amount));
  return true;
}

bool Quota::TenantHasRoom() const {
  if (limits_.tenant == kNoLimit) return true;
  std::uint64_t sum = 0;
  for (std::uint64_t& one : held_) sum = SumCapped(sum, std::atomic_ref(one).load());
  return sum <= limits_.tenant;
}

void Quota::Add(std::uint64_t amount) {
  if (own_ != nullptr) std::atomic_ref(*own_).fetch_add(amount);
}

void Quota::GiveBack(std::uint64_t amount) {
  if (own_ != nullptr) std::atomic_ref(*own_).fetch_sub(amount);
}

std::uint64_t Quota::limit() const { return std::min(limits_.session, limits_.tenant); }

}  // namespace ava::router
