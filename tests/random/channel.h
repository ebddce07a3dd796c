// SPDX-License-Identifier: Apache-2.0
#pragma once

// Texts over pipes, each behind its length, between the tester and its players.

#include <optional>
#include <string>
#include <string_view>

namespace random_test {

// False when the other side has gone.
bool Send(int fd, std::string_view text);

struct Received {
  std::optional<std::string> text;  // Nothing: the other side has gone, or is late.
  bool is_late = false;
};

// No limit if timeout_ms is negative.
Received Receive(int fd, int timeout_ms);

}  // namespace random_test
