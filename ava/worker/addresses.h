// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory that the vendor library has allocated for the guest, which names it by the library's own
// addresses (Lapis: `address`, `allocates`, `frees`). An address where nothing of the guest's lives
// is not used, read or written.

#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <span>
#include <vector>

#include "ava/worker/handle_table.h"

namespace ava::worker {

class Addresses {
 public:
  struct Range {
    std::uint64_t bytes = 0;
    std::vector<Charge> charges;
  };

  // False: there are too many.
  bool Add(const void* base, std::uint64_t bytes);
  // So many bytes from there belong to one allocation.
  bool Has(const void* pointer, std::uint64_t bytes) const;
  bool IsBase(const void* pointer) const;
  // What begins there is nobody's any more, and nothing copies to or from it.
  Range Remove(const void* base);
  void PutBack(const void* base, Range range);
  void AddCharge(const void* base, Charge charge);
  std::size_t size() const;

  // Contents, if they still live; false otherwise.
  bool Read(const void* from, std::span<std::byte> to) const;
  bool Write(void* to, std::span<const std::byte> from) const;

 private:
  bool HasLocked(const void* pointer, std::uint64_t bytes) const;

  mutable std::shared_mutex mutex_;
  std::map<std::uintptr_t, Range> ranges_;
};

}  // namespace ava::worker
