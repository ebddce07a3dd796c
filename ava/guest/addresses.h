// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory that the vendor library has allocated and the program names by addresses (Lapis:
// `address`, `allocates`, `frees`). The program sees pages of its own, at the worker's addresses if
// they are free here, so that pointers which lie in such memory mean the same on both sides;
// otherwise elsewhere, and then only the pointers that are arguments are translated. Contents are
// copied when the program maps and unmaps.
//
//   worker   |..heap..[ allocation ][ another ]..|
//   guest    |        [ pages of our own      ]  |   neighbours may share a page
//
// An allocation that is being freed is leaving: the worker may already have given its address to
// another one.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ava/base/mutex.h"

namespace ava::guest {

class Addresses {
 public:
  struct Range {
    std::uintptr_t here = 0;  // where the program sees it
    std::uint64_t there = 0;  // where the worker has it
    std::uint64_t bytes = 0;
    bool leaving = false;

    bool same() const { return here == there; }
    std::uintptr_t first_page() const;
    std::uintptr_t end_page() const;  // behind the last one
  };
  // What the program looks at.
  struct View {
    std::uint64_t id = 0;  // 0: none
    std::uintptr_t begin = 0;
    std::uint64_t bytes = 0;
    bool writes = false;
    bool leaving = false;  // a call that ends it is under way
  };

  // The program's pointer to an allocation of the worker's; null: there is no memory. `same`: it
  // may lie at the worker's address.
  void* Place(std::uint64_t there, std::uint64_t bytes, bool same);
  bool IsSame(const void* pointer);

  // The worker's address of what `pointer` points to; 0: nothing lives there, or fewer bytes.
  std::uint64_t There(const void* pointer, std::uint64_t bytes);
  void* Here(std::uint64_t there);
  bool Has(const void* pointer, std::uint64_t bytes) { return There(pointer, bytes) != 0; }

  // The allocation that begins at `pointer`, for a call that frees it: no other call finds it until
  // PutBack. 0: none does.
  std::uint64_t Claim(const void* pointer);
  void PutBack(const void* pointer);
  // The program's pages go. False: no allocation that is leaving begins there.
  bool Remove(const void* pointer, Range& removed);
  // Where it lay; only now may something else lie there.
  void Unmap(const Range& removed);

  void AddView(const void* begin, std::uint64_t bytes, bool writes);
  // The latest view that begins there, for a call that ends it.
  View ClaimView(const void* begin);
  void PutBackView(std::uint64_t id);
  void RemoveView(std::uint64_t id);

 private:
  Range* FindLocked(std::uintptr_t pointer, std::uint64_t bytes);
  Range* FindBaseLocked(const void* pointer, bool leaving);
  template <class Piece>
  bool ForEachGapLocked(const Range& range, Piece piece);
  bool MapLocked(const Range& range);
  void UnmapLocked(const Range& range);
  void InsertLocked(const Range& range);

  Mutex mutex_;
  std::atomic<std::size_t> count_{0};
  std::vector<Range> ranges_;  // by `here`
  std::vector<View> views_;
  std::uint64_t last_view_ = 0;
};

}  // namespace ava::guest
