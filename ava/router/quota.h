// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much of a resource one session may hold, and its tenant's sessions together.
//
// Each session has a word in memory that all of the tenant's workers map. Take adds to its own word
// first and looks at the sum of all then: two that take at the same time see each other, at least
// one way round, so the sum of what was granted is never beyond the limit. Both may see each other,
// and step back: a few attempts later one of them has it. No lock is held that a killed worker
// could take with it, and a dead worker's share is one word, which the manager clears.

#include <cstdint>
#include <limits>
#include <span>

namespace ava::router {

class Quota {
 public:
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  struct Limits {
    std::uint64_t session = kNoLimit;
    std::uint64_t tenant = kNoLimit;
  };

  // No limits, nothing counted.
  Quota() = default;
  // Limits; without any, nothing is counted. `held`: a word for each session of the tenant, 8-byte
  // aligned, outlives the quota. `own` is the session's.
  Quota(const Limits& limits, std::span<std::uint64_t> held, std::size_t own);

  // Any thread. False: it would be beyond a limit, and nothing has changed.
  bool Take(std::uint64_t amount);
  // What was taken already, asked or not.
  void Add(std::uint64_t amount);
  void GiveBack(std::uint64_t amount);

  // The smaller of both: what a program is told that there is.
  std::uint64_t limit() const;

 private:
  bool TakeOwn(std::uint64_t amount);
  bool TenantHasRoom() const;

  Limits limits_;
  std::span<std::uint64_t> held_;
  std::uint64_t* own_ = nullptr;
};

}  // namespace ava::router
