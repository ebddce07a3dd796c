// SPDX-License-Identifier: Apache-2.0
#include "ava/control/activation.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "ava/base/format.h"
#include "ava/base/system_error.h"

namespace ava::control {
namespace {

constexpr int kFirstFd = 3;

std::string TakeVariable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  unsetenv(name);
  return taken;
}

int Option(int socket, int name) {
  int value = 0;
  socklen_t bytes = sizeof value;
  return getsockopt(socket, SOL_SOCKET, name, &value, &bytes) == 0 ? value : -1;
}

// "/path" or "@name"; empty: of another family, or without a name.
std::string AddressOf(int socket) {
  sockaddr_un name{};
  socklen_t bytes = sizeof name;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&name), &bytes) != 0) return "";
  constexpr std::size_t kHeader = offsetof(sockaddr_un, sun_path);
  if (name.sun_family != AF_UNIX || bytes <= kHeader) return "";
  std::string text(name.sun_path, bytes - kHeader);
  if (text.front() == '\0') {
    text.front() = '@';
    return text;
  }
  return text.substr(0, text.find('\0'));
}

}  // namespace

Result<ActivatedSocket> TakeActivatedSocket() {
  const std::string pid = TakeVariable("LISTEN_PID");
  const std::string count = TakeVariable("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
  if (pid != std::to_string(getpid()) || count.empty() || count == "0") return ActivatedSocket{};
  if (count != "1") {
    return Fail(ErrorCode::kInvalid,
                fmt::format("LISTEN_FDS is '{}': a manager has one socket", count));
  }
  UniqueFd socket(kFirstFd);
  if (Option(kFirstFd, SO_TYPE) != SOCK_SEQPACKET || Option(kFirstFd, SO_ACCEPTCONN) != 1) {
    return Fail(ErrorCode::kInvalid,
                "descriptor 3 is no listening socket of the right kind: use "
                "ListenSequentialPacket= in the socket unit");
  }
  std::string address = AddressOf(kFirstFd);
  if (address.empty()) {
    return Fail(ErrorCode::kInvalid, "descriptor 3 is no Unix socket with a name");
  }
  const int flags = fcntl(kFirstFd, F_GETFL);
  if (fcntl(kFirstFd, F_SETFD, FD_CLOEXEC) != 0 ||
      fcntl(kFirstFd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return FailSystem("fcntl", "descriptor 3");
  }
  return ActivatedSocket{.socket = std::move(socket), .address = std::move(address)};
}

}  // namespace ava::control
