// SPDX-License-Identifier: Apache-2.0
#include "ava/control/tree_usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string_view>

#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

// No compiler nests deeper; each level costs a descriptor while we are there.
constexpr int kDepthMax = 64;
constexpr std::uint64_t kBlockBytes = 512;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

class Counter {
 public:
  Counter(uid_t owner, const StorageLimits& limits) : owner_(owner), limits_(limits) {}

  // False: over the limits, or deeper than anything honest.
  bool Count(int parent_fd, const char* name, int depth) {
    const int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return true;  // removed, or made unreadable for us, which root never meets
    const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(fd));
    if (directory == nullptr) {
      close(fd);
      return true;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own.
    while (const dirent* entry = readdir(directory.get())) {
      const std::string_view found = entry->d_name;
      if (found != "." && found != ".." && !CountEntry(fd, entry->d_name, depth)) return false;
    }
    return true;
  }

 private:
  bool CountEntry(int directory_fd, const char* name, int depth) {
    struct stat status{};
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return true;
    const bool directory = S_ISDIR(status.st_mode);
    // Seen at all, it costs us time: so every name counts as a file, somebody's link as well.
    if (++files_ > limits_.files) return false;
    const bool entry = owner_ == geteuid() && !directory && status.st_nlink > 1;
    if (status.st_uid == owner_ && !entry) {
      bytes_ += static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
    }
    if (bytes_ > limits_.bytes) return false;
    return !directory || (depth < kDepthMax && Count(directory_fd, name, depth + 1));
  }

  uid_t owner_;
  const StorageLimits& limits_;
  std::uint64_t bytes_ = 0;
  std::uint64_t files_ = 0;
};

}  // namespace

bool IsOverLimits(const std::vector<std::string>& paths, uid_t owner, const StorageLimits& limits) {
  Counter counter(owner, limits);
  for (const std::string& path : paths) {
    if (!counter.Count(AT_FDCWD, path.c_str(), 0)) return true;
  }
  return false;
}

}  // namespace ava::control
