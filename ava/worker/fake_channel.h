// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: a worker's channel without a guest. The test plays the guest: it sends records, owns
// the arena, and reads replies, upcalls and block states.

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ava/transport/guest_channel.h"  // kSlotInlineBytes
#include "ava/transport/worker_channel.h"

namespace ava::worker::test {

class FakeChannel : public transport::WorkerChannel {
 public:
  static constexpr std::size_t kArenaBytes = 256 * 1024;
  static constexpr std::size_t kSlots = 8;

  struct Dropped {
    std::uint32_t segment;
    bool in_use;
    bool operator==(const Dropped&) const = default;
  };
  struct SentUpcall {
    wire::UpcallHeader header;
    std::vector<std::byte> payload;
  };

  // The guest's side ---------------------------------------------------------------------------
  // Appends one command; returns its number. `record`: arguments and payload.
  std::uint64_t Send(std::uint16_t function, std::span<const std::byte> body,
                     std::uint32_t slot = wire::kNoSlot) {
    std::vector<std::byte> record(sizeof(wire::CommandHeader) + (body.size() + 15) / 16 * 16);
    const std::scoped_lock lock(mutex_);
    const wire::CommandHeader header{
        .bytes = static_cast<std::uint32_t>(record.size()),
        .function = function,
        .flags = static_cast<std::uint16_t>(slot == wire::kNoSlot ? 0 : wire::kCommandWaits),
        .slot = slot,
        .thread = 1,
        .sequence = ++sequence_,
        .reserved = 0};
    std::memcpy(record.data(), &header, sizeof(header));
    if (!body.empty()) std::memcpy(record.data() + sizeof(header), body.data(), body.size());
    commands_.push_back(std::move(record));
    changed_.notify_all();
    return header.sequence;
  }
  // Waits until a reply is in `slot`, takes it.
  std::optional<wire::ReplyHeader> Await(
      std::uint32_t slot, std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, timeout, [&] { return closed_ || replies_.contains(slot); }))
      return std::nullopt;
    const auto found = replies_.find(slot);
    if (found == replies_.end()) return std::nullopt;
    const wire::ReplyHeader reply = found->second;
    replies_.erase(found);
    return reply;
  }
  std::optional<SentUpcall> AwaitUpcall(
      std::chrono::milliseconds timeout = std::chrono::seconds(5)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, timeout, [&] { return !upcalls_.empty(); })) return std::nullopt;
    SentUpcall upcall = std::move(upcalls_.front());
    upcalls_.pop_front();
    return upcall;
  }
  // Waits until a thread receives again. What is sent before may be taken by one that stands by.
  bool AwaitReader() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return !announced_; });
  }
  bool IsDone(std::uint64_t offset) const {
    const std::scoped_lock lock(mutex_);
    return done_.contains(offset);
  }
  bool HasFailed(std::uint64_t offset) const {
    const std::scoped_lock lock(mutex_);
    return failed_.contains(offset);
  }
  std::size_t marks(std::uint64_t offset) const {
    const std::scoped_lock lock(mutex_);
    const auto found = done_.find(offset);
    return found == done_.end() ? 0 : found->second;
  }
  std::size_t waiting() const {  // commands not yet taken
    const std::scoped_lock lock(mutex_);
    return commands_.size();
  }
  // One that stands by is woken for a command that another thread has taken by now. False:
  // none does.
  bool WakeLate() {
    std::unique_lock lock(mutex_);
    ++late_wakes_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return late_wakes_ == 0; });
  }
  std::byte* arena() { return arena_; }
  static wire::Blob Arena(std::uint64_t offset, std::uint64_t bytes) {
    return {.place = static_cast<std::uint32_t>(wire::Place::kArena),
            .segment = 0,
            .offset = offset,
            .bytes = bytes};
  }
  const std::string& close_reason() const { return reason_; }
  const std::vector<Dropped>& dropped() const { return dropped_; }

  // The worker's side --------------------------------------------------------------------------
  Next Receive(std::span<std::byte> buffer, std::chrono::nanoseconds timeout) override {
    std::unique_lock lock(mutex_);
    announced_ = false;
    changed_.notify_all();
    const bool ready =
        changed_.wait_for(lock, timeout, [&] { return closed_ || !commands_.empty(); });
    if (closed_) return Next::kClosed;
    if (!ready) return Next::kTimeout;
    std::memcpy(buffer.data(), commands_.front().data(), commands_.front().size());
    commands_.pop_front();
    return Next::kCommand;
  }
  void AnnounceAsleep() override {
    const std::scoped_lock lock(mutex_);
    announced_ = true;
    changed_.notify_all();
  }
  bool WaitForCommand() override {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [&] { return closed_ || late_wakes_ != 0 || (announced_ && !commands_.empty()); });
    if (late_wakes_ != 0) --late_wakes_;
    changed_.notify_all();
    return !closed_;
  }
  bool HasCommand() const override {
    const std::scoped_lock lock(mutex_);
    return !commands_.empty();
  }
  void Reply(std::uint32_t slot, const wire::ReplyHeader& header) override {
    const std::scoped_lock lock(mutex_);
    replies_[slot] = header;
    changed_.notify_all();
  }
  std::span<std::byte> SlotInline(std::uint32_t slot) override {
    return slot < kSlots ? std::span<std::byte>(slots_[slot]) : std::span<std::byte>();
  }
  std::span<std::byte> ArenaUntrusted(const wire::Blob& blob) override {
    if (blob.place != static_cast<std::uint32_t>(wire::Place::kArena) || blob.segment != 0)
      return {};
    if (blob.offset > kArenaBytes || blob.bytes > kArenaBytes - blob.offset) return {};
    return {arena_ + blob.offset, blob.bytes};
  }
  void MarkBlockDone(const wire::Blob& blob) override {
    const std::scoped_lock lock(mutex_);
    ++done_[blob.offset];
  }
  void MarkBlockFailed(const wire::Blob& blob) override {
    MarkBlockDone(blob);
    const std::scoped_lock lock(mutex_);
    failed_.insert(blob.offset);
  }
  void DropSegment(std::uint32_t segment, bool in_use) override {
    dropped_.push_back({.segment = segment, .in_use = in_use});
  }
  bool Upcall(wire::UpcallHeader header,
              std::span<const std::span<const std::byte>> parts) override {
    SentUpcall upcall{.header = header, .payload = {}};
    for (const auto part : parts)
      upcall.payload.insert(upcall.payload.end(), part.begin(), part.end());
    const std::scoped_lock lock(mutex_);
    upcalls_.push_back(std::move(upcall));
    changed_.notify_all();
    return true;
  }
  void Close(const char* reason) override {
    const std::scoped_lock lock(mutex_);
    if (!closed_) reason_ = reason;
    closed_ = true;
    changed_.notify_all();
  }
  bool closed() const override {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<std::byte>> commands_;
  std::map<std::uint32_t, wire::ReplyHeader> replies_;
  std::deque<SentUpcall> upcalls_;
  std::map<std::uint64_t, std::size_t> done_;
  std::set<std::uint64_t> failed_;
  std::vector<Dropped> dropped_;
  std::uint64_t sequence_ = 0;
  int late_wakes_ = 0;
  bool announced_ = false;
  bool closed_ = false;
  std::string reason_;
  alignas(64) std::byte slots_[kSlots][transport::kSlotInlineBytes] = {};
  alignas(64) std::byte arena_[kArenaBytes] = {};
};

}  // namespace ava::worker::test
