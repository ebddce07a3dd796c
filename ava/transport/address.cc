// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/address.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "ava/base/text.h"

namespace ava::transport {
namespace {

constexpr std::string_view kUnixScheme = "unix:";

// A name as it was given, cut off where a message would become unreadable.
struct Shown {
  explicit Shown(std::string_view name) { SetText(text, name); }
  std::array<char, 160> text;
};

}  // namespace

bool ParsePath(std::string_view path, UnixAddress& address, std::span<char> error) {
  constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
  if (path.empty() || path.size() > kPathBytesMax) {
    FormatText(error, "socket path '%s' has %zu bytes, it must have between 1 and %zu",
               Shown(path).text.data(), path.size(), kPathBytesMax);
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
    FormatText(error, "URL '%s' is of no kind known here: write 'unix:/path' or 'unix:@name'",
               Shown(url).text.data());
    return false;
  }
  return ParsePath(url.substr(kUnixScheme.size()), address, error);
}

const char* UnixAddress::text(std::span<char> out) const {
  const std::size_t length =
      std::min<std::size_t>(bytes - offsetof(sockaddr_un, sun_path), sizeof name.sun_path);
  SetText(out, std::string_view(name.sun_path, length));
  if (out[0] == '\0') out[0] = '@';
  return out.data();
}

}  // namespace ava::transport
