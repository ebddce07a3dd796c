// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the guest looks for its manager.

#include <sys/socket.h>
#include <sys/un.h>

#include <span>
#include <string_view>

namespace ava::transport {

struct UnixAddress {
  sockaddr_un name = {};
  socklen_t bytes = 0;

  // The path, or '@' and the abstract name, for messages.
  const char* text(std::span<char> out) const;
};

// "unix:/path" or "unix:@name". False, with a line in `error`, for anything else.
bool ParseUrl(std::string_view url, UnixAddress& address, std::span<char> error);
// A path, or "@name". False when it is too long.
bool ParsePath(std::string_view path, UnixAddress& address, std::span<char> error);

}  // namespace ava::transport
