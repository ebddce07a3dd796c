// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/trust.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "ava/base/text.h"

namespace ava::transport {
namespace {

constexpr const char* kRemedy = "use a socket of your own, or ask who put it there";

using Path = std::array<char, sizeof(sockaddr_un::sun_path) + 1>;

bool IsTrustedUser(uid_t user) { return user == 0 || user == geteuid(); }

// "/a/b" -> "/a", "/a" -> "/", "a" -> ".".
void DirectoryOf(const char* path, Path& out) {
  const std::string_view whole(path);
  const std::size_t slash = whole.rfind('/');
  if (slash == std::string_view::npos) {
    SetText(out, ".");
  } else {
    SetText(out, whole.substr(0, slash == 0 ? 1 : slash));
  }
}

bool IsOwned(const char* what, const char* path, const struct stat& status, std::span<char> error) {
  if (IsTrustedUser(status.st_uid)) return true;
  FormatText(error, "the manager's %s '%s' belongs to user %u, neither root nor user %u: %s", what,
             path, status.st_uid, geteuid(), kRemedy);
  return false;
}

// The link, if it is one, and what it leads to.
bool IsTrustedDirectory(const char* path, std::span<char> error) {
  struct stat status = {};
  if (lstat(path, &status) != 0) return true;
  if (!IsOwned("directory", path, status, error)) return false;
  if (stat(path, &status) != 0) return true;
  if (!IsOwned("directory", path, status, error)) return false;
  if ((status.st_mode & S_IWOTH) == 0 || (status.st_mode & S_ISVTX) != 0) return true;
  FormatText(error, "anybody may write to the manager's directory '%s' (mode %04o): chmod o-w it",
             path, status.st_mode & 07777U);
  return false;
}

}  // namespace

bool IsTrustedPlace(const UnixAddress& address, std::span<char> error) {
  Path path = {};
  address.text(path);
  if (path[0] == '@') return true;  // no file: the peer decides
  Path directory = {};
  DirectoryOf(path.data(), directory);
  if (!IsTrustedDirectory(directory.data(), error)) return false;
  struct stat status = {};
  if (lstat(path.data(), &status) != 0) return true;
  return IsOwned("socket", path.data(), status, error);
}

bool IsTrustedPeer(int socket, const UnixAddress& address, std::span<char> error) {
  Path path = {};
  ucred peer = {};
  socklen_t bytes = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) {
    FormatText(error, "cannot find out who listens on '%s'", address.text(path));
    return false;
  }
  if (IsTrustedUser(peer.uid)) return true;
  FormatText(error, "a process of user %u listens on '%s', neither root's nor user %u's: %s",
             peer.uid, address.text(path), geteuid(), kRemedy);
  return false;
}

}  // namespace ava::transport
