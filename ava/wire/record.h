// SPDX-License-Identifier: Apache-2.0
#pragma once

// The records that travel: a command (guest -> worker, in the ring), a reply (in a slot), an upcall
// (worker -> guest, in the upcall ring). Changing any of them bumps kAbiVersion.

#include <cstdint>

namespace ava::wire {

inline constexpr std::uint32_t kAbiVersion = 3;

// Commands -------------------------------------------------------------------------------------
//
//   +0   CommandHeader (32 bytes)
//   +32  argument structure of the function (generated; its size is fixed)
//   ...  inline payload: the kRecord blobs, each aligned to 8
//   pad to a multiple of 16
enum CommandFlags : std::uint16_t {
  kCommandWaits = 1,  // a guest thread waits in slot `slot`; the worker must post a reply there
  kCommandPad = 2,    // filler up to the end of the ring; skip it
};

inline constexpr std::uint32_t kNoSlot = 0xffffffffU;

struct CommandHeader {
  std::uint32_t bytes;     // whole record, multiple of 16, at most kRecordBytesMax
  std::uint16_t function;  // FunctionId of the generated wire.h, or a kSession… id
  std::uint16_t flags;     // CommandFlags
  std::uint32_t slot;      // reply slot when kCommandWaits, else kNoSlot
  std::uint32_t thread;  // guest thread's number, 1.. (for tracing; the worker does not rely on it)
  std::uint64_t sequence;  // 1, 2, 3 … over the session, in ring order
  std::uint64_t reserved;  // 0
};
static_assert(sizeof(CommandHeader) == 32);

inline constexpr std::uint32_t kRecordBytesMax = 64 * 1024;
// Data up to this size travels in the record itself, more in the arena.
inline constexpr std::uint32_t kInlineBytesMax = 4096;

// Function ids from here up belong to the session itself, not to the API.
inline constexpr std::uint16_t kSessionFunctionFirst = 0xff00;
inline constexpr std::uint16_t kSessionDropSegment = 0xff00;  // args: u32 segment, u32 0
inline constexpr std::uint16_t kSessionStdout = 0xff01;  // from here on; args: u32 number, u32 0
inline constexpr std::uint32_t kFirstStdout = 0;  // the number of the one that came with Hello
// Not a number: the worker need not keep the one that it has any longer than something may print.
inline constexpr std::uint32_t kNoStdout = 0xffffffff;
// As many may have been passed whose commands are not executed yet.
inline constexpr std::uint32_t kStdoutsWaitingMax = 16;

// Replies --------------------------------------------------------------------------------------
enum class ReplyStatus : std::uint32_t {
  kDone = 0,  // the call was made, or refused with the API's own error; result and error are valid
  kLost = 1,  // set by the guest itself: the worker is gone
};

struct ReplyHeader {
  std::uint32_t status;    // ReplyStatus
  std::int32_t error;      // the API's error code for functions that report it through a parameter
  std::uint64_t result;    // return value, zero- or sign-extended to 64 bits
  std::uint64_t produced;  // of a call that succeeded: number of bytes or objects, meaning by
                           // function; of one that failed: FailedReply
};
static_assert(sizeof(ReplyHeader) == 24);

// How far a call came that failed.
enum FailedReply : std::uint64_t {
  kFailedInLibrary = 1,    // the vendor library was called, outputs are as it left them
  kFailedCalledBack = 2,   // its callback, one that fires once, has been called
  kFailedResultLives = 4,  // and was given the object that the call would have returned
};

// Upcalls --------------------------------------------------------------------------------------
struct UpcallHeader {
  std::uint32_t bytes;     // whole record, multiple of 16
  std::uint16_t kind;      // UpcallKind
  std::uint16_t callback;  // which callback signature (generated CallbackId), for kCallback
  std::uint64_t target;    // kCallback: the guest's callback id
};
static_assert(sizeof(UpcallHeader) == 16);

enum UpcallKind : std::uint16_t {
  kUpcallPad = 0,
  kUpcallCallback = 1,  // followed by the callback's generated argument structure and its payload
  kUpcallDeferredError = 2,  // followed by {u16 function; u16 0; i32 error; u64 sequence}
};

inline constexpr std::uint32_t kUpcallBytesMax = 64 * 1024;

// Arena blocks ---------------------------------------------------------------------------------
// The guest owns the arena's allocator. In front of each block's data stands one BlockHeader; a
// Blob's offset points to the data. For a call that is not waited for, the worker writes `state`
// when it is done with the block; the guest then delivers (outputs) and reuses it.
enum BlockState : std::uint32_t {
  kBlockHeldByGuest = 0,
  kBlockInFlight = 1,  // written by the guest before it publishes the command
  kBlockDone = 2,  // written (release) by the worker: inputs consumed, or output bytes are in place
  kBlockFailed = 3,  // likewise, but there are no output bytes: the event has failed
};
struct alignas(64) BlockHeader {
  std::uint32_t state;  // accessed as std::atomic_ref<std::uint32_t>
  std::uint32_t reserved[15];
};
static_assert(sizeof(BlockHeader) == 64);

}  // namespace ava::wire
