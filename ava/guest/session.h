// SPDX-License-Identifier: Apache-2.0
#pragma once

// The process's session with its worker. It is had when the first call needs it and is never taken
// down: a call made by a static destructor or an exit handler works as any other, and when the
// process ends the kernel tells the worker. A forked child starts afresh; handles from before the
// fork are dead in it.
//
// A session that was lost, or could not be had, stays so. One line on stderr says why; calls then
// return the API's own error.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "ava/base/mutex.h"
#include "ava/guest/addresses.h"
#include "ava/guest/callbacks.h"
#include "ava/guest/deliveries.h"
#include "ava/guest/mappings.h"
#include "ava/guest/setters.h"
#include "ava/guest/shared_memory.h"
#include "ava/transport/guest_channel.h"

namespace ava::guest {

// Writes "ava: …" as one line to standard error.
[[gnu::format(printf, 1, 2)]] void Say(const char* format, ...);

// AVA_STRICT=1 and AVA_DISABLE=cached,coalesce,async,shared,addresses.
struct Options {
  bool cached = true;
  bool coalesce = true;
  bool async = true;
  bool shared = true;
  bool addresses = true;  // that are the same on both sides
};

class Session final : public transport::GuestChannelEvents {
 public:
  // The process's; connects on first use.
  static Session& Current() {
    Session* session = g_current.load(std::memory_order_acquire);
    return session != nullptr ? *session : Start();
  }

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Null when none could be had.
  transport::GuestChannel* channel() const { return channel_; }
  bool lost() const { return lost_.load(std::memory_order_acquire); }
  const Options& options() const { return options_; }

  // Before a call that may print on the program's standard output.
  void FollowStdout() {
    if (channel_ != nullptr && !lost()) channel_->FollowStdout();
  }
  // After a call that has waited for what may print.
  void LetGoOfStdout() {
    if (channel_ != nullptr && !lost()) channel_->LetGoOfStdout();
  }
  // Copies finished outputs to the program's memory.
  void Deliver() {
    if (channel_ != nullptr) deliveries_.Sweep(*channel_);
  }
  // True: no other thread of the program has ever made a call, nor can a callback, and none begins
  // its first one before EndAlone. The caller's own call must end without that.
  bool BeginAlone();
  void EndAlone();
  // A call that nobody waited for has failed: its error, once. 0: none has.
  std::int32_t TakeDeferredError() {
    return deferred_error_.load(std::memory_order_relaxed) == 0
               ? 0
               : deferred_error_.exchange(0, std::memory_order_relaxed);
  }
  // The program's handle of an object that the worker names, made when the worker's is seen for the
  // first time. Null for NULL, and for one that is gone.
  // `adopted`: it is seen for the first time.
  void* ProgramHandle(wire::HandleId id, std::uint16_t type) {
    bool adopted = false;
    return ProgramHandle(id, type, adopted);
  }
  void* ProgramHandle(wire::HandleId id, std::uint16_t type, bool& adopted);

  Deliveries& deliveries() { return deliveries_; }
  Mappings& mappings() { return mappings_; }
  SharedMemory& shared_memory() { return shared_memory_; }
  // An object of a type that may have shared memory is gone.
  static void GiveBackSharedMemory(wire::HandleId object);
  Addresses& addresses() { return addresses_; }
  SetterRegistry& setters() { return setters_; }
  Callbacks& callbacks() { return callbacks_; }

  void OnUpcall(const wire::UpcallHeader& header, std::span<const std::byte> payload) override;
  void OnEnding(const char* reason) override;
  void OnLost(const char* reason) override;

 private:
  friend struct SessionTestPeer;
  friend void EnterThread(Session& session);
  Session() = default;
  static Session& Start();
  static void BeforeFork();
  static void AfterForkInParent();
  static void AfterForkInChild();
  void Connect();
  void RepeatDiscoveries();
  void KeepAdopted(wire::HandleId id, Object* object);
  void KeepDeferredError(std::span<const std::byte> payload);

  static std::atomic<Session*> g_current;

  transport::GuestChannel* channel_ = nullptr;
  std::atomic<bool> lost_{false};
  Options options_;
  std::atomic<std::int32_t> deferred_error_{0};
  Deliveries deliveries_;
  Mappings mappings_;
  SharedMemory shared_memory_;
  Addresses addresses_;
  std::atomic<std::uint32_t> alone_{0};  // futex word; 1: between BeginAlone and EndAlone
  SetterRegistry setters_;
  Callbacks callbacks_{*this};
  Mutex adopted_mutex_;
  std::vector<Object*> adopted_;  // objects that the server minted, by its index
};

// What a thread keeps between its calls.
struct ThreadState {
  Session* session = nullptr;  // that the rest belongs to
  std::uint64_t* local_calls = nullptr;
  std::uint32_t number = 0;  // 1, 2, …
};
extern constinit thread_local ThreadState t_thread;
// Fills t_thread for this session.
void EnterThread(Session& session);

}  // namespace ava::guest
