// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manager's socket, and who is at the other end.

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>

#include "ava/base/result.h"
#include "ava/base/unique_fd.h"

namespace ava::control {

// From the kernel, at the time of connect(): nothing that a message says.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};
Result<Peer> PeerOf(int socket);

// `address`: a path or "@name". kUnavailable: nobody listens. kInvalid: it is neither root's nor
// this user's (ava/transport/trust.h).
Result<UniqueFd> ConnectTo(const std::string& address);

enum class Audience { kOwner, kEverybody };
// Listens, non-blocking. A socket file on which nobody listens is replaced; the caller holds the
// lock that keeps other managers from doing the same. kUnavailable: somebody listens.
Result<UniqueFd> ListenOn(const std::string& address, Audience audience);

// The file of a socket, to be told from one that has taken its place.
struct SocketFile {
  dev_t device = 0;
  ino_t inode = 0;  // 0: it has none
  bool operator==(const SocketFile&) const = default;
};
// What lies at a path now, if it is a socket.
SocketFile SocketFileAt(const std::string& address);

// Removes the file of a path, if it is a socket.
void RemoveSocket(const std::string& address);
// The same, if it is still this one: systemd's socket may have taken its place.
void RemoveSocket(const std::string& address, const SocketFile& file);

// The next packet's length and first bytes, which stay there; descriptors that came along are not
// looked at. 0: closed. Negative: -errno, -EAGAIN for none yet.
ssize_t PeekPacket(int socket, std::span<std::byte> buffer);
// Takes all packets, and lets the kernel close descriptors that came along. Before close(): unread
// packets would turn our last words into ECONNRESET.
void Drain(int socket);

}  // namespace ava::control
