// SPDX-License-Identifier: Apache-2.0
#include "ava/control/directories.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/base/unique_fd.h"

namespace ava::control {
namespace {

// What lies deeper than this is moved up first, so that no tree can use up our descriptors.
constexpr int kDepthMax = 32;
constexpr int kRoundsMax = 20;
constexpr useconds_t kRoundPauseUs = 5'000;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

UniqueFd OpenDirectory(int parent_fd, const std::string& name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(openat(parent_fd, name.c_str(), kFlags));
  if (fd || errno != EACCES) return fd;
  if (fchmodat(parent_fd, name.c_str(), 0700, 0) != 0) return fd;
  return UniqueFd(openat(parent_fd, name.c_str(), kFlags));
}

Result<void> CheckOurs(const std::string& path, const struct stat& status) {
  if (status.st_uid == geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return Fail(ErrorCode::kInvalid,
              fmt::format("'{}' belongs to user {} with mode {:04o}: it must be ours alone to "
                          "write; remove it or choose another",
                          path, status.st_uid, status.st_mode & 07777U));
}

// A directory that was there a moment ago.
std::unexpected<Error> WhyNotOpen(const std::string& path, int error) {
  struct stat status{};
  if (error == ENOENT || lstat(path.c_str(), &status) != 0) {
    return Fail(ErrorCode::kUnavailable, FailSystem("open", path, error).error().message());
  }
  if (!S_ISDIR(status.st_mode)) {
    return Fail(
        ErrorCode::kInvalid,
        fmt::format("'{}' is {} of user {}, where a directory of ours must be; remove it "
                    "or choose another",
                    path, S_ISLNK(status.st_mode) ? "a symbolic link" : "a file", status.st_uid));
  }
  if (auto ours = CheckOurs(path, status); !ours.has_value()) {
    return std::unexpected(std::move(ours).error());
  }
  return FailSystem("open", path, error);
}

class Remover {
 public:
  explicit Remover(int root_fd) : root_fd_(root_fd) {}

  // False: something could not be removed; errno says why.
  bool Empty() {
    do {
      moved_up_ = false;
      if (!EmptyBelow(root_fd_, 0)) return false;
    } while (moved_up_);
    return true;
  }

 private:
  bool EmptyBelow(int directory_fd, int depth) {
    TakeAway(directory_fd);
    for (const std::string& name : NamesIn(directory_fd)) {
      if (!Remove(directory_fd, name, depth)) return false;
    }
    return true;
  }

  // From whoever still lives and would fill it as fast as we empty it.
  static void TakeAway(int directory_fd) {
    struct stat status{};
    if (geteuid() == 0 && fstat(directory_fd, &status) == 0 && status.st_uid != 0) {
      [[maybe_unused]] const int error = fchown(directory_fd, 0, 0);
      fchmod(directory_fd, 0700);
    } else if (faccessat(directory_fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
      fchmod(directory_fd, 0700);
    }
  }

  bool Remove(int directory_fd, const std::string& name, int depth) {
    if (unlinkat(directory_fd, name.c_str(), 0) == 0 || errno == ENOENT) return true;
    if (errno != EISDIR && errno != EPERM) return false;
    if (unlinkat(directory_fd, name.c_str(), AT_REMOVEDIR) == 0) return true;
    if (errno != ENOTEMPTY && errno != EEXIST) return false;
    if (depth >= kDepthMax) return MoveUp(directory_fd, name);
    const UniqueFd child = OpenDirectory(directory_fd, name);
    if (!child || !EmptyBelow(child.get(), depth + 1)) return false;
    return unlinkat(directory_fd, name.c_str(), AT_REMOVEDIR) == 0 || moved_up_;
  }

  bool MoveUp(int directory_fd, const std::string& name) {
    const std::string place = fmt::format(".removed-{}", next_++);
    moved_up_ = true;
    if (renameat(directory_fd, name.c_str(), root_fd_, place.c_str()) == 0) return true;
    // Somebody has chosen our name: the next round takes another.
    return errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR;
  }

  int root_fd_;
  bool moved_up_ = false;
  std::uint64_t next_ = 0;
};

}  // namespace

Result<UniqueFd> OpenOwnDirectory(const std::string& path, mode_t mode) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  std::filesystem::create_directories(parent, ignored);
  const bool made = mkdir(path.c_str(), mode) == 0;
  if (!made && errno != EEXIST) return FailSystem("mkdir", path);
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return WhyNotOpen(path, errno);
  struct stat status{};
  if (fstat(directory.get(), &status) != 0) return FailSystem("fstat", path);
  AVA_TRY(CheckOurs(path, status));
  // Whatever the umask is.
  if (made && fchmod(directory.get(), mode) != 0) return FailSystem("chmod", path);
  return directory;
}

Result<void> EnsureDirectory(const std::string& path, mode_t mode) {
  AVA_TRY(OpenOwnDirectory(path, mode));
  return {};
}

Result<void> RemoveTree(const std::string& path) {
  const UniqueFd root = OpenDirectory(AT_FDCWD, path);
  if (!root) {
    if (errno == ENOENT) return {};
    if (errno != ENOTDIR && errno != ELOOP) return FailSystem("open", path);
    // A file or a link; or a part of the path above is one.
    if (unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return FailSystem("unlink", path);
  }
  // A process that was killed a moment ago may still end what it has begun.
  for (int round = 0;; ++round) {
    const bool empty = Remover(root.get()).Empty();
    if (empty && (rmdir(path.c_str()) == 0 || errno == ENOENT)) return {};
    if (round == kRoundsMax) return FailSystem("remove", path);
    usleep(kRoundPauseUs);
  }
}

std::vector<std::string> NamesIn(int directory_fd) {
  std::vector<std::string> names;
  const int copy = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  const std::unique_ptr<DIR, CloseDirectory> directory(fdopendir(copy));
  if (directory == nullptr) {
    close(copy);
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): a stream of our own.
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

}  // namespace ava::control
