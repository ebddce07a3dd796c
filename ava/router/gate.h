// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a command that gives the device work waits until its session may: the worker's half of the
// scheduler, whose other half is in the manager (ava/control/device_scheduler.h).
//
// Two things hold a command back. The lease (ava/wire/lease.h), which the manager opens and closes;
// and progressive launch: of a session's work only so much lies in the vendor library's queues as
// the lease's window says, because what lies there can be taken back no more. How much that is, is
// estimated: a unit (one command) costs what units have cost of late, in device time, and is
// through when its event is complete. Not each unit has an event asked for; where they are short,
// one in a group has. The estimate decides only how far a session may run ahead of its measured
// use.
//
// Work that waits for something that only the program can do (a user event) uses no device and
// would fill the window for ever: when nothing completes and the device does nothing for this
// session, the window is open until something completes again.
//
// While nothing is held back, passing is a look at the lease's one cache line. Of some units an
// event is asked for and looked at, and now and then the clock is read, which is a system call.
//
// One thread at a time: the one that has the session's consumer role.

#include <cstdint>
#include <deque>
#include <functional>

#include "ava/wire/lease.h"
#include "ava/wire/ledger.h"

namespace ava::router {

// The vendor library's events, as untyped pointers. All null when no function of the API gives one.
struct EventFunctions {
  int (*done)(void* event) = nullptr;  // 0: not yet; negative: it has failed
  void (*retain)(void* event) = nullptr;
  void (*release)(void* event) = nullptr;
};

class Gate {
 public:
  struct Options {
    const wire::Lease* lease = nullptr;  // null: nothing is ever held back
    int doorbell = -1;                   // written to when the lease is parked
    EventFunctions events;
    std::int64_t (*device_ns)() = nullptr;  // used so far; null: this process's CPU time
  };
  Gate(const Options& options, wire::LedgerWatch& watch);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  // With each command, of whatever kind: one may let loose what has waited.
  void Notice() {
    if (options_.lease != nullptr && options_.lease->parked.load(std::memory_order_relaxed) != 0)
        [[unlikely]]
      Ring();
  }
  // Before a command that gives the device work. Waits; `go_on` is called now and then meanwhile,
  // and ends the waiting by saying false.
  void Pass(const std::function<bool()>& go_on);
  // The next unit's event is wanted, whether the program asks for one or not.
  bool WantsEvent() const { return counts_units_ && group_ + 1 >= group_most_; }
  // A unit has been given to the vendor library, which is not through with it yet. `event`: its
  // own, or null.
  void Submitted(void* event);
  // Work may have become complete: lets go of its events, which keep queues and contexts alive.
  void Reap();
  bool HasEvents() const { return !probes_.empty(); }

  // The program is about to ask the vendor library about an event of its own: for that long the
  // gate has no reference to it, so that the library counts the program's only.
  class Unheld {
   public:
    Unheld(const Gate& gate, void* event);
    Unheld(const Unheld&) = delete;
    Unheld& operator=(const Unheld&) = delete;
    ~Unheld();

   private:
    const Gate& gate_;
    void* const event_;
    std::uint64_t held_;
  };

  // For tests: units that are not known to be through.
  std::uint64_t in_flight() const { return in_flight_; }

 private:
  struct Probe {
    void* event;          // one reference is ours
    std::uint64_t units;  // this one and those before it
    bool counts;          // they are in in_flight_
  };

  bool IsOpen() const;
  bool HasRoom() const { return in_flight_ < units_most_; }
  void Ring();
  void Hold(const std::function<bool()>& go_on);
  void SleepUntilLeaseChanges(std::uint32_t seen) const;
  void SleepUntilRoom() const;
  bool ReapOne(Probe& probe);
  void ForgetOldest();
  void Estimate(std::uint64_t units);
  void SetBounds();
  void NoticeStall();
  std::int64_t OwnNanoseconds() const;
  std::int64_t DeviceNanoseconds() const;

  const Options options_;
  const bool counts_units_;
  wire::LedgerWatch& watch_;
  std::uint64_t submitted_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t group_ = 0;       // units since the last one with an event
  std::uint64_t group_most_ = 1;  // units for which one event stands
  std::uint64_t units_most_;      // that may be in flight
  bool stalled_ = false;          // they are not waited for
  std::deque<Probe> probes_;
  double unit_ns_ = 0;  // what a unit costs; 0: not known
  std::int64_t estimated_at_ns_ = 0;
  std::uint64_t through_ = 0;  // units since then
  std::int64_t stall_since_ns_ = 0;
  std::int64_t stall_device_ns_ = 0;
};

}  // namespace ava::router
