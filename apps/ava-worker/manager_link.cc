// SPDX-License-Identifier: Apache-2.0
#include "apps/ava-worker/manager_link.h"

#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <variant>

#include "ava/base/fd_passing.h"

namespace ava {
namespace {

class LinkSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LinkSink(const ManagerLink& link) : link_(link) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    link_.Send(control::WorkerLog{std::string(message.payload.data(), message.payload.size())});
  }
  void flush_() override {}
  const ManagerLink& link_;
};

}  // namespace

void ManagerLink::SendText(std::string_view text) const {
  const std::array<std::span<const std::byte>, 1> parts = {std::as_bytes(std::span(text))};
  static_cast<void>(SendPacket(fd_, parts, {}, SendMode::kDontWait));
}

ManagerLink::Received ManagerLink::ReceiveAny() const {
  std::array<std::byte, 4096> buffer{};
  ReceivedPacket packet = ReceivePacket(fd_, buffer);
  if (packet.bytes <= 0) return {};
  auto message = control::ParseManagerMessage(
      {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(packet.bytes)});
  if (!message.has_value()) return {control::EndSession{message.error().message()}, {}};
  return {*std::move(message), std::move(packet.fds[0])};
}

std::optional<control::EndSession> ManagerLink::Receive() const {
  auto received = ReceiveAny();
  if (!received.message) return std::nullopt;
  auto* end = std::get_if<control::EndSession>(&*received.message);
  return end != nullptr ? std::move(*end) : control::EndSession{"a second guest came"};
}

UniqueFd ManagerLink::TakeGuest(bool wait) const {
  pollfd manager{.fd = fd_, .events = POLLIN, .revents = 0};
  if (!wait && poll(&manager, 1, 0) <= 0) return {};
  auto received = ReceiveAny();
  if (!received.message || std::holds_alternative<control::EndSession>(*received.message)) _exit(0);
  return std::move(received.connection);
}

void ManagerLink::TakeLog() const {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("worker", std::make_shared<LinkSink>(*this)));
}

}  // namespace ava
