// SPDX-License-Identifier: Apache-2.0
#include "ava/transport/arena_allocator.h"

#include <sys/mman.h>

#include <bit>
#include <cerrno>

#include "ava/base/check.h"

namespace ava::transport {
namespace {

// How many pieces of its own class a request looks at, after all larger classes were found empty.
constexpr int kLooksMax = 64;

}  // namespace

ArenaAllocator::~ArenaAllocator() {
  if (nodes_ != nullptr) munmap(nodes_, units_total_ * sizeof(Node));
}

int ArenaAllocator::Init(std::uint64_t bytes) {
  units_total_ = static_cast<std::uint32_t>(bytes / kUnitBytes);
  AVA_CHECK(bytes % kUnitBytes == 0 && units_total_ > 0 && ClassOf(units_total_).power < kPowers);
  // Touched only where pieces begin.
  void* memory = mmap(nullptr, units_total_ * sizeof(Node), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return errno;
  nodes_ = static_cast<Node*>(memory);
  for (auto& list : lists_) list.fill(kNone);
  Insert(0, units_total_);
  return 0;
}

ArenaAllocator::SizeClass ArenaAllocator::ClassOf(std::uint32_t units) {
  if (units < kClasses) return {.power = 0, .index = units};
  const auto log2 = static_cast<std::uint32_t>(std::bit_width(units)) - 1;
  return {.power = log2 - kClassBits + 1, .index = (units >> (log2 - kClassBits)) & (kClasses - 1)};
}

std::uint32_t ArenaAllocator::RoundedToClass(std::uint32_t units) {
  if (units < kClasses) return units;
  const auto log2 = static_cast<std::uint32_t>(std::bit_width(units)) - 1;
  return units + (1U << (log2 - kClassBits)) - 1;
}

bool ArenaAllocator::FindClass(SizeClass& at) const {
  if (at.power >= kPowers) return false;
  std::uint32_t classes = class_bits_[at.power] & (~0U << at.index);
  if (classes == 0) {
    const std::uint32_t powers =
        power_bits_ & static_cast<std::uint32_t>(~std::uint64_t{0} << (at.power + 1));
    if (powers == 0) return false;
    at.power = static_cast<std::uint32_t>(std::countr_zero(powers));
    classes = class_bits_[at.power];
  }
  at.index = static_cast<std::uint32_t>(std::countr_zero(classes));
  return true;
}

std::uint32_t ArenaAllocator::FindPiece(std::uint32_t units) const {
  SizeClass at = ClassOf(RoundedToClass(units));
  if (FindClass(at)) return lists_[at.power][at.index];
  // The classes above are empty, but a piece of its own class may do.
  const SizeClass own = ClassOf(units);
  int looks = 0;
  for (std::uint32_t piece = lists_[own.power][own.index]; piece != kNone && looks < kLooksMax;
       piece = nodes_[piece].next, ++looks) {
    if (SizeAt(piece) >= units) return piece;
  }
  return kNone;
}

void ArenaAllocator::SetUnitsBefore(std::uint32_t unit, std::uint32_t units) {
  if (unit < units_total_) nodes_[unit].units_before = units;
}

void ArenaAllocator::Insert(std::uint32_t unit, std::uint32_t units) {
  const SizeClass at = ClassOf(units);
  std::uint32_t& first = lists_[at.power][at.index];
  Node& node = nodes_[unit];
  node.units = units | kFreeBit;
  node.next = first;
  node.previous = kNone;
  if (first != kNone) nodes_[first].previous = unit;
  first = unit;
  class_bits_[at.power] |= 1U << at.index;
  power_bits_ |= 1U << at.power;
  SetUnitsBefore(unit + units, units);
  units_free_ += units;
}

void ArenaAllocator::Remove(std::uint32_t unit) {
  Node& node = nodes_[unit];
  node.units &= ~kFreeBit;
  units_free_ -= node.units;
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
    return;
  }
  const SizeClass at = ClassOf(node.units);
  lists_[at.power][at.index] = node.next;
  if (node.next != kNone) return;
  class_bits_[at.power] &= ~(1U << at.index);
  if (class_bits_[at.power] == 0) power_bits_ &= ~(1U << at.power);
}

void ArenaAllocator::TrimEnd(std::uint32_t unit, std::uint32_t units) {
  const std::uint32_t rest = nodes_[unit].units - units;
  if (rest == 0) return;
  nodes_[unit].units = units;
  SetUnitsBefore(unit + units, units);
  Insert(unit + units, rest);
}

std::uint32_t ArenaAllocator::Allocate(std::uint32_t units, std::uint32_t alignment,
                                       std::uint32_t skew) {
  if (units == 0 || units > units_total_) return kNone;
  std::uint32_t piece = FindPiece(units + alignment - 1);
  if (piece == kNone) return kNone;
  Remove(piece);
  const std::uint32_t gap = (skew - piece) & (alignment - 1);
  if (gap != 0) {
    const std::uint32_t all = nodes_[piece].units;
    Insert(piece, gap);
    piece += gap;
    nodes_[piece] = {.units = all - gap, .units_before = gap, .next = kNone, .previous = kNone};
    SetUnitsBefore(piece + all - gap, all - gap);
  }
  TrimEnd(piece, units);
  nodes_[piece].next = kNone;
  return piece;
}

std::uint32_t ArenaAllocator::UnitsOf(std::uint32_t unit) const {
  AVA_CHECK(unit < units_total_ && !IsFree(unit) && nodes_[unit].units != 0);
  return nodes_[unit].units;
}

void ArenaAllocator::Free(std::uint32_t unit) {
  std::uint32_t units = UnitsOf(unit);
  nodes_[unit].units = 0;
  const std::uint32_t after = unit + units;
  if (after < units_total_ && IsFree(after)) {
    units += SizeAt(after);
    Remove(after);
    nodes_[after].units = 0;
  }
  const std::uint32_t units_before = nodes_[unit].units_before;
  if (units_before != 0 && IsFree(unit - units_before)) {
    unit -= units_before;
    units += units_before;
    Remove(unit);
  }
  Insert(unit, units);
}

bool ArenaAllocator::IsConsistent() const {
  std::uint32_t free_in_walk = 0;
  std::uint32_t pieces_free = 0;
  std::uint32_t before = 0;
  bool free_before = false;
  for (std::uint32_t unit = 0; unit < units_total_; unit += before) {
    if (SizeAt(unit) == 0 || nodes_[unit].units_before != before) return false;
    if (IsFree(unit) && free_before) return false;
    free_before = IsFree(unit);
    before = SizeAt(unit);
    if (free_before) {
      free_in_walk += before;
      ++pieces_free;
    }
  }
  std::uint32_t pieces_listed = 0;
  for (const auto& power : lists_) {
    for (std::uint32_t piece : power) {
      for (; piece != kNone; piece = nodes_[piece].next) {
        if (!IsFree(piece)) return false;
        ++pieces_listed;
      }
    }
  }
  return free_in_walk == units_free_ && pieces_listed == pieces_free;
}

}  // namespace ava::transport
