// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/guest_files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "ava/base/format.h"
#include "ava/base/path.h"
#include "ava/base/system_error.h"

// Resolve runs inside the calls that it answers for (open, stat, ...), so this file makes none of
// those: only their ...at forms.

namespace ava::worker {
namespace {

bool IsBelow(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string RealPath(const std::string& path) {
  std::array<char, PATH_MAX> real = {};
  return realpath(path.c_str(), real.data()) == nullptr ? path : std::string(real.data());
}

bool HasContent(int directory, const char* name, std::span<const std::byte> content) {
  const UniqueFd fd(openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::size_t>(status.st_size) != content.size())
    return false;
  std::array<std::byte, 16384> part;
  while (!content.empty()) {
    const ssize_t got = read(fd.get(), part.data(), part.size());
    if (got <= 0 || static_cast<std::size_t>(got) > content.size()) return false;
    if (std::memcmp(part.data(), content.data(), static_cast<std::size_t>(got)) != 0) return false;
    content = content.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

Result<void> WriteNew(const std::string& path, std::span<const std::byte> content) {
  static_cast<void>(unlinkat(AT_FDCWD, path.c_str(), 0));
  const UniqueFd fd(
      openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return FailSystem("open", path);
  while (!content.empty()) {
    const ssize_t written = write(fd.get(), content.data(), content.size());
    if (written <= 0) return FailSystem("write", path);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

GuestFiles::GuestFiles(Setup setup) : setup_(std::move(setup)) {
  for (std::string& directory : setup_.own) directory = RealPath(directory);
}

Result<void> GuestFiles::CheckLimits(const std::string& name, std::size_t bytes) const {
  const auto held = files_.find(name);
  const std::size_t others = bytes_ - (held == files_.end() ? 0 : held->second);
  if (held == files_.end() && entries_ >= setup_.limits.files) {
    return Fail(ErrorCode::kExhausted,
                fmt::format("'{}': a session's builds read {} files and directories, and "
                            "kGuestFilesMax is {}: name fewer in #include, or start anew",
                            name, entries_ + 1, setup_.limits.files));
  }
  if (bytes > setup_.limits.bytes || others > setup_.limits.bytes - bytes) {
    return Fail(ErrorCode::kExhausted,
                fmt::format("'{}': a session's builds read {} bytes of files, and "
                            "kGuestFilesBytesMax is {}: include less, or start anew",
                            name, others + bytes, setup_.limits.bytes));
  }
  return {};
}

Result<UniqueFd> GuestFiles::OpenDirectory(const std::string& name) {
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd at(openat(AT_FDCWD, setup_.root.c_str(), kFlags));
  if (!at) return FailSystem("open", setup_.root);
  for (std::size_t start = 1; start < name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    const std::string part = name.substr(start, end - start);
    const std::string whole = name.substr(0, end);
    if (files_.contains(whole)) Drop(whole);  // It was a file once.
    UniqueFd next(openat(at.get(), part.c_str(), kFlags));
    if (!next && errno == ENOENT) {
      AVA_TRY(CheckLimits(whole, 0));
      if (mkdirat(at.get(), part.c_str(), 0700) != 0) return FailSystem("mkdir", whole);
      ++entries_;
      next = UniqueFd(openat(at.get(), part.c_str(), kFlags));
    }
    if (!next) return FailSystem("open", whole);
    at = std::move(next);
    start = end + 1;
  }
  return at;
}

Result<void> GuestFiles::Put(const char* path, const void* data, std::size_t bytes) {
  if (setup_.root.empty()) return Fail(ErrorCode::kUnavailable, "no place for a guest's files");
  if (path == nullptr || (data == nullptr && bytes != 0))
    return Fail(ErrorCode::kInvalid, "a file without name or content");
  const std::scoped_lock lock(mutex_);
  return Replace(NormalPath(path), {static_cast<const std::byte*>(data), bytes});
}

Result<void> GuestFiles::Replace(const std::string& name, std::span<const std::byte> content) {
  const std::size_t slash = name.rfind('/');
  const std::string base = name.substr(slash + 1);
  if (base.empty()) return Fail(ErrorCode::kInvalid, "'/' is no file");
  AVA_TRY(CheckLimits(name, content.size()));
  const UniqueFd parent = AVA_TRY(OpenDirectory(name.substr(0, slash)));
  const auto held = files_.find(name);
  if (held != files_.end() && HasContent(parent.get(), base.c_str(), content)) return {};
  if (held == files_.end()) AVA_TRY(CheckLimits(name, content.size()));  // after its directories
  const std::string incoming = setup_.root + ".incoming";
  AVA_TRY(WriteNew(incoming, content));
  if (renameat(AT_FDCWD, incoming.c_str(), parent.get(), base.c_str()) != 0)
    return FailSystem("rename", name);
  entries_ += held == files_.end() ? 1 : 0;
  bytes_ += content.size() - (held == files_.end() ? 0 : held->second);
  files_.insert_or_assign(name, content.size());
  return {};
}

void GuestFiles::Drop(const std::string& name) {
  const auto held = files_.find(name);
  if (held == files_.end()) return;
  static_cast<void>(unlinkat(AT_FDCWD, (setup_.root + name).c_str(), 0));
  --entries_;
  bytes_ -= held->second;
  files_.erase(held);
}

void GuestFiles::Remove(const char* paths, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  std::string_view rest(paths, paths == nullptr ? 0 : bytes);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    Drop(NormalPath(rest.substr(0, end)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

Result<void> GuestFiles::Enter(const char* directory) {
  if (setup_.root.empty()) return Fail(ErrorCode::kUnavailable, "no place for a guest's files");
  if (directory == nullptr) return Fail(ErrorCode::kInvalid, "a directory without name");
  const std::string name = NormalPath(directory);
  const std::scoped_lock lock(mutex_);
  const UniqueFd fd = AVA_TRY(OpenDirectory(name));
  if (fchdir(fd.get()) != 0) return FailSystem("chdir", name);
  directory_ = name;
  return {};
}

// Its real name decides: the vendor's library spells its directories as it likes.
bool GuestFiles::IsOwn(const char* path) const {
  const UniqueFd fd(openat(AT_FDCWD, path, O_PATH | O_CLOEXEC));
  if (!fd) return false;
  std::array<char, PATH_MAX> real;
  const std::string link = fmt::format("/proc/self/fd/{}", fd.get());
  const ssize_t bytes = readlinkat(AT_FDCWD, link.c_str(), real.data(), real.size());
  if (bytes <= 0) return false;
  const std::string_view name(real.data(), static_cast<std::size_t>(bytes));
  return std::ranges::any_of(
      setup_.own, [name](const std::string& directory) { return IsBelow(name, directory); });
}

bool Told(const Result<void>& result) {
  if (!result.has_value() && result.error().code() != ErrorCode::kUnavailable)
    dprintf(STDERR_FILENO, "ava: %s\n", result.error().message().c_str());
  return result.has_value();
}

std::optional<std::string> GuestFiles::Resolve(const char* path) const {
  const std::string_view spelled(path);
  if (spelled.empty()) return std::nullopt;
  std::string name = setup_.root;
  {
    const std::scoped_lock lock(mutex_);
    name += AbsolutePath(directory_, spelled);
  }
  struct stat status{};
  if (fstatat(AT_FDCWD, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return name;
  if (!spelled.starts_with('/')) return std::nullopt;
  if (IsBelow(spelled, "/proc/self/fd") || IsOwn(path)) return std::string(spelled);
  return std::nullopt;
}

}  // namespace ava::worker
