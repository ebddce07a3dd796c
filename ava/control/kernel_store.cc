// SPDX-License-Identifier: Apache-2.0
#include "ava/control/kernel_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/directories.h"

namespace ava::control {
namespace {

namespace fs = std::filesystem;

// Names that a view may have for each file that is taken.
constexpr std::uint64_t kLooksPerFile = 4;
constexpr int kDepthMax = 16;
constexpr int kOpenRoundsMax = 100;
constexpr std::uint64_t kShare = KernelStore::kLayersMax;
// Sessions that last hold old ones. With so many, nothing more is kept until some have ended.
constexpr std::size_t kGenerationsMax = 8;
constexpr std::int64_t kBlockBytes = 512;  // of st_blocks
constexpr mode_t kLayerDirectoryMode = 0777;
// Names that are no numbers are no generations.
constexpr std::string_view kLock = "lock";
constexpr std::string_view kBuilt = "built";
constexpr std::string_view kNext = "next";

UniqueFd OpenBelow(int parent_fd, const std::string& name) {
  return UniqueFd(openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool MakeLayerDirectory(int parent_fd, const std::string& name) {
  if (mkdirat(parent_fd, name.c_str(), kLayerDirectoryMode) != 0) return errno == EEXIST;
  return fchmodat(parent_fd, name.c_str(), kLayerDirectoryMode, 0) == 0;  // whatever the umask
}

std::vector<std::uint64_t> NumbersIn(int directory_fd) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : NamesIn(directory_fd)) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && std::to_string(number) == name) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

// Files on their way to their place: compilers write them under such names, then rename.
bool IsTemporary(std::string_view name) {
  return name.starts_with("tempfile_") || name.starts_with("tmp") || name.ends_with(".temp") ||
         name.ends_with(".tmp");
}

bool CopyAll(int from_fd, int to_fd, off_t bytes) {
  while (bytes > 0) {
    const ssize_t copied = sendfile(to_fd, from_fd, nullptr, static_cast<std::size_t>(bytes));
    if (copied <= 0) return false;
    bytes -= copied;
  }
  return true;
}

void MakeParents(int layer_fd, const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    MakeLayerDirectory(layer_fd, path.substr(0, slash));
  }
}

// What is new in a view, into a layer.
class Merge final : public TreeWalk {
 public:
  Merge(const CacheOwner& owner, const std::vector<UniqueFd>& layers, int layer_fd,
        const CacheLimits& limits)
      : owner_(owner), layers_(layers), layer_fd_(layer_fd), limits_(limits) {}

