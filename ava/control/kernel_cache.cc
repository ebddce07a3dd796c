// SPDX-License-Identifier: Apache-2.0
#include "ava/control/kernel_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <ranges>
#include <utility>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"
#include "ava/control/directories.h"
#include "ava/control/session_mount.h"

namespace ava::control {
namespace {

namespace fs = std::filesystem;

UniqueFd OpenBelow(int parent_fd, const std::string& name) {
  return UniqueFd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

class Fill final : public TreeWalk {
 public:
  explicit Fill(const CacheOwner& owner) : owner_(owner) {}

 private:
  void File(int from_fd, int to_fd, const std::string&, const std::string& name,
            const struct stat&) override {
    [[maybe_unused]] const int error = linkat(from_fd, name.c_str(), to_fd, name.c_str(), 0);
  }
  bool MakeDirectory(int to_fd, const std::string& name) override {
    mkdirat(to_fd, name.c_str(), 0700);
    return true;
  }
  // By descriptor: the worker owns the view already and may have put a file of ours, which it must
  // not own, under the directory's name.
  bool HandOver(int directory) override {
    return !owner_.change || fchown(directory, owner_.uid, owner_.uid) == 0;
  }
  const CacheOwner& owner_;
};

Result<UniqueFd> MakeDirectory(int parent_fd, const std::string& name, const CacheOwner& owner) {
  if (mkdirat(parent_fd, name.c_str(), 0700) != 0) return FailSystem("mkdir", name);
  UniqueFd made = OpenBelow(parent_fd, name);
  if (!made) return FailSystem("open", name);
  if (owner.change && fchown(made.get(), owner.uid, owner.uid) != 0) {
    return FailSystem("chown", name);
  }
  return made;
}

}  // namespace

KernelCache::KernelCache(const std::string& cache_directory, uid_t tenant, const std::string& name)
    : store_(fmt::format("{}/{}/layers", cache_directory, tenant)),
      tenant_(fmt::format("{}/{}", cache_directory, tenant)),
      views_(fmt::format("{}/{}/views/{}", cache_directory, tenant, name)) {}

Result<void> KernelCache::Prepare() const {
  // Workers pass through to their view; nobody lists, and nobody but us enters the store.
  AVA_TRY(EnsureDirectory(fs::path(tenant_).parent_path().string(), 0755));
  AVA_TRY(EnsureDirectory(tenant_, 0711));
  AVA_TRY(store_.Prepare());
  AVA_TRY(EnsureDirectory(tenant_ + "/views", 0711));
  return EnsureDirectory(views_, 0711);
}

std::string KernelCache::ViewPath(std::uint64_t session) const {
  return fmt::format("{}/{}", views_, session);
}

Result<std::string> KernelCache::CreateView(std::uint64_t session, const CacheOwner& owner,
                                            const std::optional<StorageLimits>& limits) {
  AVA_TRY(Prepare());
  std::string view = ViewPath(session);
  AVA_TRY(RemoveTree(view));
  if (mkdir(view.c_str(), 0700) != 0) return FailSystem("mkdir", view);
  KernelStore::Generation newest = AVA_TRY(store_.Open());
  seen_ = {newest.number, newest.layers.size()};
  if (limits) {
    // Not every kernel has overlays; links always work.
    if (auto mounted = MountView(view, owner, *limits, std::move(newest)); mounted.has_value()) {
      mount_ = std::make_shared<Mount>(*std::move(mounted));
      return view;
    }
    Unmount(view);
  }
  if (owner.change && chown(view.c_str(), owner.uid, owner.uid) != 0) {
    return FailSystem("chown", view);
  }
  return view;
}

// The topmost layer's file system lies at the same place, below the overlay: out of the worker's
// reach.
Result<KernelCache::Mount> KernelCache::MountView(const std::string& view, const CacheOwner& owner,
                                                  const StorageLimits& limits,
                                                  KernelStore::Generation below) const {
  Mount mount{.below = std::move(below), .fresh = {}};
  AVA_TRY(MountStorage(view, geteuid(), limits));
  const UniqueFd place = OpenBelow(AT_FDCWD, view);
  if (!place) return FailSystem("open", view);
  mount.fresh = AVA_TRY(MakeDirectory(place.get(), "fresh", owner));
  const UniqueFd work = AVA_TRY(MakeDirectory(place.get(), "work", {}));
  std::vector<UniqueFd> layers;
  for (const std::uint64_t layer : std::views::reverse(mount.below.layers)) {
    layers.push_back(OpenBelow(mount.below.directory.get(), std::to_string(layer)));
    if (!layers.back()) return FailSystem("open", std::to_string(layer));
  }
  AVA_TRY(MountOverlay(view, layers, mount.fresh.get(), work.get()));
  return mount;
}

Result<void> KernelCache::FillView(std::uint64_t session, const CacheOwner& owner) const {
  if (is_mounted()) return {};
  const KernelStore::Generation generation = AVA_TRY(store_.Open());
  const std::string view = ViewPath(session);
  const UniqueFd to = OpenBelow(AT_FDCWD, view);
  if (!to) return FailSystem("open", view);
  for (const std::uint64_t layer : generation.layers) {
    const UniqueFd from = OpenBelow(generation.directory.get(), std::to_string(layer));
    if (from) Fill(owner).Run(from.get(), to.get());
  }
  return {};
}

Result<void> KernelCache::CloseView(std::uint64_t session, const CacheOwner& owner,
                                    const CacheLimits& limits) const {
  const std::string view = ViewPath(session);
  if (is_mounted()) {
    Unmount(view);                    // the overlay
    Unmount(view);                    // what it lies on
    mount_->below.directory.Reset();  // a generation that nobody has open any more can go
  }
  const UniqueFd links = is_mounted() ? UniqueFd() : OpenBelow(AT_FDCWD, view);
  const int from = is_mounted() ? mount_->fresh.get() : links.get();
  auto added = from >= 0 ? store_.Add(from, owner, limits) : Result<void>();
  AVA_TRY(RemoveTree(view));
  return added;
}

bool KernelCache::IsCurrent() const {
  const auto newest = store_.Open();
  return newest.has_value() && Seen{newest->number, newest->layers.size()} == seen_;
}

Result<void> RemoveViews(const std::string& cache_directory, const std::string& name) {
  std::error_code error;
  for (auto at = fs::directory_iterator(cache_directory, error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    AVA_TRY(RemoveTree((at->path() / "views" / name).string()));
    AVA_TRY(RemoveTree((at->path() / "entries").string()));  // of a release before the layers
    rmdir((at->path() / "views").c_str());  // when no other manager has views there
  }
  return {};
}

}  // namespace ava::control
