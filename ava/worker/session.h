// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a session's threads share: its objects, its pending work, its mappings and callbacks, and
// the way to the guest.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "ava/router/router.h"
#include "ava/transport/worker_channel.h"
#include "ava/worker/addresses.h"
#include "ava/worker/callbacks.h"
#include "ava/worker/end_charges.h"
#include "ava/worker/guest_files.h"
#include "ava/worker/handle_table.h"
#include "ava/worker/lent_memory.h"
#include "ava/worker/mappings.h"
#include "ava/worker/pending_work.h"
#include "ava/worker/progress.h"
#include "ava/worker/server_api.h"
#include "ava/worker/standard_output.h"

namespace ava::worker {

class Session {
 public:
  Session(const ServerApi& server, transport::WorkerChannel& guest, router::Router& gate,
          Progress& signs, GuestFiles::Setup guest_files = {})
      : api(server),
        channel(guest),
        router(gate),
        progress(signs),
        ends(std::make_shared<EndCharges>(gate)),
        handles([this](const Charge& charge) {
          charge.until_end ? ends->Released() : router.Release(charge.resource, charge.amount);
        }),
        pending(guest, server.events, signs, addresses),
        files(std::move(guest_files)),
        lent(std::make_shared<LentMemory>(guest)) {}
  ~Session() {
    lent->Close();
    ends->Close();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The consumer role, while a call blocks on the device. Set by whoever serves the session.
  class Roles {
   public:
    virtual void ReleaseRole() = 0;
    virtual bool RetakeRole() = 0;  // false: another thread has it now

   protected:
    ~Roles() = default;
  };

  // A sign of life.
  void Tick() {
    progress.Tick();
    wire::LedgerAddShared(router.watch().progress, 1);
  }
  // A call that may compute for long begins (1) or has ended (-1).
  void Exempt(int change) {
    progress.exempt.fetch_add(change, std::memory_order_relaxed);
    wire::LedgerAddShared(router.watch().exempt, static_cast<std::uint64_t>(std::int64_t{change}));
  }

  // A thread waits for the device.
  void WaitsForDevice(int change) {
    wire::LedgerAddShared(router.watch().waits, static_cast<std::uint64_t>(std::int64_t{change}));
  }

  const ServerApi& api;
  transport::WorkerChannel& channel;
  router::Router& router;
  Progress& progress;
  Roles* roles = nullptr;

  // What the vendor library's threads tell of may outlive the session.
  const std::shared_ptr<EndCharges> ends;
  HandleTable handles;
  Mappings mappings;
  Addresses addresses;
  PendingWork pending;
  Callbacks callbacks;
  GuestFiles files;
  const std::shared_ptr<LentMemory> lent;  // as `ends`
  const std::shared_ptr<StandardOutput> output = std::make_shared<StandardOutput>();
};

}  // namespace ava::worker