  void Take(int from_fd) { Run(from_fd, from_fd); }
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  // By descriptor: what a worker asked for before it was killed may still exchange the name's file
  // for a link, which we must not follow.
  void File(int from_fd, int, const std::string& path, const std::string& name,
            const struct stat& seen) override {
    full_ = full_ || ++looked_at_ > kLooksPerFile * limits_.files;
    if (full_ || !IsWorth(seen) || IsTemporary(name) || IsThere(path + name)) return;
    const UniqueFd file(
        openat(from_fd, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !IsWorth(status) || !HasRoom(status)) return;
    const bool moves = !owner_.change && status.st_dev == DeviceOf(layer_fd_);
    if (!moves && HasHoles(status)) return;
    MakeParents(layer_fd_, path);
    if (!(moves && Move(from_fd, path, name, file.get(), status)) &&
        !Copy(path + name, file.get(), status)) {
      return;
    }
    ++files_;
    bytes_ += static_cast<std::uint64_t>(status.st_size);
  }
  bool IsWorth(const struct stat& status) const {
    const uid_t expected = owner_.change ? owner_.uid : geteuid();
    return S_ISREG(status.st_mode) && status.st_uid == expected && status.st_nlink == 1 &&
           status.st_size != 0;
  }
  bool HasRoom(const struct stat& status) {
    full_ = files_ >= limits_.files ||
            bytes_ + static_cast<std::uint64_t>(status.st_size) > limits_.bytes;
    return !full_;
  }
  // Whoever was first stays: others may have it open. What is empty there, a crash has left.
  bool IsThere(const std::string& path) const {
    return std::ranges::any_of(layers_, [&path](const UniqueFd& layer) {
      struct stat status{};
      return fstatat(layer.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
             status.st_size != 0;
    });
  }
  static mode_t ModeOf(const struct stat& status) {
    return (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
  }
  // Within a file system, of our own user's: whoever was a worker with another may have left the
  // file open somewhere. The name's file may be another one by now, but one of this owner's.
  bool Move(int from_fd, const std::string& path, const std::string& name, int file,
            const struct stat& status) {
    if (fchmod(file, ModeOf(status)) != 0) return false;
    return renameat2(from_fd, name.c_str(), layer_fd_, (path + name).c_str(), RENAME_NOREPLACE) ==
           0;
  }
  // A file with holes is no compiler's, and could be larger here than all that its worker may have.
  static bool HasHoles(const struct stat& status) {
    return std::int64_t{status.st_blocks} * kBlockBytes < status.st_size;
  }
  bool Copy(const std::string& path, int file, const struct stat& status) {
    if (HasHoles(status)) return false;
    const UniqueFd copy(openat(layer_fd_, path.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!copy) return false;
    const timespec times[2] = {status.st_atim, status.st_mtim};
    if (CopyAll(file, copy.get(), status.st_size) && fchmod(copy.get(), ModeOf(status)) == 0 &&
        futimens(copy.get(), times) == 0) {
      return true;
    }
    full_ = true;  // most likely the disk
    unlinkat(layer_fd_, path.c_str(), 0);
    return false;
  }
  static dev_t DeviceOf(int fd) {
    struct stat status{};
    return fstat(fd, &status) == 0 ? status.st_dev : 0;
  }
  bool MakeDirectory(int, const std::string&) override { return !full_; }

  const CacheOwner& owner_;
  const std::vector<UniqueFd>& layers_;
  const int layer_fd_;
  const CacheLimits& limits_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t looked_at_ = 0;
  bool full_ = false;
};

struct Entry {
  std::string path;
  int layer_fd;
  std::int64_t used_s;
  std::uint64_t bytes;
};

// All files of layers; makes nothing.
class List final : public TreeWalk {
 public:
  explicit List(std::vector<Entry>& entries) : entries_(entries) {}
  void Layer(int layer_fd) {
    layer_fd_ = layer_fd;
    Run(layer_fd, layer_fd);
  }

 private:
  void File(int, int, const std::string& path, const std::string& name,
            const struct stat& status) override {
    if (status.st_size == 0) return;
    entries_.push_back({path + name, layer_fd_,
                        std::max(status.st_atim.tv_sec, status.st_mtim.tv_sec),
                        static_cast<std::uint64_t>(status.st_size)});
  }
  bool MakeDirectory(int, const std::string&) override { return true; }

  std::vector<Entry>& entries_;
  int layer_fd_ = -1;
};

// False: the disk takes no more. Otherwise an entry that cannot be linked is passed over: two
// layers may have the same name, be it of a file in one and of a directory in the other, and an
// entry may have gone.
bool Link(const Entry& entry, int to_fd) {
  MakeParents(to_fd, entry.path);
  return linkat(entry.layer_fd, entry.path.c_str(), to_fd, entry.path.c_str(), 0) == 0 ||
         (errno != ENOSPC && errno != EDQUOT && errno != EROFS && errno != EIO);
}

}  // namespace

void TreeWalk::Run(int from_fd, int to_fd, const std::string& path, int depth) {
  for (const std::string& name : NamesIn(from_fd)) {
    struct stat status{};
    if (fstatat(from_fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(status.st_mode)) File(from_fd, to_fd, path, name, status);
    if (S_ISDIR(status.st_mode) && depth < kDepthMax) Below(from_fd, to_fd, path, name, depth);
  }
}

void TreeWalk::Below(int from_fd, int to_fd, const std::string& path, const std::string& name,
                     int depth) {
  const UniqueFd from = OpenBelow(from_fd, name);
  if (!from || !MakeDirectory(to_fd, name)) return;
  const UniqueFd to = OpenBelow(to_fd, name);
  if (to && HandOver(to.get())) Run(from.get(), to.get(), path + name + "/", depth + 1);
}

std::string KernelStore::Path(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

Result<void> KernelStore::Prepare() const { return EnsureDirectory(directory_, 0700); }

Result<KernelStore::Generation> KernelStore::Open() const {
  // A generation may end between its being listed and its being locked.
  for (int round = 0; round < kOpenRoundsMax; ++round) {
    const UniqueFd store = OpenBelow(AT_FDCWD, directory_);
    if (!store) return FailSystem("open", directory_);
    const std::vector<std::uint64_t> numbers = NumbersIn(store.get());
    if (numbers.empty()) {
      // An overlay wants a layer, however empty. Another manager may do the same.
      AVA_TRY(EnsureDirectory(Path("1"), 0755));
      AVA_TRY(EnsureDirectory(Path("1/0"), 0755));
      continue;
    }
    Generation generation{.number = numbers.back(),
                          .directory = OpenBelow(store.get(), std::to_string(numbers.back())),
                          .layers = {}};
    if (!generation.directory || flock(generation.directory.get(), LOCK_SH | LOCK_NB) != 0)
      continue;
    generation.layers = NumbersIn(generation.directory.get());
    if (!generation.layers.empty()) return generation;
    // As left by a manager that was killed; or it has just been removed.
    if (mkdirat(generation.directory.get(), "0", 0755) != 0 && errno != EEXIST && errno != ENOENT) {
      return FailSystem("mkdir", Path(fmt::format("{}/0", generation.number)));
    }
  }
  return Fail(ErrorCode::kUnavailable,
              fmt::format("'{}': no generation stays; is something else changing it?", directory_));
}

Result<void> KernelStore::Add(int from_fd, const CacheOwner& owner,
                              const CacheLimits& limits) const {
  const UniqueFd lock(open(Path(kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock || flock(lock.get(), LOCK_EX) != 0) return FailSystem("flock", Path(kLock));
  for (const std::string_view left : {kBuilt, kNext}) AVA_TRY(RemoveTree(Path(left)));
  auto added = AddLocked(from_fd, owner, limits);
  AVA_TRY(RemoveTree(Path(kBuilt)));  // of a layer that was empty, or failed
  AVA_TRY(RemoveTree(Path(kNext)));
  return added;
}

Result<void> KernelStore::AddLocked(int from_fd, const CacheOwner& owner,
                                    const CacheLimits& limits) const {
  Generation generation = AVA_TRY(Open());
  const std::size_t generations = RemoveOld(generation.number);
  AVA_TRY(EnsureDirectory(Path(kBuilt), 0755));
  const UniqueFd built = OpenBelow(AT_FDCWD, Path(kBuilt));
  if (!built) return FailSystem("open", Path(kBuilt));
  std::vector<UniqueFd> layers;
  for (const std::uint64_t layer : generation.layers) {
    layers.push_back(OpenBelow(generation.directory.get(), std::to_string(layer)));
  }
  Merge merge(owner, layers, built.get(), limits);
  merge.Take(from_fd);
  if (merge.files() == 0) return {};
  if (generation.layers.size() == kLayersMax || merge.files() > limits.files / kShare ||
      merge.bytes() > limits.bytes / kShare) {
    if (generations >= kGenerationsMax) return {};
    AVA_TRY(StartGeneration(generation, built.get(), limits));
    const std::uint64_t current = generation.number + 1;
    generation.directory.Reset();
    RemoveOld(current);
    return {};
  }
  const std::string name = std::to_string(generation.layers.back() + 1);
  if (renameat(AT_FDCWD, Path(kBuilt).c_str(), generation.directory.get(), name.c_str()) != 0) {
    return FailSystem("rename", Path(fmt::format("{}/{}", generation.number, name)));
  }
  return {};
}

Result<void> KernelStore::StartGeneration(const Generation& old, int built_fd,
                                          const CacheLimits& limits) const {
  std::vector<UniqueFd> layers;
  std::vector<Entry> entries;
  List list(entries);
  for (const std::uint64_t layer : old.layers) {
    layers.push_back(OpenBelow(old.directory.get(), std::to_string(layer)));
    if (layers.back()) list.Layer(layers.back().get());
  }
  list.Layer(built_fd);
  std::ranges::sort(entries, std::ranges::greater(), &Entry::used_s);
  const std::string next = Path(kNext);
  AVA_TRY(EnsureDirectory(next + "/0", 0755));
  const UniqueFd layer = OpenBelow(AT_FDCWD, next + "/0");
  if (!layer) return FailSystem("open", next + "/0");
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries) {
    if (++files > limits.files || (bytes += entry.bytes) > limits.bytes) break;
    if (!Link(entry, layer.get())) return FailSystem("link", entry.path);
  }
  if (rename(next.c_str(), Path(std::to_string(old.number + 1)).c_str()) != 0) {
    return FailSystem("rename", next);
  }
  return {};
}

std::size_t KernelStore::RemoveOld(std::uint64_t current) const {
  const UniqueFd store = OpenBelow(AT_FDCWD, directory_);
  if (!store) return 0;
  std::size_t left = 0;
  for (const std::uint64_t number : NumbersIn(store.get())) {
    const UniqueFd generation = OpenBelow(store.get(), std::to_string(number));
    // Who has it open has it below a mount.
    const bool goes = number < current && generation &&
                      flock(generation.get(), LOCK_EX | LOCK_NB) == 0 &&
                      RemoveTree(Path(std::to_string(number))).has_value();
    left += goes ? 0 : 1;
  }
  return left;
}

}  // namespace ava::control
