// SPDX-License-Identifier: Apache-2.0
#include "ava/control/kernel_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <vector>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"
#include "ava/control/directories.h"

namespace ava::control {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 16;

UniqueFd OpenBelow(int parent_fd, const std::string& name) {
  return UniqueFd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Files on their way to their place: compilers write them under such names, then rename.
bool IsTemporary(std::string_view name) {
  return name.starts_with("tempfile_") || name.starts_with("tmp") || name.ends_with(".temp") ||
         name.ends_with(".tmp");
}

bool Stat(int parent_fd, const std::string& name, struct stat& status) {
  return fstatat(parent_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

// Walks two trees at once. Losing one file costs a compilation, so single failures are passed over.
class Walk {
 public:
  virtual ~Walk() = default;
  void Run(int from_fd, int to_fd, int depth = 0) {
    for (const std::string& name : NamesIn(from_fd)) {
      struct stat status{};
      if (!Stat(from_fd, name, status)) continue;
      if (S_ISREG(status.st_mode)) File(from_fd, to_fd, name, status);
      if (S_ISDIR(status.st_mode) && depth < kDepthMax) Below(from_fd, to_fd, name, depth);
    }
  }

 private:
  virtual void File(int from_fd, int to_fd, const std::string& name, const struct stat& status) = 0;
  virtual void MakeDirectory(int to_fd, const std::string& name) = 0;
  virtual bool HandOver(int) { return true; }

  void Below(int from_fd, int to_fd, const std::string& name, int depth) {
    const UniqueFd from = OpenBelow(from_fd, name);
    if (!from) return;
    MakeDirectory(to_fd, name);
    const UniqueFd to = OpenBelow(to_fd, name);
    if (to && HandOver(to.get())) Run(from.get(), to.get(), depth + 1);
  }
};

class Fill final : public Walk {
 public:
  explicit Fill(const CacheOwner& owner) : owner_(owner) {}

 private:
  void File(int from_fd, int to_fd, const std::string& name, const struct stat&) override {
    [[maybe_unused]] const int error = linkat(from_fd, name.c_str(), to_fd, name.c_str(), 0);
  }
  void MakeDirectory(int to_fd, const std::string& name) override {
    mkdirat(to_fd, name.c_str(), 0700);
  }
  // By descriptor: the worker owns the view already and may have put a file of ours, which it must
  // not own, under the directory's name.
  bool HandOver(int directory) override {
    return !owner_.change || fchown(directory, owner_.uid, owner_.uid) == 0;
  }
  const CacheOwner& owner_;
};

class Merge final : public Walk {
 public:
  explicit Merge(const CacheOwner& owner) : owner_(owner) {}

 private:
  // By descriptor: what a worker asked for before it was killed may still exchange the name's file
  // for a link, which we must not follow.
  void File(int from_fd, int to_fd, const std::string& name, const struct stat&) override {
    if (IsTemporary(name)) return;
    const UniqueFd file(
        openat(from_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !IsWorth(status)) return;
    const mode_t mode = (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
    if (owner_.change && fchown(file.get(), geteuid(), getegid()) != 0) return;
    if (fchmod(file.get(), mode) != 0) return;
    // Whoever was first stays: others have links to it.
    renameat2(from_fd, name.c_str(), to_fd, name.c_str(), RENAME_NOREPLACE);
  }
  bool IsWorth(const struct stat& status) const {
    const uid_t expected = owner_.change ? owner_.uid : geteuid();
    return S_ISREG(status.st_mode) && status.st_uid == expected && status.st_nlink == 1 &&
           status.st_size != 0;
  }
  void MakeDirectory(int to_fd, const std::string& name) override {
    mkdirat(to_fd, name.c_str(), 0755);
  }
  const CacheOwner& owner_;
};

struct Entry {
  fs::path path;
  std::int64_t used_s;
  std::uint64_t bytes;
};

std::vector<Entry> EntriesByUse(const std::string& directory) {
  std::vector<Entry> entries;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(directory, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    struct stat status{};
    if (lstat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    entries.push_back({at->path(), std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec),
                       static_cast<std::uint64_t>(status.st_size)});
  }
  std::ranges::sort(entries, {}, &Entry::used_s);
  return entries;
}

void Prune(const std::string& directory, const CacheLimits& limits) {
  const std::vector<Entry> entries = EntriesByUse(directory);
  std::uint64_t files = entries.size();
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.bytes;
  for (const Entry& entry : entries) {
    if (files <= limits.files && bytes <= limits.bytes) return;
    std::error_code ignored;
    fs::remove(entry.path, ignored);
    --files;
    bytes -= entry.bytes;
    // Directories that this leaves empty.
    for (fs::path above = entry.path.parent_path(); above != directory;
         above = above.parent_path()) {
      if (rmdir(above.c_str()) != 0) break;
    }
  }
}

}  // namespace

KernelCache::KernelCache(const std::string& cache_directory, uid_t tenant, const std::string& name)
    : entries_(fmt::format("{}/{}/entries", cache_directory, tenant)),
      views_(fmt::format("{}/{}/views/{}", cache_directory, tenant, name)) {}

Result<void> KernelCache::Prepare() const {
  // Workers pass through to their view; nobody lists, and nobody but us enters `entries`.
  const fs::path tenant = fs::path(entries_).parent_path();
  AVA_TRY(EnsureDirectory(tenant.parent_path().string(), 0755));
  AVA_TRY(EnsureDirectory(tenant.string(), 0711));
  AVA_TRY(EnsureDirectory(entries_, 0700));
  AVA_TRY(EnsureDirectory((tenant / "views").string(), 0711));
  return EnsureDirectory(views_, 0711);
}

std::string KernelCache::ViewPath(std::uint64_t session) const {
  return fmt::format("{}/{}", views_, session);
}

Result<std::string> KernelCache::CreateView(std::uint64_t session, const CacheOwner& owner) const {
  AVA_TRY(Prepare());
  std::string view = ViewPath(session);
  AVA_TRY(RemoveTree(view));
  if (mkdir(view.c_str(), 0700) != 0) return FailSystem("mkdir", view);
  if (owner.change && chown(view.c_str(), owner.uid, owner.uid) != 0) {
    return FailSystem("chown", view);
  }
  return view;
}

Result<void> KernelCache::FillView(std::uint64_t session, const CacheOwner& owner) const {
  const std::string view = ViewPath(session);
  const UniqueFd from = OpenBelow(AT_FDCWD, entries_);
  const UniqueFd to = OpenBelow(AT_FDCWD, view);
  if (!from || !to) return FailSystem("open", from ? view : entries_);
  Fill(owner).Run(from.get(), to.get());
  return {};
}

Result<void> KernelCache::CloseView(std::uint64_t session, const CacheOwner& owner,
                                    const CacheLimits& limits) const {
  const std::string view = ViewPath(session);
  const UniqueFd from = OpenBelow(AT_FDCWD, view);
  const UniqueFd to = OpenBelow(AT_FDCWD, entries_);
  if (from && to) {
    Merge(owner).Run(from.get(), to.get());
    Prune(entries_, limits);
  }
  return RemoveTree(view);
}

Result<void> RemoveViews(const std::string& cache_directory, const std::string& name) {
  std::error_code error;
  for (auto at = fs::directory_iterator(cache_directory, error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    AVA_TRY(RemoveTree((at->path() / "views" / name).string()));
    rmdir((at->path() / "views").c_str());  // when no other manager has views there
  }
  return {};
}

}  // namespace ava::control
