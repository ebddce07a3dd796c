// SPDX-License-Identifier: Apache-2.0
#pragma once

// The device's scheduler: a thread of the manager that measures what each session uses of the
// device, asks the policy (ava/policy), and opens and closes the sessions' leases
// (ava/wire/lease.h).
//
// Device time is measured from outside of the worker. On a CPU device it is the CPU time of the
// worker's process, builds and copies included: there, each cycle that a session takes is one that
// the device has no more. And there a worker that goes on when it may not, because a kernel takes
// long or because it does not keep to its lease, can be stopped, and is (SIGSTOP), until it may.
// Its children are not counted and not stopped: docs/decisions/0013-device-scheduler.md.
//
// The thread sleeps while no session does anything. One that begins rings its doorbell; from there
// on the thread looks at it, 50 times a second while it is alone and 1000 times while others are
// there.
//
// Any thread, except where it is said.

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/control/log.h"
#include "ava/policy/schedule.h"
#include "ava/wire/ledger.h"

namespace ava::control {

class DeviceScheduler {
 public:
  // `units`: of the device; 0: the processors that this process may use.
  DeviceScheduler(policy::Settings settings, const Log& log, int units = 0);
  DeviceScheduler(const DeviceScheduler&) = delete;
  DeviceScheduler& operator=(const DeviceScheduler&) = delete;
  ~DeviceScheduler();

  void Change(policy::Settings settings);
  // Of the device: the processors, for a device that is a CPU.
  int units() const { return units_; }

  // A session's place in the schedule, until this goes.
  class Seat {
   public:
    Seat(DeviceScheduler& owner, policy::SessionId session) : owner_(&owner), session_(session) {}
    Seat(Seat&& other) noexcept;
    Seat& operator=(Seat&&) = delete;
    ~Seat();

    // For the worker.
    int lease_fd() const;
    int doorbell_fd() const;
    // The worker's process has started: its CPU time is what the session uses.
    void Follow(pid_t worker);
    // What it has used since it gave the device its first work.
    std::int64_t DeviceNanoseconds() const;

   private:
    DeviceScheduler* owner_;
    policy::SessionId session_;
  };
  // `ledger` outlives the seat.
  Result<Seat> Add(policy::SessionId session, policy::TenantId tenant, const wire::Ledger& ledger);

 private:
  struct State;
  const int units_;
  std::unique_ptr<State> state_;
};

}  // namespace ava::control
