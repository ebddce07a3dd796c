// SPDX-License-Identifier: Apache-2.0
#include "ava/control/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <nlohmann/json.hpp>

#include "ava/base/clock.h"
#include "ava/base/fd_passing.h"
#include "ava/base/format.h"
#include "ava/base/system_error.h"
#include "ava/control/admin.h"
#include "ava/control/socket.h"

namespace ava::control {
namespace {

constexpr time_t kAnswerSecondsMax = 20;

}  // namespace

Result<AdminClient> AdminClient::Connect(const std::string& socket) {
  UniqueFd connected = AVA_TRY(ConnectTo(socket));
  const timeval patience{.tv_sec = kAnswerSecondsMax, .tv_usec = 0};
  if (setsockopt(connected.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
    return FailSystem("setsockopt", "SO_RCVTIMEO");
  }
  return AdminClient(std::move(connected));
}

Result<std::string> AdminClient::Receive() {
  std::string line(kAnswerBytesMax * 2, '\0');
  const ReceivedPacket packet =
      ReceivePacket(socket_.get(), std::as_writable_bytes(std::span(line)));
  if (packet.bytes < 0) {
    return FailSystem("recv", "the manager", static_cast<int>(-packet.bytes));
  }
  if (packet.bytes == 0 || packet.truncated) {
    return Fail(ErrorCode::kUnavailable, "the manager has closed the connection");
  }
  line.resize(static_cast<std::size_t>(packet.bytes));
  return line;
}

Result<std::vector<std::string>> AdminClient::Ask(std::string_view request,
                                                  std::string_view members) {
  std::vector<std::string> lines;
  for (std::uint64_t from = 0;;) {
    const std::string text = fmt::format(R"({{"request":"{}","from":{}{}{}}})", request, from,
                                         members.empty() ? "" : ",", members);
    const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(text))};
    if (const int error = SendPacket(socket_.get(), parts)) {
      return FailSystem("send", "the manager", error);
    }
    for (;;) {
      std::string line = AVA_TRY(Receive());
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_object()) return Fail(ErrorCode::kViolation, "the manager answered nonsense");
      if (json.contains("error")) return Fail(ErrorCode::kInvalid, json["error"].dump());
      if (!json.contains("end")) {
        lines.push_back(std::move(line));
        continue;
      }
      if (!json["next"].is_number_unsigned()) return lines;
      from = json["next"];
      break;
    }
  }
}

bool AdminClient::WaitForEnd(std::int64_t patience_ns) {
  const Deadline deadline = Deadline::In(patience_ns);
  while (!deadline.HasPassed()) {
    pollfd closed{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    std::byte byte{};
    if (poll(&closed, 1, deadline.PollMilliseconds()) <= 0) continue;
    const ssize_t bytes = recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
    if (bytes == 0 || (bytes < 0 && errno != EAGAIN && errno != EINTR)) return true;
  }
  return false;
}

}  // namespace ava::control
