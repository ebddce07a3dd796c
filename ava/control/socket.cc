// SPDX-License-Identifier: Apache-2.0
#include "ava/control/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/transport/address.h"
#include "ava/transport/trust.h"

namespace ava::control {
namespace {

constexpr int kBacklog = 4096;
constexpr time_t kConnectSecondsMax = 20;

Result<transport::UnixAddress> Parse(const std::string& address) {
  transport::UnixAddress parsed;
  std::array<char, 256> error{};
  if (!transport::ParsePath(address, parsed, error)) {
    return Fail(ErrorCode::kInvalid, error.data());
  }
  return parsed;
}

const sockaddr* Name(const transport::UnixAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.name);
}

Result<void> Bind(int socket, const std::string& address, const transport::UnixAddress& parsed) {
  if (bind(socket, Name(parsed), parsed.bytes) == 0) return {};
  if (errno != EADDRINUSE) return FailSystem("bind", address);
  auto listening = ConnectTo(address);
  if (listening.has_value() || address.starts_with('@')) {
    return Fail(
        ErrorCode::kUnavailable,
        fmt::format("another program listens on '{}': stop it, or use another socket", address));
  }
  if (listening.error().code() != ErrorCode::kUnavailable) {
    return std::unexpected(std::move(listening).error());  // not ours to remove
  }
  RemoveSocket(address);
  if (bind(socket, Name(parsed), parsed.bytes) != 0) return FailSystem("bind", address);
  return {};
}

}  // namespace

Result<Peer> PeerOf(int socket) {
  ucred credentials{};
  socklen_t bytes = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
    return FailSystem("getsockopt", "SO_PEERCRED");
  }
  return Peer{credentials.uid, credentials.gid, credentials.pid};
}

Result<UniqueFd> ConnectTo(const std::string& address) {
  const transport::UnixAddress parsed = AVA_TRY(Parse(address));
  std::array<char, 512> why{};
  if (!transport::IsTrustedPlace(parsed, why)) return Fail(ErrorCode::kInvalid, why.data());
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket) return FailSystem("socket", address);
  // A manager that is stopped has a queue that may be full.
  const timeval patience{.tv_sec = kConnectSecondsMax, .tv_usec = 0};
  if (setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
    return FailSystem("setsockopt", "SO_SNDTIMEO");
  }
  if (connect(socket.get(), Name(parsed), parsed.bytes) != 0) {
    const int error = errno;
    auto failed = FailSystem("connect", address, error);
    if (error != ENOENT && error != ECONNREFUSED) return failed;
    return Fail(ErrorCode::kUnavailable, failed.error().message());
  }
  if (!transport::IsTrustedPeer(socket.get(), parsed, why)) {
    return Fail(ErrorCode::kInvalid, why.data());
  }
  return socket;
}

Result<UniqueFd> ListenOn(const std::string& address, Audience audience) {
  const transport::UnixAddress parsed = AVA_TRY(Parse(address));
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return FailSystem("socket", address);
  const mode_t old = umask(audience == Audience::kEverybody ? 0 : 0177);
  const auto bound = Bind(socket.get(), address, parsed);
  umask(old);
  if (!bound.has_value())
    return std::unexpected(Error(bound.error().code(), bound.error().message()));
  if (listen(socket.get(), kBacklog) != 0) return FailSystem("listen", address);
  return socket;
}

SocketFile SocketFileAt(const std::string& address) {
  struct stat status{};
  if (address.starts_with('@') || lstat(address.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return {};
  return {.device = status.st_dev, .inode = status.st_ino};
}

void RemoveSocket(const std::string& address) { RemoveSocket(address, SocketFileAt(address)); }

void RemoveSocket(const std::string& address, const SocketFile& file) {
  if (file.inode != 0 && SocketFileAt(address) == file) unlink(address.c_str());
}

ssize_t PeekPacket(int socket, std::span<std::byte> buffer) {
  const ssize_t bytes =
      recv(socket, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
  return bytes >= 0 ? bytes : -errno;
}

void Drain(int socket) {
  std::byte byte{};
  while (recv(socket, &byte, 1, MSG_DONTWAIT) > 0) {
  }
}

}  // namespace ava::control
