// SPDX-License-Identifier: Apache-2.0
#pragma once

// One packet of a SOCK_SEQPACKET unix socket, with the descriptors that travel along. EINTR is
// retried, SIGPIPE never comes, and received descriptors are close-on-exec.

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>

#include "ava/base/unique_fd.h"

namespace ava {

inline constexpr std::size_t kPassedFdsMax = 4;

enum class SendMode { kBlocking, kDontWait };

// 0, or an errno. Too many descriptors on their way (ETOOMANYREFS) is retried for a while.
int SendPacket(int socket, std::span<const std::span<const std::byte>> parts,
               std::span<const int> fds = {}, SendMode mode = SendMode::kBlocking);

struct ReceivedPacket {
  ssize_t bytes = 0;  // 0: the peer has closed; negative: -errno
  bool truncated =
      false;  // The packet, or its descriptors, did not fit: the peer breaks the protocol.
  std::size_t fd_count = 0;
  std::array<UniqueFd, kPassedFdsMax> fds;
};

// Waits for a packet unless the socket is non-blocking.
ReceivedPacket ReceivePacket(int socket, std::span<std::byte> buffer);

}  // namespace ava
