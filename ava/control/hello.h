// SPDX-License-Identifier: Apache-2.0
#pragma once

// A guest's first message (ava/wire/handshake.h), checked and taken apart.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ava/base/result.h"
#include "ava/wire/handshake.h"

namespace ava::control {

struct GuestHello {
  std::string api;
  std::array<std::uint8_t, wire::kDigestBytes> digest{};
  std::string run_id;
  std::uint32_t pid = 0;  // as the guest says; for messages
  std::uint32_t flags = 0;
  std::uint32_t functions = 0;
  std::uint32_t watchdog_ms = 0;
  std::vector<std::string> environment;  // "NAME=VALUE"
  std::string directory;                 // absolute, without "." and ".."
};

// kViolation: no guest library of ours sends that. kInvalid: another version, say so to its user.
Result<GuestHello> ParseHelloUntrusted(std::span<const std::byte> packet);

// "/home/u/../v//w" -> "/home/v/w"; what is no absolute path becomes "/".
std::string NormalDirectory(std::string_view path);

}  // namespace ava::control
