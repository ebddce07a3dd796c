// SPDX-License-Identifier: Apache-2.0
#include "tests/random/channel.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>

namespace random_test {

namespace {

using Clock = std::chrono::steady_clock;

bool SendAll(int fd, const char* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t sent = write(fd, data, bytes);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    bytes -= static_cast<size_t>(sent);
  }
  return true;
}

enum class Outcome { kAll, kGone, kLate };

bool WaitReadable(int fd, const std::optional<Clock::time_point>& deadline) {
  if (!deadline) return true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  pollfd poll_fd = {.fd = fd, .events = POLLIN, .revents = 0};
  return left > 0 && poll(&poll_fd, 1, static_cast<int>(left)) > 0;
}

Outcome ReceiveAll(int fd, char* data, size_t bytes,
                   const std::optional<Clock::time_point>& deadline) {
  while (bytes > 0) {
    if (!WaitReadable(fd, deadline)) return Outcome::kLate;
    const ssize_t got = read(fd, data, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Outcome::kGone;
    data += got;
    bytes -= static_cast<size_t>(got);
  }
  return Outcome::kAll;
}

}  // namespace

bool Send(int fd, std::string_view text) {
  const auto bytes = static_cast<uint32_t>(text.size());
  return SendAll(fd, reinterpret_cast<const char*>(&bytes), sizeof bytes) &&
         SendAll(fd, text.data(), text.size());
}

Received Receive(int fd, int timeout_ms) {
  std::optional<Clock::time_point> deadline;
  if (timeout_ms >= 0) deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  uint32_t bytes = 0;
  std::string text;
  Outcome outcome = ReceiveAll(fd, reinterpret_cast<char*>(&bytes), sizeof bytes, deadline);
  if (outcome == Outcome::kAll) {
    text.resize(bytes);
    outcome = ReceiveAll(fd, text.data(), bytes, deadline);
  }
  if (outcome != Outcome::kAll) return {.text = std::nullopt, .is_late = outcome == Outcome::kLate};
  return {.text = std::move(text)};
}

}  // namespace random_test
