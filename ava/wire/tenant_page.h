// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the sessions of one tenant hold together. One memfd per tenant, made and sealed by the
// manager, mapped by it and by the workers of the tenant's sessions; never by a guest.
//
//      0  +------------------------+
//         | magic, version, slots  |  written by the manager before the first worker starts;
//         constant
//     64  +------------------------+
//         | held[kTenantSlotsMax]  |  one word a session: device memory, in bytes
//  32832  +------------------------+
//
// A session's worker writes its own word, and the manager clears it when that worker is dead: so
// the sum is exact whenever and however a worker ends. A hostile kernel can write its own tenant's
// page, and by that take from its own tenant only.

#include <cstddef>
#include <cstdint>

namespace ava::wire {

inline constexpr std::uint32_t kTenantMagic = 0x54417641;  // "AvAT"
inline constexpr std::uint32_t kTenantVersion = 1;
inline constexpr std::uint32_t kTenantSlotsMax = 4096;

struct TenantPage {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t slots;  // in use: at most kTenantSlotsMax
  std::uint32_t reserved[13];
  std::uint64_t held[kTenantSlotsMax];
};
static_assert(offsetof(TenantPage, held) == 64);
static_assert(sizeof(TenantPage) == 64 + kTenantSlotsMax * sizeof(std::uint64_t));

}  // namespace ava::wire
