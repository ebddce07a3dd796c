// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a vendor's library compiles, kept for the tenant's next worker.
//
// A tenant's workers have users of their own, and PoCL makes its cache with modes 0700 and 0600,
// which no group, umask or default ACL can widen. So no worker sees the cache itself:
//
//   <cache>/<tenant uid>/entries/...            0700, the manager's: what earlier workers compiled
//   <cache>/<tenant uid>/views/<name>/<id>/...  the worker's own: directories, and hard links to
//   entries' files
//
// A view is made when a session starts: the worker may read an entry and not write it, since its
// file belongs to the manager. When the session has ended and no process of its user is left,
// complete new files move into `entries`, the view goes, and entries beyond the limits go, the
// longest unused first. Views of workers that run at the same time do not see each other's work
// until then.

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "ava/base/result.h"

namespace ava::control {

struct CacheLimits {
  std::uint64_t files =
      2048;  // each costs a session's start about 0.1 ms on ext4, directories included
  std::uint64_t bytes = std::uint64_t{2} << 30;
};

struct CacheOwner {
  bool change = false;  // false: worker and manager are one user
  uid_t uid = 0;
};

class KernelCache {
 public:
  // `name` is the manager's (ManagerName): views of another one are left alone.
  KernelCache(const std::string& cache_directory, uid_t tenant, const std::string& name);

  // The tenant's directories. Removes what a manager of this name left there when it was killed.
  Result<void> Prepare() const;

  std::string ViewPath(std::uint64_t session) const;
  // An empty view, which exists from here on; links are made by FillView.
  Result<std::string> CreateView(std::uint64_t session, const CacheOwner& owner) const;
  Result<void> FillView(std::uint64_t session, const CacheOwner& owner) const;
  // After the worker's last process: takes over what is new, removes the view, keeps the limits.
  Result<void> CloseView(std::uint64_t session, const CacheOwner& owner,
                         const CacheLimits& limits) const;

 private:
  std::string entries_;
  std::string views_;
};

// Removes all views that a manager of this name has left below `cache_directory`.
Result<void> RemoveViews(const std::string& cache_directory, const std::string& name);

}  // namespace ava::control
