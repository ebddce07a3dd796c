// SPDX-License-Identifier: Apache-2.0
#include "ava/control/activation.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>

#include "ava/base/format.h"
#include "ava/control/socket.h"

namespace ava::control {
namespace {

// Descriptor 3 belongs to others in this process, so each test runs `body` in a child whose exit
// status tells.
void InChild(const std::function<bool()>& body) {
  EXPECT_EXIT(_exit(body() ? 0 : 1), ::testing::ExitedWithCode(0), "");
}

std::string SomeName() { return fmt::format("@ava-activation-test-{}", getpid()); }

void Announce(const std::string& pid, const char* count) {
  setenv("LISTEN_PID", pid.c_str(), 1);
  setenv("LISTEN_FDS", count, 1);
}

bool PassListener(const std::string& address) {
  auto listener = ListenOn(address, Audience::kOwner);
  if (!listener.has_value() || dup2(listener->Release(), 3) != 3) return false;
  return fcntl(3, F_SETFL, 0) == 0;  // blocking, as systemd passes it
}

TEST(Activation, TakesTheSocketAndForgetsTheVariables) {
  InChild([] {
    if (!PassListener(SomeName())) return false;
    Announce(std::to_string(getpid()), "1");
    const auto taken = TakeActivatedSocket();
    return taken.has_value() && taken->socket.get() == 3 && taken->address == SomeName() &&
           (fcntl(3, F_GETFL) & O_NONBLOCK) != 0 && (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 &&
           getenv("LISTEN_PID") == nullptr && getenv("LISTEN_FDS") == nullptr;
  });
}

TEST(Activation, SaysThePathOfASocketFile) {
  const std::string path = fmt::format("{}activation-{}.sock", ::testing::TempDir(), getpid());
  InChild([&] {
    if (!PassListener(path)) return false;
    Announce(std::to_string(getpid()), "1");
    const auto taken = TakeActivatedSocket();
    return taken.has_value() && taken->address == path;
  });
  unlink(path.c_str());
}

TEST(Activation, LeavesAloneWhatIsMeantForAnotherProcess) {
  InChild([] {
    Announce(std::to_string(getppid()), "1");
    const auto taken = TakeActivatedSocket();
    return taken.has_value() && !taken->socket && getenv("LISTEN_FDS") == nullptr;
  });
}

TEST(Activation, RefusesMoreThanOneSocket) {
  InChild([] {
    Announce(std::to_string(getpid()), "2");
    return !TakeActivatedSocket().has_value();
  });
}

TEST(Activation, RefusesOtherKindsOfDescriptors) {
  InChild([] {
    Announce(std::to_string(getpid()), "1");
    return dup2(open("/dev/null", O_RDONLY), 3) == 3 && !TakeActivatedSocket().has_value();
  });
  InChild([] {
    const int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un anywhere{.sun_family = AF_UNIX, .sun_path = {}};
    if (bind(stream, reinterpret_cast<sockaddr*>(&anywhere), sizeof(sa_family_t)) != 0 ||
        listen(stream, 1) != 0) {
      return false;
    }
    Announce(std::to_string(getpid()), "1");
    return dup2(stream, 3) == 3 && !TakeActivatedSocket().has_value();
  });
}

}  // namespace
}  // namespace ava::control
