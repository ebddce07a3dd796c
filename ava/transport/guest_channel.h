// SPDX-License-Identifier: Apache-2.0
#pragma once

// The guest's end of a session: command ring, reply slots, arena, upcalls. What carries them
// (shared memory today) is behind this interface. No exceptions, no allocation on the fast path,
// libc only. All methods may be called from any thread unless a comment says otherwise.

#include <cstddef>
#include <cstdint>
#include <span>

#include "ava/wire/blob.h"
#include "ava/wire/record.h"

namespace ava::transport {

// A slot in which one thread waits for one reply. Taken by AcquireSlot, given back by ReleaseSlot.
struct Slot {
  std::uint32_t index = wire::kNoSlot;
  std::byte* inline_data = nullptr;  // kSlotInlineBytes, written by the worker before it posts
};
inline constexpr std::uint32_t kSlotInlineBytes = 896;
inline constexpr std::uint32_t kSlotsMax = 1024;

// A piece of shared memory for bulk data; `data` is what both sides read and write.
struct Block {
  std::byte* data = nullptr;
  std::uint64_t bytes = 0;  // capacity, at least what was asked for
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;  // of data, within the segment
  explicit operator bool() const { return data != nullptr; }
};

// What the channel tells its owner, on the channel's listener thread. That thread is what notices a
// lost session, so these must not wait for the worker, nor run the program's code: hand over to a
// thread of your own.
class GuestChannelEvents {
 public:
  // One upcall record (header and payload, private copy); called in the order the worker sent them.
  virtual void OnUpcall(const wire::UpcallHeader& header, std::span<const std::byte> payload) = 0;
  // The worker or the manager is gone, and no waiter has been told yet: the time to say why, since
  // a program may end as soon as a call of it fails. Called once.
  virtual void OnEnding(const char* reason) = 0;
  // The same, after every waiter has been woken with kLost. Called once.
  virtual void OnLost(const char* reason) = 0;

 protected:
  ~GuestChannelEvents() = default;
};

class GuestChannel {
 public:
  // Appends one command. `parts` are concatenated behind the header; header.bytes, sequence are
  // filled in here. Blocks (back-pressure) while the ring is full. Commands of one process get
  // their sequence in the order of these calls. False: the session is lost.
  virtual bool Submit(wire::CommandHeader header,
                      std::span<const std::span<const std::byte>> parts) = 0;
  // Submits several records with nothing between them (deferred setters and the command that
  // consumes them).
  struct Record {
    wire::CommandHeader header;
    std::span<const std::span<const std::byte>> parts;
  };
  virtual bool SubmitAll(std::span<const Record> records) = 0;

  virtual Slot AcquireSlot() = 0;  // blocks while all are taken
  virtual void ReleaseSlot(Slot slot) = 0;
  // Waits until the worker has posted the reply in `slot`. status is kLost when the session ended
  // first.
  virtual wire::ReplyHeader Await(Slot slot) = 0;

  // A block of at least `bytes`; large ones get a segment of their own. Blocks the caller while the
  // arena is full of blocks in flight. Null only when memory cannot be had at all or the session is
  // lost.
  virtual Block Allocate(std::uint64_t bytes) = 0;
  // A block that stays for as long as an object lives, on a page of its own. Never waits. Null also
  // when it would leave too little for the blocks of single calls.
  virtual Block AllocateLasting(std::uint64_t bytes) = 0;
  virtual void Free(Block block) = 0;          // the worker does not use it any more
  virtual void MarkInFlight(Block block) = 0;  // before Submit of a command that is not waited for
  virtual bool IsDone(Block block) const = 0;  // the worker is through with it (acquire)
  virtual bool HasFailed(Block block) const = 0;  // once it is done: it holds no outputs
  // An input block of a command that is not waited for: freed by the channel once it is done.
  virtual void FreeWhenDone(Block block) = 0;

  // When the program has exchanged its standard output: passes it on to the worker, for the
  // commands from here on.
  virtual void FollowStdout() {}
  // Nothing is being printed now: the worker goes back to the one that it came with. A pipe that
  // the program has put there must have no writer but the program.
  virtual void LetGoOfStdout() {}

  virtual bool lost() const = 0;
  // Per-thread statistics row (see ava/wire/abi.h), single writer: the calling thread. Count with
  // wire::CountLocalCall, which knows the one row that threads share.
  virtual std::uint64_t* LocalCalls() = 0;

 protected:
  ~GuestChannel() = default;
};

struct ConnectOptions {
  const char* url = nullptr;  // "unix:/path", "unix:@abstract"; null: AVA_URL, then the defaults
  const char* api = nullptr;  // name of the API
  const unsigned char* digest = nullptr;  // 32 bytes: digest of the spec both sides were built from
  std::uint16_t functions = 0;            // how many function ids the API has
  // Patterns ("POCL_*") of variables to pass on, null-terminated.
  const char* const* environment = nullptr;
};

// Connects, shakes hands, maps the session and starts the listener thread (all signals blocked). On
// failure returns null and writes one line that names the cause and the remedy into `error`. The
// returned channel lives until Disconnect or until the process ends.
GuestChannel* Connect(const ConnectOptions& options, GuestChannelEvents& events,
                      std::span<char> error);
// Orderly end: tells the worker, joins the listener; outstanding work is dropped as at process
// exit.
void Disconnect(GuestChannel* channel);
// In a forked child: forgets the parent's channel without touching what the two share (closes the
// fds, unmaps). The object must not be used afterwards.
void AbandonAfterFork(GuestChannel* channel);

}  // namespace ava::transport
