// SPDX-License-Identifier: Apache-2.0
#pragma once

// One session in the manager, from a guest's first message to the last trace of its worker.
//
//   starting   directories, memory, sockets and a user are there, the worker is loading the
//   vendor's library. A session may be started before its guest is there ("warm"): it stays in
//   this state, with its worker ready, until Adopt, or until nobody has come for long enough
//      |       ready: Welcome with memory and socket goes to the guest          failed, died, too
//      slow: refusal
//   live       the manager has no part in what guest and worker do; it samples the watchdog's words
//      |       the worker's process ends: of itself when the guest is gone, or because End() asked,
//      or killed
//   ending     what is left of its user's processes is killed, then its directories are removed,
//   off the loop
//      |
//   gone       the user is free for the next worker; the owner drops the object

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"
#include "ava/control/config.h"
#include "ava/control/device_scheduler.h"
#include "ava/control/event_loop.h"
#include "ava/control/hello.h"
#include "ava/control/kernel_cache.h"
#include "ava/control/ledger_page.h"
#include "ava/control/log.h"
#include "ava/control/session_mount.h"
#include "ava/control/session_record.h"
#include "ava/control/socket.h"
#include "ava/control/tenant_memory.h"
#include "ava/control/user_pool.h"
#include "ava/control/watchdog.h"
#include "ava/control/worker_messages.h"

namespace ava::control {

// What all sessions of a manager share.
struct SessionServices {
  EventLoop& loop;
  WorkQueue& set_up;    // short: a guest waits for it
  WorkQueue& clean_up;  // as long as it takes
  const Config& config;
  const Log& log;
  TenantMemories& tenants;
  DeviceScheduler& scheduler;
  UserPool* users;                // null: workers run as the manager's own user
  std::string session_directory;  // parent of the sessions' own
  std::string manager_name;
  bool mounts = false;  // each session's directory is a file system of its own
};

class Session {
 public:
  struct Guest {
    std::uint64_t session = 0;
    Peer peer;
    GuestHello hello;
    UniqueFd connection;  // the first message is still unread; none: a guest like this may come
  };
  struct Events {
    std::function<void(Session&)> worker_ended;  // the record is final
    std::function<void(Session&)> gone;          // may destroy the session
  };

  Session(SessionServices& services, Guest guest, Events events);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Never fails: a session that cannot start refuses its guest and goes through `ending`.
  void Start();
  // Started, and no guest has come.
  bool is_warm() const { return warm_ && state_ == State::kStarting; }
  // Warm, for guests like this one.
  bool Fits(const Peer& peer, const GuestHello& hello) const;
  // It sees all that the tenant's kernel cache has by now.
  bool IsCurrent() const { return cache_.IsCurrent(); }
  // Takes the guest, whose `session` does not count: this one has a number. False: its worker has
  // just ended, and the guest is still the caller's.
  bool Adopt(Guest& guest);
  // Asks the worker to tell its guest and to end; kills it if it does not.
  void End(const std::string& reason);
  void Kill();

  // A child of the manager has ended. True: it was one of this session's.
  bool OnChildExit(pid_t child, int status, std::int64_t cpu_ns);
  // Time to look at the watchdog's words.
  void Sample(std::int64_t now_ns);
  // Directories to look at from outside, since no file system limits them.
  std::vector<std::string> UnlimitedDirectories() const;
  StorageLimits storage() const;
  uid_t worker_uid() const { return worker_user_.value_or(geteuid()); }
  void EndForStorage();
  bool IsOurs(pid_t child) const;
  // Nothing of it runs any more; its directories may still be there.
  bool is_dead() const { return state_ == State::kGone; }

  std::uint64_t id() const { return guest_.session; }
  uid_t tenant() const { return guest_.peer.uid; }
  const GuestHello& hello() const { return guest_.hello; }
  bool had_guest() const { return !warm_; }
  bool was_live() const { return was_live_; }
  const std::string& run_id() const { return guest_.hello.run_id; }
  bool watched() const { return watchdog_.limit_ns() != 0; }
  SessionRecord Record() const;

 private:
  enum class State { kStarting, kLive, kEnding, kGone };

  Result<void> Prepare();
  Result<void> MakeDirectories();
  Result<void> MakeMemory();
  Result<void> StartWorkerProcess();
  Result<void> SendGuest(const Guest& guest);
  void LimitStart();
  std::string Description() const;
  void FillCache();

  void OnControl();
  void OnPacket(std::string_view packet);
  void HearLastWords();
  void OnMessage(const WorkerMessage& message);
  void OnReady(const WorkerReady& ready);
  void OnFailed(const std::string& reason);
  void OnLog(const std::string& line);
  void WelcomeWhenReady();
  void WatchGuest();
  void KillWhenLeftAlone();  // the guest has ended: the worker has a moment to see it
  void Refuse(wire::WelcomeStatus status, const std::string& reason);

  void Finish(pid_t worker);
  void StartKiller();
  void CleanUpWhenDead();
  std::string DescribeExit(int status) const;
  std::string Directory() const;
  CacheOwner Owner() const;

  SessionServices& services_;
  Guest guest_;
  Events events_;
  KernelCache cache_;
  State state_ = State::kStarting;
  bool warm_;  // no guest has come yet
  bool was_live_ = false;
  std::int64_t started_ns_;
  std::int64_t ended_ns_ = 0;

  std::optional<uid_t> worker_user_;
  UniqueFd memory_;
  UniqueFd guest_socket_;
  UniqueFd worker_socket_;
  UniqueFd control_;
  UniqueFd worker_control_;
  UniqueFd guest_process_;  // a pidfd
  std::optional<LedgerPage> ledger_;
  std::optional<TenantMemories::Slot> tenant_slot_;
  std::optional<DeviceScheduler::Seat> seat_;  // after the ledger, so that it goes first

  pid_t worker_pid_ = -1;  // alive or not waited for
  pid_t killer_pid_ = -1;
  int killers_ = 0;
  bool user_is_lost_ = false;
  bool filling_cache_ = false;
  std::optional<WorkerReady> ready_;
  std::string end_reason_;
  int log_lines_ = 0;
  std::int64_t cpu_ns_ = 0;
  std::int64_t device_ns_ = 0;  // when it had ended
  Watchdog watchdog_;

  EventLoop::Handle control_watch_;
  EventLoop::Handle guest_watch_;
  EventLoop::Handle start_timer_;
  EventLoop::Handle kill_timer_;
};

}  // namespace ava::control
