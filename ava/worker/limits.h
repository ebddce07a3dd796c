// SPDX-License-Identifier: Apache-2.0
#pragma once

// What one session may use of its worker. Each limit that a guest reaches ends its session, never
// the worker's host.

#include <cstddef>
#include <cstdint>

#include "ava/transport/guest_channel.h"
#include "ava/wire/blob.h"

namespace ava::worker {

// Every thread that sits in a blocking call holds a slot, and one more reads the ring.
inline constexpr std::size_t kWorkerThreadsMax = transport::kSlotsMax + 1;

// Objects that the guest did not create: platforms, devices, and what queries bring to light.
inline constexpr std::uint32_t kServerMintedMax = std::uint32_t{1} << 16;
inline constexpr std::uint32_t kReferencesMax = std::uint32_t{1} << 30;
inline constexpr std::size_t kParentsMax = 64;  // edges of one object

// Sizes and counts in expressions of a spec are cut off here, so that products of a few of them
// stay exact.
inline constexpr std::int64_t kSizeMax = std::int64_t{1} << 40;
// Elements of an array that is copied to be interpreted: handles, strings, structures, properties.
inline constexpr std::int64_t kElementsMax = std::int64_t{1} << 22;
// Bytes of one string or structure array that are copied to be interpreted.
inline constexpr std::int64_t kInterpretedBytesMax = std::int64_t{1} << 28;

inline constexpr std::size_t kPendingMax = std::size_t{1}
                                           << 20;  // calls whose data waits for an event
inline constexpr std::size_t kMappingsMax = std::size_t{1} << 16;   // live mappings
inline constexpr std::size_t kAddressesMax = std::size_t{1} << 20;  // live allocations
inline constexpr std::size_t kCallbacksMax = std::size_t{1} << 20;  // registered callbacks
// Strings and buffers of one callback's arguments.
inline constexpr std::size_t kUpcallPayloadMax = std::size_t{32} * 1024;

// Commands between two looks at pending work, when nothing else asks for one.
inline constexpr std::uint32_t kSweepEvery = 32;

}  // namespace ava::worker
