// SPDX-License-Identifier: Apache-2.0
#pragma once

// A box of bytes within strided memory (Lapis: `rect`), packed tightly on the wire.

#include <cstddef>
#include <cstdint>

namespace ava {

inline constexpr std::uint64_t kRectBytesMax = std::uint64_t{1} << 40;

struct Rect {
  std::uint64_t row_bytes = 0;  // of the box; all that is copied of a row
  std::uint64_t rows = 0;
  std::uint64_t slices = 0;
  std::uint64_t row_pitch = 0;
  std::uint64_t slice_pitch = 0;
  std::uint64_t offset = 0;  // of the box's first byte

  // region and origin: three numbers each, in elements of `element` bytes in x; null: nothing, and
  // {0, 0, 0}. A pitch of 0 is tight.
  static Rect Of(const std::size_t* region, std::uint64_t element, const std::size_t* origin,
                 std::uint64_t row_pitch, std::uint64_t slice_pitch);

  // Nothing lies between its rows, nor between its slices.
  bool IsTight() const;
  // From its first byte to its last, with what lies between; 0 as below.
  std::uint64_t span() const;
  // Bytes of the packed box; 0 when it has none or is larger than anything can be.
  std::uint64_t bytes() const;
  void Pack(std::byte* packed, const std::byte* memory) const;
  // Touches the box only, never the gaps between its rows.
  void Unpack(std::byte* memory, const std::byte* packed) const;
};

}  // namespace ava
