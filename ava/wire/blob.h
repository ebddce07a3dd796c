// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a piece of data of a command lies, and how handles are named on the wire.
//
// A command's argument structure (generated, wire.h) holds scalars in place and a `Blob` for each
// thing that is behind a pointer. A blob names bytes; it never holds a pointer. docs/wire.md has
// the rules by which the compiler turns a parameter into fields.

#include <cstdint>

namespace ava::wire {

enum class Place : std::uint32_t {
  kNull = 0,     // The program passed NULL. offset and bytes are 0.
  kRecord = 1,   // offset from the first byte of the command record in the ring (inputs only).
  kArena = 2,    // offset into segment `segment`; segment 0 is the session's arena.
  kSlot = 3,     // offset into the reply slot's inline area (outputs of waited calls only).
  kAddress = 4,  // no bytes travel: offset is the worker's address of them.
};

// 24 bytes, little-endian. For an output, `bytes` is the capacity that the guest provides.
struct Blob {
  std::uint32_t place;    // Place
  std::uint32_t segment;  // with kArena; 0 otherwise
  std::uint64_t offset;
  std::uint64_t bytes;
};
static_assert(sizeof(Blob) == 24 && alignof(Blob) == 8);

// A handle on the wire. 0 is the NULL handle.
//   bits 0..30   index: of the guest's object table, or of the server's when bit 31 is set
//   bit  31      minted by the server (not created by the guest: a platform, a device)
//   bits 32..63  generation, never 0
// The guest mints the id of everything that a call creates, so a creation needs no round trip.
using HandleId = std::uint64_t;
inline constexpr std::uint64_t kServerMintedBit = std::uint64_t{1} << 31;
inline constexpr std::uint32_t kHandlesMax = std::uint32_t{1} << 22;

constexpr std::uint32_t HandleIndex(HandleId id) {
  return static_cast<std::uint32_t>(id) & 0x7fffffffU;
}
constexpr std::uint32_t HandleGeneration(HandleId id) {
  return static_cast<std::uint32_t>(id >> 32);
}
constexpr bool HandleServerMinted(HandleId id) { return (id & kServerMintedBit) != 0; }
constexpr HandleId MakeHandleId(std::uint32_t index, std::uint32_t generation, bool server_minted) {
  return (std::uint64_t{generation} << 32) | (server_minted ? kServerMintedBit : 0) | index;
}

}  // namespace ava::wire
