// SPDX-License-Identifier: Apache-2.0
#pragma once

// The manager's one answer to a guest (ava/wire/handshake.h).

#include <cstdint>
#include <string_view>

#include "ava/wire/handshake.h"

namespace ava::control {

struct Accepted {
  std::uint64_t session = 0;
  std::string_view server;  // which device, in words
  int memory_fd = -1;
  int socket_fd = -1;
};

// False: the guest is gone.
bool WelcomeGuest(int connection, const Accepted& accepted);
void RefuseGuest(int connection, wire::WelcomeStatus status, std::string_view reason);

}  // namespace ava::control
