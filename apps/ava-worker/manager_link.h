// SPDX-License-Identifier: Apache-2.0
#pragma once

// The worker's end of its control socket, and its log: lines go to the manager, since standard
// output and standard error are the guest's.

#include <optional>
#include <string>
#include <string_view>

#include "ava/base/unique_fd.h"
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
  // The guest's connection, if the manager has one by now, or, with `wait`, as soon as it has. When
  // it has none any more, the process ends.
  UniqueFd TakeGuest(bool wait) const;

  // From here on spdlog's lines are sent here.
  void TakeLog() const;

  int fd() const { return fd_; }

 private:
  struct Received {
    std::optional<control::ManagerMessage> message;  // nothing: the manager is gone
    UniqueFd connection;
  };
  Received ReceiveAny() const;
  void SendText(std::string_view text) const;
  int fd_;
};

}  // namespace ava
