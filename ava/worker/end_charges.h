// SPDX-License-Identifier: Apache-2.0
#pragma once

// What objects hold of a resource until the vendor library says that they are gone (Lapis: `ends`).
// A program may have released an object that its queued commands still use: until they are through,
// its memory is there, and counts. The library may say so on a thread of its own, and after the
// session has ended.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "ava/router/router.h"
#include "ava/worker/handle_table.h"

namespace ava::worker {

class EndCharges : public std::enable_shared_from_this<EndCharges> {
 public:
  explicit EndCharges(router::Router& router) : router_(&router) {}

  // What GiveBack or Take takes, one of them once.
  void* Keep(const Charge& charge);
  static void GiveBack(void* kept);
  // The library will not say.
  static Charge Take(void* kept);

  // The program has no more use for an object that was kept.
  void Released() { waiting_.fetch_add(1, std::memory_order_relaxed); }
  // Objects that the program has released and the library still uses.
  bool AreSome() const { return waiting_.load(std::memory_order_relaxed) > 0; }

  // The router is about to go.
  void Close();

 private:
  struct Kept {
    std::shared_ptr<EndCharges> owner;
    Charge charge;
  };

  std::mutex mutex_;
  router::Router* router_;                // null: closed
  std::atomic<std::int64_t> waiting_{0};  // released minus gone, whichever came first
};

}  // namespace ava::worker
