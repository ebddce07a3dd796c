// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/address.h"

#include <string.h>

#include <algorithm>
#include <cstddef>

#include "ava/base/text.h"

namespace ava::transport {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

int Length(std::string_view text) { return static_cast<int>(text.size()); }

}  // namespace

bool ParsePath(std::string_view path, UnixAddress& address, std::span<char> error) {
  constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.size() > kPathBytesMax) {
    FormatText(error, "socket path '%.*s' has %zu bytes, it must have between 1 and %zu",
               Length(path), path.data(), path.size(), kPathBytesMax);
    return false;
  }
  address = {};
  address.name.sun_family = AF_UNIX;
  memcpy(address.name.sun_path, path.data(), path.size());
  const bool abstract = path.front() == '@';
  if (abstract) address.name.sun_path[0] = '\0';
  // An abstract name ends where the address ends, a path with its NUL.
  address.bytes =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return true;
}

bool ParseUrl(std::string_view url, UnixAddress& address, std::span<char> error) {
  if (!url.starts_with(kUnixScheme)) {
    FormatText(error, "URL '%.*s' is of no kind known here: write 'unix:/path' or 'unix:@name'",
               Length(url), url.data());
    return false;
  }
  return ParsePath(url.substr(kUnixScheme.size()), address, error);
}

std::string_view UnixAddress::text(std::span<char> out) const {
  const std::size_t length =
      std::min<std::size_t>(bytes - offsetof(sockaddr_un, sun_path), sizeof name.sun_path);
  SetText(out, std::string_view(name.sun_path, length));
  if (!out.empty() && out[0] == '\0') out[0] = '@';
  return TextUntrusted(out);
}

}  // namespace ava::transport
