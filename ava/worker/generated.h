// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that a generated server.cc needs of the runtime.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ava/worker/call.h"
#include "ava/worker/server_api.h"
#include "ava/worker/session.h"
#include "ava/worker/upcall.h"
#include "ava/worker/wide.h"

namespace ava::worker {

// Another thread may drop an object while its metadata is looked at, and what is not known has
// nobody else to keep it: the last few of a thread live on. More than an expression of a spec
// names.
inline constexpr std::size_t kMetadataKept = 16;
inline void* KeepMetadata(std::shared_ptr<void> metadata) {
  thread_local std::array<std::shared_ptr<void>, kMetadataKept> kept;
  thread_local std::size_t next = 0;
  std::shared_ptr<void>& place = kept[next++ % kMetadataKept];
  place = std::move(metadata);
  return place.get();
}

// What the spec keeps with a handle. Never null: what is not known has a fresh one of its own, so
// that an expression of the spec need not ask.
template <class M>
M* MetadataOf(Session* session, TypeId type, const void* vendor) {
  std::shared_ptr<void> known;
  if (session != nullptr && vendor != nullptr) {
    known = session->handles.Metadata(type, const_cast<void*>(vendor), [] -> std::shared_ptr<void> {
      return std::make_shared<M>();
    });
  }
  if (known == nullptr) known = std::make_shared<M>();
  return static_cast<M*>(KeepMetadata(std::move(known)));
}

// A query whose answer is a string that `filter` changes: asked in full, changed, then answered as
// the library would.
template <class Status, class Query, class Filter>
Status FilteredValue(Status success, Query query, Filter filter, std::size_t capacity, void* value,
                     std::size_t* value_bytes) {
  std::size_t bytes = 0;
  Status status = query(std::size_t{0}, nullptr, &bytes);
  if (status != success) return status;
  std::string text(bytes + 1, '\0');
  status = query(bytes, text.data(), nullptr);
  if (status != success) return status;
  const std::string filtered = filter(text.c_str());
  *value_bytes = filtered.size() + 1;
  if (value == nullptr) return success;
  if (capacity <= filtered.size())
    return query(std::size_t{0}, value, nullptr);  // the library's own refusal
  std::memcpy(value, filtered.c_str(), filtered.size() + 1);
  return success;
}

// The same for an array.
template <class Status, class Query, class T>
Status FilteredValue(Status success, Query query, std::vector<T> (*filter)(std::vector<T>),
                     std::size_t capacity, void* value, std::size_t* value_bytes) {
  std::size_t bytes = 0;
  Status status = query(std::size_t{0}, nullptr, &bytes);
  if (status != success) return status;
  std::vector<T> elements(bytes / sizeof(T));
  status = query(elements.size() * sizeof(T), elements.data(), nullptr);
  if (status != success) return status;
  elements = filter(std::move(elements));
  *value_bytes = elements.size() * sizeof(T);
  if (value == nullptr) return success;
  if (capacity < *value_bytes)
    return query(std::size_t{0}, value, nullptr);  // the library's own refusal
  if (!elements.empty()) std::memcpy(value, elements.data(), *value_bytes);
  return success;
}

// A query whose answer is an array of pointers to the program's memory. Here the answer is what
// they point to, one behind the other: `sizes` is the query for how much that is of each.
template <class Status, class Query, class Sizes>
Status PointersValue(Status success, Query query, Sizes sizes, std::size_t capacity, void* value,
                     std::size_t* value_bytes) {
  std::size_t bytes = 0;
  Status status = sizes(std::size_t{0}, nullptr, &bytes);
  if (status != success) return status;
  std::vector<std::size_t> each(bytes / sizeof(std::size_t));
  status = sizes(bytes, each.data(), nullptr);
  if (status != success) return status;
  std::size_t all = 0;
  for (const std::size_t one : each) all += one;
  // A guest library asks for neither; the vendor library refuses both.
  if (value == nullptr || capacity != all) return query(std::size_t{0}, value, value_bytes);
  std::vector<void*> pointers;
  std::size_t at = 0;
  for (const std::size_t one : each) {
    pointers.push_back(one == 0 ? nullptr : static_cast<std::byte*>(value) + at);
    at += one;
  }
  *value_bytes = all;
  return query(pointers.size() * sizeof(void*), pointers.data(), nullptr);
}

// The words between single blanks, less these.
std::string WithoutWords(std::string_view text, std::initializer_list<std::string_view> words);

// A return value as it travels.
template <class T>
std::uint64_t ResultWord(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<std::uint64_t>(static_cast<double>(value));
  } else if constexpr (std::is_pointer_v<T>) {
    return 0;
  } else {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  }
}

// In place of a rectangle's origin and pitches: the box travels without gaps.
inline constexpr std::array<std::size_t, 3> kTightOrigin{};

}  // namespace ava::worker
