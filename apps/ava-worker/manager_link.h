// SPDX-License-Identifier: Apache-2.0
#pragma once

// The worker's end of its control socket, and its log: lines go to the manager, since standard
// output and standard error are the guest's.

#include <optional>
#include <string>
#include <string_view>

#include "ava/control/worker_messages.h"

namespace ava {

class ManagerLink {
 public:
  explicit ManagerLink(int fd) : fd_(fd) {}

  // Any thread; never blocks. What does not fit is lost.
  template <class Message>
  void Send(const Message& message) const {
    SendText(control::ToJson(message));
  }
  // Waits. Nothing: the manager is gone.
  std::optional<control::EndSession> Receive() const;

  // From here on spdlog's lines are sent here.
  void TakeLog() const;

  int fd() const { return fd_; }

 private:
  void SendText(std::string_view text) const;
  int fd_;
};

}  // namespace ava
