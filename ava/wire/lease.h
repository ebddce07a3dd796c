// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lease of one session: whether its worker may give the device work now, and how much. One
// memfd per session, made by the manager, who alone can write it: it is sealed against that once
// the manager has mapped it. Mapped by the worker to read, never by the guest.
//
//      0  +------------------------+
//         | magic, version         |  constant
//     64  +------------------------+
//         | state                  |  bit 0: may submit; the rest counts changes. A futex.
//         | parked                 |  not 0: ring the doorbell before submitting
//         | window_ns, units_least |  how much work may lie in the vendor's queues
//         | commands_limit         |  how many commands may be submitted in all
//    128  +------------------------+
//
// A worker that is not itself any more can ignore all this, but it cannot write it, and what it
// then takes of the device is measured from outside (ava/control/device_scheduler.h). No word
// guards another: the manager writes the others before it changes `state`, and a worker that has
// seen an old one sees the new one when it is woken.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ava::wire {

inline constexpr std::uint32_t kLeaseMagic = 0x53417641;  // "AvAS"
inline constexpr std::uint32_t kLeaseVersion = 1;
inline constexpr std::uint32_t kLeaseOpen = 1;     // in `state`
inline constexpr std::uint32_t kLeaseChanged = 2;  // added to it with each change

struct Lease {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t reserved[14];

  alignas(64) std::atomic<std::uint32_t> state;
  std::atomic<std::uint32_t> parked;
  std::atomic<std::uint64_t> window_ns;       // device time, estimated
  std::atomic<std::uint64_t> units_least;     // commands that are admitted however long they take
  std::atomic<std::uint64_t> commands_limit;  // since the session began
  std::uint64_t reserved_too[4];
};
static_assert(sizeof(Lease) == 128 && offsetof(Lease, state) == 64);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace ava::wire
