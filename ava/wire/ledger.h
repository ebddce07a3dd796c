// SPDX-License-Identifier: Apache-2.0
#pragma once

// The ledger of one session: what its worker says it did. One memfd per session, made and sealed by
// the manager, mapped by both; never by the guest.
//
//      0  +--------------------------------+
//         | magic, version, functions      |  written by the manager before the worker starts;
//         constant
//     64  +--------------------------------+
//         | watch: progress, exempt        |  worker; the manager's watchdog reads it
//         |   waits, submitted             |  worker; the manager's scheduler reads it
//    128  +--------------------------------+
//         | totals                         |  worker
//    256  +--------------------------------+
//         | by_function[kLedgerFunctions]  |  worker
//  16640  +--------------------------------+
//
// Every word has one writer process, the worker, and one reader process, the manager, which takes
// all of it as a claim: a hostile kernel runs inside the worker and can write here. No word guards
// another, so all accesses are relaxed. A change of the layout bumps kLedgerVersion.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ava::wire {

inline constexpr std::uint32_t kLedgerMagic = 0x4c417641;  // "AvAL"
inline constexpr std::uint32_t kLedgerVersion = 2;
inline constexpr std::uint32_t kLedgerFunctions = 512;  // ids from here up share the last row

struct LedgerRow {
  std::uint64_t calls;        // commands executed
  std::uint64_t round_trips;  // of these, the ones a guest thread waited for
  std::uint64_t in_bytes;     // data from the guest: records and arena blobs
  std::uint64_t out_bytes;    // data to the guest: replies, arena blobs, upcalls
};
static_assert(sizeof(LedgerRow) == 32);

// For the watchdog. `progress` counts everything that shows that the session moves: a command taken
// from the ring, a reply posted, an upcall sent, a completion seen. `exempt` counts calls now
// running that may compute for long without a sign of life (a program build), and that the watchdog
// therefore leaves alone. For the scheduler: how many
// threads wait at the gate (ava/router/gate.h) or for the device, and how many commands have passed
// the gate.
struct alignas(64) LedgerWatch {
  std::uint64_t progress;
  std::uint64_t exempt;
  std::uint64_t waits;
  std::uint64_t submitted;
};
static_assert(sizeof(LedgerWatch) == 64);

struct alignas(64) LedgerTotals {
  std::uint64_t calls;
  std::uint64_t round_trips;
  std::uint64_t in_bytes;
  std::uint64_t out_bytes;
  std::uint64_t upcalls;
  std::uint64_t
      refused;  // commands that the router answered itself: a failed require, a dead handle
  std::uint64_t worker_wakeups;  // the worker slept on the ring and a command woke it
  std::uint64_t guest_wakeups;   // a reply or an upcall found its reader asleep
  std::uint64_t launches;        // calls that the spec says consume device time
  std::uint64_t memory_bytes;    // device memory held now
  std::uint64_t memory_peak_bytes;
  std::uint64_t reserved[5];
};
static_assert(sizeof(LedgerTotals) == 128);

struct Ledger {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t functions;  // rows in use: the API's functions, at most kLedgerFunctions
  std::uint32_t reserved[13];
  LedgerWatch watch;
  LedgerTotals totals;
  LedgerRow by_function[kLedgerFunctions];
};
static_assert(offsetof(Ledger, watch) == 64 && offsetof(Ledger, totals) == 128);
static_assert(offsetof(Ledger, by_function) == 256 && sizeof(Ledger) == 16640);
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

// By a thread that holds the session's consumer role, or is otherwise the word's only writer now.
inline void LedgerAdd(std::uint64_t& word, std::uint64_t amount) {
  std::atomic_ref<std::uint64_t> shared(word);
  shared.store(shared.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// By any thread of the worker.
inline void LedgerAddShared(std::uint64_t& word, std::uint64_t amount) {
  std::atomic_ref<std::uint64_t>(word).fetch_add(amount, std::memory_order_relaxed);
}

inline std::uint64_t LedgerReadUntrusted(const std::uint64_t& word) {
  return std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(word))
      .load(std::memory_order_relaxed);
}

constexpr std::uint32_t LedgerRowOf(std::uint16_t function) {
  return function < kLedgerFunctions ? function : kLedgerFunctions - 1;
}

}  // namespace ava::wire
