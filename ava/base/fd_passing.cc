// SPDX-License-Identifier: Apache-2.0
#include "ava/base/fd_passing.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ava/base/check.h"
#include "ava/base/clock.h"

namespace ava {
namespace {

constexpr std::size_t kPartsMax = 8;
constexpr int kTooManyRefsRetries = 200;
constexpr long kTooManyRefsPauseNs = 5 * kNanosecondsPerMillisecond;

union ControlBuffer {
  cmsghdr header;  // for the alignment
  std::array<char, CMSG_SPACE(sizeof(int) * kPassedFdsMax)> bytes;
};

void AttachFds(msghdr& message, ControlBuffer& control, std::span<const int> fds) {
  memset(&control, 0, sizeof control);
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(fds.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(fds.size_bytes());
  memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
}

// Every descriptor that arrived gets an owner; those beyond our array are closed at once.
void TakeFds(msghdr& message, ReceivedPacket& packet) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      UniqueFd owner(fd);
      if (packet.fd_count < kPassedFdsMax) packet.fds[packet.fd_count++] = std::move(owner);
    }
  }
}

}  // namespace

int SendPacket(int socket, std::span<const std::span<const std::byte>> parts,
               std::span<const int> fds, SendMode mode) {
  AVA_CHECK(parts.size() <= kPartsMax && fds.size() <= kPassedFdsMax);
  std::array<iovec, kPartsMax> pieces = {};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pieces[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
  }
  msghdr message = {};
  message.msg_iov = pieces.data();
  message.msg_iovlen = parts.size();
  ControlBuffer control;
  if (!fds.empty()) AttachFds(message, control, fds);

  const int flags = MSG_NOSIGNAL | (mode == SendMode::kDontWait ? MSG_DONTWAIT : 0);
  for (int retry = 0;;) {
    if (sendmsg(socket, &message, flags) >= 0) return 0;
    if (errno == EINTR) continue;
    if (errno != ETOOMANYREFS || retry++ >= kTooManyRefsRetries) return errno;
    const timespec pause = {0, kTooManyRefsPauseNs};
    nanosleep(&pause, nullptr);
  }
}

ReceivedPacket ReceivePacket(int socket, std::span<std::byte> buffer) {
  ReceivedPacket packet;
  iovec piece = {buffer.data(), buffer.size()};
  ControlBuffer control;
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  do {
    packet.bytes = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (packet.bytes < 0 && errno == EINTR);
  if (packet.bytes < 0) {
    packet.bytes = -errno;
    return packet;
  }
  TakeFds(message, packet);
  packet.truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  return packet;
}

}  // namespace ava
