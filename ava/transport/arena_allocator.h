// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which parts of the arena are taken. Two-level segregated fit over units of 256 bytes: constant
// time, immediate coalescing, and its books are in private memory, where a worker cannot write. No
// lock, no waiting: GuestMemory has those.
//
//   books: one Node per unit; only the first unit of a piece (taken or free) has a meaning
//   lists: free pieces by size class, 16 classes to each power of two

#include <array>
#include <cstddef>
#include <cstdint>

namespace ava::transport {

class ArenaAllocator {
 public:
  static constexpr std::uint32_t kUnitBytes = 256;
  static constexpr std::uint32_t kNone = 0xffffffffU;

  ArenaAllocator() = default;
  ArenaAllocator(const ArenaAllocator&) = delete;
  ArenaAllocator& operator=(const ArenaAllocator&) = delete;
  ~ArenaAllocator();

  // 0 or an errno. `bytes` is a multiple of kUnitBytes.
  int Init(std::uint64_t bytes);

  // The first unit of a piece of `units`, or kNone. With an alignment (a power of two, in units)
  // the piece begins at a multiple of it plus `skew`.
  std::uint32_t Allocate(std::uint32_t units, std::uint32_t alignment = 1, std::uint32_t skew = 0);
  void Free(std::uint32_t unit);

  std::uint32_t UnitsOf(std::uint32_t unit) const;  // of a taken piece
  std::uint32_t units_free() const { return units_free_; }
  std::uint32_t units_total() const { return units_total_; }

  // A link that the owner of a taken piece may use.
  std::uint32_t& Link(std::uint32_t unit) { return nodes_[unit].next; }

  // Walks all pieces and lists; for tests.
  bool IsConsistent() const;

 private:
  struct Node {
    std::uint32_t units;         // with kFreeBit
    std::uint32_t units_before;  // of the piece in front of it; 0: it is the first
    std::uint32_t next;          // in its list; of a taken piece: Link
    std::uint32_t previous;
  };
  static constexpr std::uint32_t kFreeBit = 0x80000000U;
  static constexpr std::uint32_t kClassBits = 4;
  static constexpr std::uint32_t kClasses = 1U << kClassBits;
  static constexpr std::uint32_t kPowers = 28;

  struct SizeClass {
    std::uint32_t power;
    std::uint32_t index;
  };
  static SizeClass ClassOf(std::uint32_t units);
  static std::uint32_t RoundedToClass(std::uint32_t units);
  bool FindClass(SizeClass& at) const;  // the next one with a piece, from `at` on
  std::uint32_t FindPiece(std::uint32_t units) const;

  void Insert(std::uint32_t unit, std::uint32_t units);
  void Remove(std::uint32_t unit);
  std::uint32_t SizeAt(std::uint32_t unit) const { return nodes_[unit].units & ~kFreeBit; }
  bool IsFree(std::uint32_t unit) const { return (nodes_[unit].units & kFreeBit) != 0; }
  void SetUnitsBefore(std::uint32_t unit, std::uint32_t units);
  // Gives back what a taken piece has beyond `units`.
  void TrimEnd(std::uint32_t unit, std::uint32_t units);

  Node* nodes_ = nullptr;
  std::uint32_t units_total_ = 0;
  std::uint32_t units_free_ = 0;
  std::uint32_t power_bits_ = 0;
  std::array<std::uint32_t, kPowers> class_bits_ = {};
  std::array<std::array<std::uint32_t, kClasses>, kPowers> lists_ = {};
};

}  // namespace ava::transport
