// SPDX-License-Identifier: Apache-2.0
#include "apps/ava-worker/file_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <optional>
#include <string>
#include <utility>

namespace ava {
namespace {

constinit thread_local const worker::GuestFiles* t_files = nullptr;

// Makes `call` with the path that `path` stands for in this thread.
template <class Call>
int WithFile(const char* path, Call call) {
  if (t_files == nullptr || path == nullptr) return call(path);
  const int before = errno;
  const std::optional<std::string> resolved = t_files->Resolve(path);
  if (!resolved.has_value()) {
    errno = ENOENT;
    return -1;
  }
  errno = before;
  return call(resolved->c_str());
}

bool TakesMode(int flags) { return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE; }

bool Writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

int Open(const char* path, int flags, mode_t mode) {
  if (Writes(flags)) return openat(AT_FDCWD, path, flags, mode);
  return WithFile(path, [&](const char* name) { return openat(AT_FDCWD, name, flags, mode); });
}

int Stat(const char* path, struct stat* status, int flags) {
  return WithFile(path, [&](const char* name) { return fstatat(AT_FDCWD, name, status, flags); });
}

}  // namespace

void SeeFilesOf(const worker::GuestFiles* files) { t_files = files; }

}  // namespace ava

// The C library's headers declare these names with inline bodies, attributes and exceptions of
// their own, so ours have other names to the compiler. On 64-bit Linux struct stat64 is struct
// stat, and open64 is open.
#define AVA_IN_PLACE_OF(symbol) __asm__(symbol) __attribute__((visibility("default"), used))

extern "C" {
int AvaOpen(const char* path, int flags, ...) AVA_IN_PLACE_OF("open");
int AvaOpen64(const char* path, int flags, ...) AVA_IN_PLACE_OF("open64");
int AvaStat(const char* path, struct stat* status) AVA_IN_PLACE_OF("stat");
int AvaStat64(const char* path, struct stat* status) AVA_IN_PLACE_OF("stat64");
int AvaLstat(const char* path, struct stat* status) AVA_IN_PLACE_OF("lstat");
int AvaLstat64(const char* path, struct stat* status) AVA_IN_PLACE_OF("lstat64");
int AvaAccess(const char* path, int mode) AVA_IN_PLACE_OF("access");

int AvaOpen(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ava::TakesMode(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return ava::Open(path, flags, mode);
}

int AvaOpen64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ava::TakesMode(flags) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return ava::Open(path, flags, mode);
}

int AvaStat(const char* path, struct stat* status) { return ava::Stat(path, status, 0); }
int AvaStat64(const char* path, struct stat* status) { return ava::Stat(path, status, 0); }
int AvaLstat(const char* path, struct stat* status) {
  return ava::Stat(path, status, AT_SYMLINK_NOFOLLOW);
}
int AvaLstat64(const char* path, struct stat* status) {
  return ava::Stat(path, status, AT_SYMLINK_NOFOLLOW);
}

int AvaAccess(const char* path, int mode) {
  return ava::WithFile(path, [&](const char* name) { return faccessat(AT_FDCWD, name, mode, 0); });
}
}
