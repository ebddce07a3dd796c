// SPDX-License-Identifier: Apache-2.0
#include "ava/control/welcome.h"

#include <sys/stat.h>

#include <array>
#include <cstddef>
#include <span>

#include "ava/base/fd_passing.h"
#include "ava/base/text.h"
#include "ava/control/socket.h"
#include "ava/wire/abi.h"

namespace ava::control {
namespace {

wire::Welcome MakeWelcome(wire::WelcomeStatus status) {
  wire::Welcome welcome{};
  welcome.magic = wire::kWelcomeMagic;
  welcome.abi_version = wire::kAbiVersion;
  welcome.status = static_cast<std::uint32_t>(status);
  return welcome;
}

// Never blocks: a guest has room for one answer, or loses it.
bool Send(int connection, const wire::Welcome& welcome, std::span<const int> fds) {
  const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(&welcome, 1))};
  return SendPacket(connection, parts, fds, SendMode::kDontWait) == 0;
}

}  // namespace

bool WelcomeGuest(int connection, const Accepted& accepted) {
  struct stat status{};
  if (fstat(accepted.memory_fd, &status) != 0) return false;
  wire::Welcome welcome = MakeWelcome(wire::WelcomeStatus::kAccepted);
  welcome.session = accepted.session;
  welcome.memory_bytes = static_cast<std::uint64_t>(status.st_size);
  welcome.arena_bytes = welcome.memory_bytes - wire::kArenaOffset;
  SetText(welcome.server, accepted.server);
  return Send(connection, welcome, std::array{accepted.memory_fd, accepted.socket_fd});
}

void RefuseGuest(int connection, wire::WelcomeStatus status, std::string_view reason) {
  wire::Welcome welcome = MakeWelcome(status);
  SetText(welcome.reason, reason);
  Drain(connection);
  static_cast<void>(Send(connection, welcome, {}));
}

}  // namespace ava::control
