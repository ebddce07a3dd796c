// SPDX-License-Identifier: Apache-2.0
//
// The guest's half of the hand-shake: ava/wire/handshake.h.

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "ava/base/check.h"
#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/text.h"
#include "ava/base/thread.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/address.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/session_mapping.h"
#include "ava/transport/shm_guest_channel.h"
#include "ava/transport/trust.h"
#include "ava/wire/handshake.h"

extern char** environ;

namespace ava::transport {
namespace {

// A manager may have many guests to start at once, each with a vendor library to load.
constexpr std::int64_t kWelcomeWaitMax = 120 * kNanosecondsPerSecond;
constexpr const char* kSystemSocket = "/run/ava/avad.sock";
constexpr const char* kRemedy = "start the program with 'ava run -- PROGRAM', or start avad";

constexpr std::size_t kReasonBytes = 512;

using Text = std::array<char, sizeof(sockaddr_un::sun_path) + 1>;

// The program may have closed its standard descriptors; what it then writes to "stdout" must not
// reach our sockets.
UniqueFd AboveStandardFds(UniqueFd fd) {
  if (fd.get() < 0 || fd.get() > STDERR_FILENO) return fd;
  return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// Reaching the manager ---------------------------------------------------------------------------

struct Reached {
  UniqueFd socket;
  bool distrusted = false;  // somebody is there, and it is nobody to talk to
};

// Without a socket `error` says why.
Reached ConnectTo(const UnixAddress& address, std::span<char> error) {
  if (!IsTrustedPlace(address, error)) return {.socket = {}, .distrusted = true};
  UniqueFd socket = AboveStandardFds(UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)));
  int result = socket ? 0 : -1;
  if (result == 0) {
    do {
      result =
          connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), address.bytes);
    } while (result != 0 && errno == EINTR);
  }
  if (result != 0) {
    const int failed = errno;
    Text text;
    FormatText(error, "no manager to reach: connect('%s'): %s: %s", address.text(text),
               ErrnoText(failed), kRemedy);
    return {};
  }
  if (!IsTrustedPeer(socket.get(), address, error)) return {.socket = {}, .distrusted = true};
  return {.socket = std::move(socket)};
}

UniqueFd ConnectToUrl(const char* url, std::span<char> error) {
  UnixAddress address;
  if (!ParseUrl(url, address, error)) return {};
  return ConnectTo(address, error).socket;
}

// A place that somebody else has taken is passed over, and named if there is no other.
UniqueFd ConnectToDefault(std::span<char> error) {
  std::array<Text, 3> paths = {};
  const uid_t user = geteuid();
  const char* runtime = secure_getenv("XDG_RUNTIME_DIR");
  if (user != 0 && runtime != nullptr && runtime[0] == '/')
    FormatText(paths[0], "%s/ava/avad.sock", runtime);
  if (user != 0) FormatText(paths[1], "/tmp/ava-%u/avad.sock", user);
  SetText(paths[2], kSystemSocket);
  bool distrusted = false;
  for (const Text& path : paths) {
    UnixAddress address;
    std::array<char, kReasonBytes> why = {};
    if (path[0] == '\0' || !ParsePath(path.data(), address, why)) continue;
    Reached reached = ConnectTo(address, why);
    if (reached.socket) return std::move(reached.socket);
    if (reached.distrusted && !std::exchange(distrusted, true)) SetText(error, why.data());
  }
  if (distrusted) return {};
  FormatText(error, "no manager is running (looked for '%s' and others): %s",
             paths[0][0] != '\0' ? paths[0].data() : kSystemSocket, kRemedy);
  return {};
}

// Hello ------------------------------------------------------------------------------------------

bool IsWanted(std::string_view variable, const char* const* patterns) {
  const std::string_view name = variable.substr(0, variable.find('='));
  for (; patterns != nullptr && *patterns != nullptr; ++patterns) {
    if (MatchesPattern(*patterns, name)) return true;
  }
  return false;
}

// Appends the wanted variables, each with its NUL. False: they are too many.
bool CollectEnvironment(const char* const* patterns, std::span<char> out, std::uint32_t& bytes) {
  bytes = 0;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (!IsWanted(*variable, patterns)) continue;
    const std::size_t length = strlen(*variable) + 1;
    if (length > out.size() - bytes) return false;
    memcpy(out.data() + bytes, *variable, length);
    bytes += static_cast<std::uint32_t>(length);
  }
  return true;
}

std::uint32_t NumberFromEnvironment(const char* name) {
  const char* value = secure_getenv(name);
  const long number = value != nullptr ? strtol(value, nullptr, 10) : 0;
  return number > 0 && number <= INT32_MAX ? static_cast<std::uint32_t>(number) : 0;
}

wire::Hello MakeHello(const ConnectOptions& options) {
  AVA_CHECK(options.api != nullptr && strlen(options.api) < wire::kApiNameBytes &&
            options.digest != nullptr);
  wire::Hello hello = {};
  hello.magic = wire::kHelloMagic;
  hello.abi_version = wire::kAbiVersion;
  SetText(hello.api, options.api);
  memcpy(hello.digest, options.digest, wire::kDigestBytes);
  if (const char* run_id = secure_getenv("AVA_RUN_ID")) SetText(hello.run_id, run_id);
  hello.pid = static_cast<std::uint32_t>(getpid());
  hello.functions = options.functions;
  if (NumberFromEnvironment("AVA_STRICT") != 0) hello.flags |= wire::kHelloStrict;
  hello.watchdog_ms = NumberFromEnvironment("AVA_WATCHDOG_MS");
  return hello;
}

