// SPDX-License-Identifier: Apache-2.0

#include "ava/base/rect.h"

#include <cstring>

namespace ava {

Rect Rect::Of(const std::size_t* region, std::uint64_t element, const std::size_t* origin,
              std::uint64_t row_pitch, std::uint64_t slice_pitch) {
  if (region == nullptr) return {};
  Rect rect = {.row_bytes = region[0] * element, .rows = region[1], .slices = region[2]};
  if (region[0] > kRectBytesMax || rect.row_bytes > kRectBytesMax) return {};
  rect.row_pitch = row_pitch != 0 ? row_pitch : rect.row_bytes;
  rect.slice_pitch = slice_pitch != 0 ? slice_pitch : rect.row_pitch * rect.rows;
  if (origin != nullptr) {
    rect.offset = origin[2] * rect.slice_pitch + origin[1] * rect.row_pitch + origin[0] * element;
  }
  return rect;
}

std::uint64_t Rect::bytes() const {
  __extension__ using Wide = unsigned __int128;
  if (rows > kRectBytesMax || slices > kRectBytesMax) return 0;
  const Wide lines = static_cast<Wide>(rows) * slices;
  if (lines > kRectBytesMax || lines * row_bytes > kRectBytesMax) return 0;
  return static_cast<std::uint64_t>(lines * row_bytes);
}

bool Rect::IsTight() const {
  return bytes() == 0 || ((rows == 1 || row_pitch == row_bytes) &&
                          (slices == 1 || slice_pitch == rows * row_bytes));
}

std::uint64_t Rect::span() const {
  __extension__ using Wide = unsigned __int128;
  if (bytes() == 0) return 0;
  const Wide span =
      Wide{slice_pitch} * (slices - 1) + Wide{row_pitch} * (rows - 1) + Wide{row_bytes};
  return span > kRectBytesMax ? 0 : static_cast<std::uint64_t>(span);
}

void Rect::Pack(std::byte* packed, const std::byte* memory) const {
  for (std::uint64_t slice = 0; slice < slices; ++slice) {
    for (std::uint64_t row = 0; row < rows; ++row, packed += row_bytes) {
      std::memcpy(packed, memory + offset + slice * slice_pitch + row * row_pitch, row_bytes);
    }
  }
}

void Rect::Unpack(std::byte* memory, const std::byte* packed) const {
  for (std::uint64_t slice = 0; slice < slices; ++slice) {
    for (std::uint64_t row = 0; row < rows; ++row, packed += row_bytes) {
      std::memcpy(memory + offset + slice * slice_pitch + row * row_pitch, packed, row_bytes);
    }
  }
}

}  // namespace ava
