// SPDX-License-Identifier: Apache-2.0
#pragma once

// How a guest process gets its session: two messages on the manager's SOCK_SEQPACKET unix socket,
// and the messages of the session socket afterwards.
//
//   guest                               manager                            worker
//     | connect                            |                                  |
//     | Hello, environment, directory ---> |  (+ stdout, stderr)              |
//     |                                    |  memory, socket pair, spawn ---> |
//     | <------------------------ Welcome  |  (+ memory fd, one socket end)   |
//     | close                              |                                  |
//     | <===== SessionMessages on the socket pair, records in the memory ===> |
//
// One message is one packet. Integers are little-endian. Who the guest is, the manager takes from
// SO_PEERCRED, never from a field. After Welcome the manager is needed no more: the pair tells each
// side of the other's death.

#include <cstddef>
#include <cstdint>

#include "ava/wire/record.h"

namespace ava::wire {

inline constexpr std::uint32_t kHelloMagic = 0x48417641;    // "AvAH"
inline constexpr std::uint32_t kWelcomeMagic = 0x57417641;  // "AvAW"
inline constexpr std::uint32_t kApiNameBytes = 32;          // with the final NUL, as all texts here
inline constexpr std::uint32_t kDigestBytes = 32;
inline constexpr std::uint32_t kRunIdBytes = 40;
inline constexpr std::uint32_t kReasonBytes = 256;
inline constexpr std::uint32_t kServerNameBytes = 128;
inline constexpr std::uint32_t kEnvironmentBytesMax = 64 * 1024;
inline constexpr std::uint32_t kDirectoryBytesMax = 4096;

enum HelloFlags : std::uint32_t {
  kHelloStrict = 1,  // AVA_STRICT=1: every call is synchronous and exact
  kHelloStdout = 2,  // a descriptor for the program's standard output comes along (first)
  kHelloStderr = 4,  // a descriptor for its standard error comes along (last)
};

// Followed by environment_bytes of "NAME=VALUE\0" and directory_bytes of the working directory,
// without NUL.
struct Hello {
  std::uint32_t magic;        // kHelloMagic
  std::uint32_t abi_version;  // kAbiVersion
  char api[kApiNameBytes];
  std::uint8_t digest[kDigestBytes];
  char run_id[kRunIdBytes];   // AVA_RUN_ID: which `ava run` this belongs to; empty: none
  std::uint32_t pid;          // as the guest sees itself; for messages only
  std::uint32_t flags;        // HelloFlags
  std::uint32_t functions;    // how many function ids the API has
  std::uint32_t watchdog_ms;  // the longest that a kernel may run; 0: as the manager says
  std::uint32_t environment_bytes;
  std::uint32_t directory_bytes;
};
static_assert(sizeof(Hello) == 136);
inline constexpr std::uint32_t kHelloBytesMax =
    sizeof(Hello) + kEnvironmentBytesMax + kDirectoryBytesMax;

enum class WelcomeStatus : std::uint32_t {
  kAccepted = 0,  // two descriptors come with the message: the session's memory, the session socket
  kRefused = 1,   // reason says why and what to do; trying again will not help
  kBusy = 2,      // no room now: try again later
};

struct Welcome {
  std::uint32_t magic;        // kWelcomeMagic
  std::uint32_t abi_version;  // the manager's
  std::uint32_t status;       // WelcomeStatus
  std::uint32_t reserved;
  std::uint64_t session;
  std::uint64_t memory_bytes;
  std::uint64_t arena_bytes;
  char server[kServerNameBytes];  // which device, in words
  char reason[kReasonBytes];
};
static_assert(sizeof(Welcome) == 424);

// Session socket ---------------------------------------------------------------------------------
enum class SessionMessageKind : std::uint32_t {
  kWake = 1,     // worker -> guest: look at the upcall ring
  kClose = 2,    // both ways: an orderly end; text: why
  kSegment = 3,  // guest -> worker: `segment` of `bytes` bytes is the sealed memfd that comes along
  kStdout =
      4,  // guest -> worker: what comes along is the program's standard output, number `segment`
};

// A packet ends after `bytes` for kWake, kSegment, kStdout; kClose has the text as well.
struct SessionMessage {
  std::uint32_t kind;  // SessionMessageKind
  std::uint32_t segment;
  std::uint64_t bytes;
  char text[kReasonBytes];
};
static_assert(sizeof(SessionMessage) == 272);
inline constexpr std::uint32_t kSessionMessageShortBytes = 16;
static_assert(offsetof(SessionMessage, text) == kSessionMessageShortBytes);

}  // namespace ava::wire
