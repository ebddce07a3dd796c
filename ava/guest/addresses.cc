// SPDX-License-Identifier: Apache-2.0

#include "ava/guest/addresses.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>

namespace ava::guest {
namespace {

constexpr std::uintptr_t kPage = 4096;
// Below and beyond lies nothing that a process can map. The worker's word is not taken for it.
constexpr std::uintptr_t kLowest = std::uintptr_t{1} << 16;
constexpr std::uintptr_t kHighest = std::uintptr_t{1} << 47;
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 46;

constexpr std::uintptr_t Down(std::uintptr_t address) { return address / kPage * kPage; }
constexpr std::uintptr_t Up(std::uintptr_t address) { return Down(address + kPage - 1); }

std::uintptr_t Word(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }
void* Pointer(std::uintptr_t word) { return reinterpret_cast<void*>(word); }

bool IsPossible(std::uint64_t there, std::uint64_t bytes) {
  return there >= kLowest && bytes != 0 && bytes <= kBytesMax && there <= kHighest - bytes - kPage;
}

// Pages at this very place, if nothing lies there.
bool MapAt(std::uintptr_t begin, std::uintptr_t end) {
  void* const wanted = Pointer(begin);
  void* const got = mmap(wanted, end - begin, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (got == wanted) return true;
  // A kernel that does not know the flag takes the address for a hint.
  if (got != MAP_FAILED) munmap(got, end - begin);
  return false;
}

}  // namespace

std::uintptr_t Addresses::Range::first_page() const { return Down(here); }
std::uintptr_t Addresses::Range::end_page() const { return Up(here + bytes); }

// The parts of a range's pages on which no other range lies. False: `piece` was for one of them.
template <class Piece>
bool Addresses::ForEachGapLocked(const Range& range, Piece piece) {
  std::uintptr_t at = range.first_page();
  const std::uintptr_t end = range.end_page();
  for (const Range& other : ranges_) {
    if (other.end_page() <= at) continue;
    if (other.first_page() >= end) break;
    if (other.first_page() > at && !piece(at, other.first_page())) return false;
    at = std::max(at, other.end_page());
  }
  return at >= end || piece(at, end);
}

bool Addresses::MapLocked(const Range& range) {
  std::uintptr_t mapped_to = range.first_page();
  const bool all = ForEachGapLocked(range, [&](std::uintptr_t begin, std::uintptr_t end) {
    if (!MapAt(begin, end)) return false;
    mapped_to = end;
    return true;
  });
  if (all) return true;
  Range begun = range;
  begun.bytes = mapped_to - std::min(mapped_to, range.here);
  if (mapped_to > range.first_page()) UnmapLocked(begun);
  return false;
}

void Addresses::UnmapLocked(const Range& range) {
  (void)ForEachGapLocked(range, [](std::uintptr_t begin, std::uintptr_t end) {
    munmap(Pointer(begin), end - begin);
    return true;
  });
}

void Addresses::InsertLocked(const Range& range) {
  const auto behind = std::ranges::upper_bound(ranges_, range.here, {}, &Range::here);
  ranges_.insert(behind, range);
  count_.store(ranges_.size(), std::memory_order_release);
}

void* Addresses::Place(std::uint64_t there, std::uint64_t bytes, bool same) {
  if (there == 0 || bytes == 0 || bytes > kBytesMax) return nullptr;
  const std::lock_guard lock(mutex_);
  Range range = {.here = there, .there = there, .bytes = bytes};
  const bool taken = std::ranges::any_of(ranges_, [&](const Range& other) {
    return !other.leaving && other.here < there + bytes && there < other.here + other.bytes;
  });
  if (!same || taken || !IsPossible(there, bytes) || !MapLocked(range)) {
    // What the vendor library has aligned stays so, up to a page.
    const std::uint64_t offset = there % kPage;
    void* const pages = mmap(nullptr, Up(offset + bytes), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) return nullptr;
    range.here = Word(pages) + offset;
  }
  InsertLocked(range);
  return Pointer(range.here);
}

// Alive, rather than leaving: that may lie at the same place.
Addresses::Range* Addresses::FindLocked(std::uintptr_t pointer, std::uint64_t bytes) {
  auto behind = std::ranges::upper_bound(ranges_, pointer, {}, &Range::here);
  while (behind != ranges_.begin()) {
    Range& range = *--behind;
    if (range.leaving) continue;
    const std::uintptr_t offset = pointer - range.here;
    return offset < range.bytes && bytes <= range.bytes - offset ? &range : nullptr;
  }
  return nullptr;
}

Addresses::Range* Addresses::FindBaseLocked(const void* pointer, bool leaving) {
  const auto [first, last] = std::ranges::equal_range(ranges_, Word(pointer), {}, &Range::here);
  const auto found = std::ranges::find(first, last, leaving, &Range::leaving);
  return found == last ? nullptr : &*found;
}

bool Addresses::IsSame(const void* pointer) {
  const std::lock_guard lock(mutex_);
  const Range* range = FindLocked(Word(pointer), 1);
  return range != nullptr && range->same();
}

std::uint64_t Addresses::There(const void* pointer, std::uint64_t bytes) {
  if (count_.load(std::memory_order_acquire) == 0) return 0;
  const std::lock_guard lock(mutex_);
  const Range* range = FindLocked(Word(pointer), bytes);
  return range == nullptr ? 0 : range->there + (Word(pointer) - range->here);
}

void* Addresses::Here(std::uint64_t there) {
  const std::lock_guard lock(mutex_);
  for (const Range& range : ranges_) {
    if (there - range.there < range.bytes && !range.leaving)
      return Pointer(range.here + (there - range.there));
  }
  return nullptr;
}

std::uint64_t Addresses::Claim(const void* pointer) {
  const std::lock_guard lock(mutex_);
  Range* range = FindBaseLocked(pointer, false);
  if (range == nullptr) return 0;
  range->leaving = true;
  return range->there;
}

void Addresses::PutBack(const void* pointer) {
  const std::lock_guard lock(mutex_);
  Range* range = FindBaseLocked(pointer, true);
  if (range != nullptr) range->leaving = false;
}

bool Addresses::Remove(const void* pointer, Range& removed) {
  const std::lock_guard lock(mutex_);
  const Range* range = FindBaseLocked(pointer, true);
  if (range == nullptr) return false;
  removed = *range;
  std::erase_if(views_,
                [&](const View& view) { return view.begin - removed.here < removed.bytes; });
  return true;
}

void Addresses::Unmap(const Range& removed) {
  const std::lock_guard lock(mutex_);
  const Range* range = FindBaseLocked(Pointer(removed.here), true);
  if (range == nullptr) return;
  // Not `removed`: of two that are leaving from the same place, this may be the other one.
  const Range erased = *range;
  ranges_.erase(ranges_.begin() + (range - ranges_.data()));
  count_.store(ranges_.size(), std::memory_order_release);
  UnmapLocked(erased);
}

void Addresses::AddView(const void* begin, std::uint64_t bytes, bool writes) {
  const std::lock_guard lock(mutex_);
  views_.push_back({.id = ++last_view_, .begin = Word(begin), .bytes = bytes, .writes = writes});
}

Addresses::View Addresses::ClaimView(const void* begin) {
  const std::lock_guard lock(mutex_);
  for (auto view = views_.rbegin(); view != views_.rend(); ++view) {
    if (view->begin != Word(begin) || view->leaving) continue;
    view->leaving = true;
    return *view;
  }
  return {};
}

void Addresses::PutBackView(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (View& view : views_) {
    if (view.id == id) view.leaving = false;
  }
}

void Addresses::RemoveView(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(views_, [id](const View& view) { return view.id == id; });
}

}  // namespace ava::guest
