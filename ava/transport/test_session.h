// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: both ends of a session in one process, on one mapping, so that ThreadSanitizer sees
// all of it.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ava/base/check.h"
#include "ava/base/unique_fd.h"
#include "ava/transport/guest_channel.h"
#include "ava/transport/session_mapping.h"
#include "ava/transport/session_memory.h"
#include "ava/transport/shm_guest_channel.h"
#include "ava/transport/shm_worker_channel.h"

namespace ava::transport {

struct SessionSockets {
  UniqueFd guest;
  UniqueFd worker;
};

inline SessionSockets MakeSessionSockets() {
  std::array<int, 2> ends = {};
  AVA_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  return {.guest = UniqueFd(ends[0]), .worker = UniqueFd(ends[1])};
}

class RecordingEvents final : public GuestChannelEvents {
 public:
  struct Upcall {
    wire::UpcallHeader header;
    std::vector<std::byte> payload;
  };

  void OnUpcall(const wire::UpcallHeader& header, std::span<const std::byte> payload) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_; });
    upcalls_.push_back({header, std::vector<std::byte>(payload.begin(), payload.end())});
    changed_.notify_all();
  }
  void OnEnding(const char*) override {}
  void OnLost(const char* reason) override {
    const std::lock_guard lock(mutex_);
    ++losses_;
    reason_ = reason;
    changed_.notify_all();
  }

  // While held, the listener stays in its next upcall.
  void Hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }
  std::vector<Upcall> WaitForUpcalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return upcalls_.size() >= count; });
    return upcalls_;
  }
  std::string WaitForLoss() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return losses_ > 0; });
    return reason_;
  }
  int losses() {
    const std::lock_guard lock(mutex_);
    return losses_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::vector<Upcall> upcalls_;
  int losses_ = 0;
  std::string reason_;
};

class TestSession {
 public:
  explicit TestSession(const SessionMemoryOptions& memory_options = {},
                       const WorkerChannelOptions& options = {}) {
    Result<UniqueFd> memory = CreateSessionMemory(memory_options);
    AVA_CHECK(memory.has_value());
    int error = 0;
    AVA_CHECK(mapping_.Map(memory->get(), error) == nullptr);
    SessionSockets sockets = MakeSessionSockets();
    auto worker = ShmWorkerChannel::Open(SessionMapping::Borrow(mapping_),
                                         std::move(sockets.worker), options);
    AVA_CHECK(worker.has_value());
    worker_ = *std::move(worker);
    std::array<char, 256> text = {};
    guest_ = ShmGuestChannel::Attach(SessionMapping::Borrow(mapping_), std::move(sockets.guest),
                                     events_, text);
    AVA_CHECK(guest_ != nullptr);
  }
  ~TestSession() {
    Disconnect();
    worker_.reset();
  }
  TestSession(const TestSession&) = delete;
  TestSession& operator=(const TestSession&) = delete;

  void Disconnect() {
    if (guest_ != nullptr) guest_->Disconnect();
    guest_ = nullptr;
  }

  ShmGuestChannel& guest() { return *guest_; }
  ShmWorkerChannel& worker() { return *worker_; }
  RecordingEvents& events() { return events_; }
  SessionMapping& mapping() { return mapping_; }

  // A command with one argument word; waited for when it has a slot.
  bool Submit(std::uint16_t function, std::uint64_t argument, std::uint32_t slot = wire::kNoSlot) {
    const std::span<const std::byte> part = std::as_bytes(std::span(&argument, 1));
    return guest_->Submit(HeaderFor(function, slot), std::span(&part, 1));
  }
  static wire::CommandHeader HeaderFor(std::uint16_t function, std::uint32_t slot = wire::kNoSlot) {
    wire::CommandHeader header = {};
    header.function = function;
    header.slot = slot;
    header.flags = slot == wire::kNoSlot ? 0 : wire::kCommandWaits;
    return header;
  }

 private:
  SessionMapping mapping_;
  RecordingEvents events_;
  std::unique_ptr<ShmWorkerChannel> worker_;
  ShmGuestChannel* guest_ = nullptr;
};

// What Receive put into its buffer.
struct ReceivedCommand {
  wire::CommandHeader header;
  std::uint64_t argument = 0;
};

inline ReceivedCommand CommandIn(std::span<const std::byte> buffer) {
  ReceivedCommand command;
  std::memcpy(&command.header, buffer.data(), sizeof command.header);
  std::memcpy(&command.argument, buffer.data() + sizeof command.header, sizeof command.argument);
  return command;
}

using CommandBuffer = std::vector<std::byte>;
inline CommandBuffer MakeCommandBuffer() { return CommandBuffer(wire::kRecordBytesMax); }

}  // namespace ava::transport