bool SendHello(int socket, const ConnectOptions& options, std::span<char> error) {
  struct FreeMemory {
    void operator()(void* memory) const { free(memory); }
  };
  constexpr std::size_t kTailBytes = wire::kEnvironmentBytesMax + wire::kDirectoryBytesMax;
  const std::unique_ptr<char, FreeMemory> tail(static_cast<char*>(malloc(kTailBytes)));
  if (tail == nullptr) {
    FormatText(error, "no memory for the first message to the manager");
    return false;
  }
  wire::Hello hello = MakeHello(options);
  if (!CollectEnvironment(options.environment, std::span(tail.get(), wire::kEnvironmentBytesMax),
                          hello.environment_bytes)) {
    FormatText(error,
               "the environment variables that '%s' reads take more than %u bytes: unset some",
               options.api, wire::kEnvironmentBytesMax);
    return false;
  }
  char* directory = tail.get() + hello.environment_bytes;
  if (getcwd(directory, wire::kDirectoryBytesMax) == nullptr) SetText(std::span(directory, 2), "/");
  hello.directory_bytes = static_cast<std::uint32_t>(strlen(directory));

  std::array<int, 2> fds = {};
  std::size_t fd_count = 0;
  for (const auto& [fd, flag] : {std::pair(STDOUT_FILENO, wire::kHelloStdout),
                                 std::pair(STDERR_FILENO, wire::kHelloStderr)}) {
    if (fcntl(fd, F_GETFD) < 0) continue;
    fds[fd_count++] = fd;
    hello.flags |= flag;
  }
  const std::array<std::span<const std::byte>, 2> parts = {
      std::as_bytes(std::span(&hello, 1)),
      std::as_bytes(std::span(tail.get(), hello.environment_bytes + hello.directory_bytes))};
  const int failed = SendPacket(socket, parts, std::span(fds).first(fd_count));
  if (failed == 0 || failed == EPIPE) return true;  // closed: its answer says why
  FormatText(error, "cannot send to the manager: %s", ErrnoText(failed));
  return false;
}

// Welcome ----------------------------------------------------------------------------------------

bool WaitForWelcome(int socket) {
  const Deadline deadline = Deadline::In(kWelcomeWaitMax);
  for (;;) {
    pollfd readable = {.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, deadline.PollMilliseconds());
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

struct SessionFds {
  UniqueFd memory;
  UniqueFd socket;
};

bool ReceiveWelcome(int socket, SessionFds& fds, std::span<char> error) {
  if (!WaitForWelcome(socket)) {
    FormatText(error, "the manager has not answered for %d s: look at its log",
               static_cast<int>(kWelcomeWaitMax / kNanosecondsPerSecond));
    return false;
  }
  wire::Welcome welcome = {};
  ReceivedPacket packet = ReceivePacket(socket, std::as_writable_bytes(std::span(&welcome, 1)));
  if (packet.bytes <= 0) {
    FormatText(error, "the manager closed the connection without an answer: look at its log");
    return false;
  }
  if (packet.bytes != sizeof welcome || welcome.magic != wire::kWelcomeMagic) {
    FormatText(error, "what listens there is not a manager of AvA, or one of another version");
    return false;
  }
  if (welcome.status != static_cast<std::uint32_t>(wire::WelcomeStatus::kAccepted)) {
    const std::string_view reason = TextUntrusted(welcome.reason);
    FormatText(error, "the manager %s: %.*s",
               welcome.status == static_cast<std::uint32_t>(wire::WelcomeStatus::kBusy)
                   ? "has no room now"
                   : "refused the session",
               static_cast<int>(reason.size()), reason.data());
    return false;
  }
  if (packet.fd_count != 2) {
    FormatText(error, "the manager sent %zu descriptors instead of 2: are too many files open?",
               packet.fd_count);
    return false;
  }
  fds.memory = std::move(packet.fds[0]);
  fds.socket = AboveStandardFds(std::move(packet.fds[1]));
  return true;
}

}  // namespace

GuestChannel* Connect(const ConnectOptions& options, GuestChannelEvents& events,
                      std::span<char> error) {
  const NoCancellation no_cancellation;
  const char* url = options.url != nullptr ? options.url : secure_getenv("AVA_URL");
  const bool named = url != nullptr && url[0] != '\0';
  const UniqueFd manager = named ? ConnectToUrl(url, error) : ConnectToDefault(error);
  SessionFds fds;
  if (!manager || !SendHello(manager.get(), options, error) ||
      !ReceiveWelcome(manager.get(), fds, error)) {
    return nullptr;
  }
  SessionMapping mapping;
  int failed = 0;
  if (const char* wrong = mapping.Map(fds.memory.get(), failed)) {
    FormatText(error, "the session's memory cannot be used: %s%s%s", wrong, failed != 0 ? ": " : "",
               failed != 0 ? ErrnoText(failed) : "");
    return nullptr;
  }
  return ShmGuestChannel::Attach(std::move(mapping), std::move(fds.socket), events, error);
}

void Disconnect(GuestChannel* channel) { static_cast<ShmGuestChannel*>(channel)->Disconnect(); }

void AbandonAfterFork(GuestChannel* channel) {
  static_cast<ShmGuestChannel*>(channel)->AbandonAfterFork();
}

}  // namespace ava::transport
