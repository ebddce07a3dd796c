// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/guest_stdout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace ava::transport {
namespace {

// From the table of the process's first thread, which is the program's.
UniqueFd FetchFromProgram(int fd) {
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  if (!process) return {};
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_getfd, process.get(), fd, 0)));
}

}  // namespace

GuestStdout::Identity GuestStdout::Now() {
  struct stat status = {};
  if (fstat(STDOUT_FILENO, &status) != 0) return {};
  return {.open = true, .device = status.st_dev, .file = status.st_ino};
}

GuestStdout::Seen GuestStdout::Look() {
  const Identity now = Now();
  if (now == passed_ && !let_go_) return Seen::kSame;
  passed_ = now;
  let_go_ = false;
  return now == first_ ? Seen::kFirst : Seen::kOther;
}

bool GuestStdout::LetGo() {
  if (passed_ == first_ || let_go_) return false;
  let_go_ = true;
  return true;
}

UniqueFd FetchStdout(bool apart) {
  UniqueFd fetched = apart ? FetchFromProgram(STDOUT_FILENO)
                           : UniqueFd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (fetched || errno != EBADF) return fetched;
  return UniqueFd(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

}  // namespace ava::transport
