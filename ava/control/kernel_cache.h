// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a vendor's library compiles, kept for the tenant's next worker.
//
// A tenant's workers have users of their own, and PoCL makes its cache with modes 0700 and 0600,
// which no group, umask or default ACL can widen. So no worker sees the cache itself:
//
//   <cache>/<tenant uid>/layers/...             0700, the manager's: kernel_store.h
//   <cache>/<tenant uid>/views/<name>/<id>/...  the session's view of it, the worker's own
//
// A view is an overlay mount: the store's layers below, and on top a new one in a file system of
// its own, so that a session costs nothing for what others have compiled. Where the manager cannot
// mount, a view has directories of the worker's and hard links to the store's files. Either way a
// worker may read an entry and not write it.
//
// When the session has ended and no process of its user is left, what is new goes to the store.
// Views of workers that run at the same time do not see each other's work until then.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ava/base/result.h"
#include "ava/control/kernel_store.h"
#include "ava/control/session_mount.h"

namespace ava::control {

class KernelCache {
 public:
  // `name` is the manager's (ManagerName): views of another one are left alone.
  KernelCache(const std::string& cache_directory, uid_t tenant, const std::string& name);

  // The tenant's directories.
  Result<void> Prepare() const;

  std::string ViewPath(std::uint64_t session) const;
  // `limits`: of what is new; none: nothing can be mounted, or limited. A view of links is empty
  // until FillView.
  Result<std::string> CreateView(std::uint64_t session, const CacheOwner& owner,
                                 const std::optional<StorageLimits>& limits = std::nullopt);
  Result<void> FillView(std::uint64_t session, const CacheOwner& owner) const;
  // After the worker's last process: takes over what is new, removes the view, keeps the limits.
  Result<void> CloseView(std::uint64_t session, const CacheOwner& owner,
                         const CacheLimits& limits) const;
  // Nothing has come to the tenant's cache since the view was made.
  bool IsCurrent() const;
  // The kernel keeps the limits that CreateView was given.
  bool is_mounted() const { return mount_ != nullptr; }

 private:
  struct Mount {
    KernelStore::Generation below;
    UniqueFd fresh;  // the topmost layer
  };
  Result<Mount> MountView(const std::string& view, const CacheOwner& owner,
                          const StorageLimits& limits, KernelStore::Generation below) const;

  struct Seen {
    std::uint64_t generation = 0;
    std::size_t layers = 0;
    bool operator==(const Seen&) const = default;
  };

  KernelStore store_;
  Seen seen_;
  std::string tenant_;
  std::string views_;
  std::shared_ptr<Mount> mount_;
};

// Removes all views that a manager of this name has left below `cache_directory`.
Result<void> RemoveViews(const std::string& cache_directory, const std::string& name);

}  // namespace ava::control
