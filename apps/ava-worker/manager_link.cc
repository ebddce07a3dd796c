// SPDX-License-Identifier: Apache-2.0
#include "apps/ava-worker/manager_link.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

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

std::optional<control::EndSession> ManagerLink::Receive() const {
  std::array<std::byte, 4096> buffer{};
  const ReceivedPacket packet = ReceivePacket(fd_, buffer);
  if (packet.bytes <= 0) return std::nullopt;
  auto message = control::ParseManagerMessage(
      {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(packet.bytes)});
  return message.has_value() ? *std::move(message) : control::EndSession{message.error().message()};
}

void ManagerLink::TakeLog() const {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("worker", std::make_shared<LinkSink>(*this)));
}

}  // namespace ava
