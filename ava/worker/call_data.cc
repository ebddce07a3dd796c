// SPDX-License-Identifier: Apache-2.0

// Call: bytes, strings, properties.

#include <algorithm>
#include <cstring>

#include "ava/base/format.h"
#include "ava/worker/call.h"

namespace ava::worker {
namespace {

using wire::Place;

constexpr std::size_t kPlaceAlignment = 8;

Place PlaceOf(const Blob& blob) { return static_cast<Place>(blob.place); }

// Saturates; for messages.
std::int64_t Printable(Wide value) {
  return static_cast<std::int64_t>(std::clamp<Wide>(value, INT64_MIN, INT64_MAX));
}

}  // namespace

std::span<std::byte> Call::InputPlace(const Blob& blob, const char* name) {
  if (blob.offset % kPlaceAlignment != 0) {
    Violate(name, fmt::format("offset {} is not a multiple of {}", blob.offset, kPlaceAlignment));
    return {};
  }
  if (PlaceOf(blob) == Place::kRecord) {
    if (blob.offset <= record_.size() && blob.bytes <= record_.size() - blob.offset) {
      return record_.subspan(blob.offset, blob.bytes);
    }
    Violate(name, fmt::format("{} bytes at {} of a record of {}", blob.bytes, blob.offset,
                              record_.size()));
    return {};
  }
  if (PlaceOf(blob) != Place::kArena) {
    Violate(name, fmt::format("an input in place {}", blob.place));
    return {};
  }
  const std::span<std::byte> bytes = session_.channel.ArenaUntrusted(blob);
  if (bytes.data() == nullptr) {
    Violate(name, fmt::format("{} bytes at {} of segment {} are not the session's", blob.bytes,
                              blob.offset, blob.segment));
  }
  in_bytes_ += bytes.size();
  return bytes;
}

std::span<std::byte> Call::OutputPlace(const Blob& blob, const char* name) {
  if (blob.offset % kPlaceAlignment != 0) {
    Violate(name, fmt::format("offset {} is not a multiple of {}", blob.offset, kPlaceAlignment));
    return {};
  }
  if (PlaceOf(blob) == Place::kSlot && waits()) {
    const std::span<std::byte> slot = session_.channel.SlotInline(header_.slot);
    if (blob.offset <= slot.size() && blob.bytes <= slot.size() - blob.offset) {
      return slot.subspan(blob.offset, blob.bytes);
    }
    Violate(name,
            fmt::format("{} bytes at {} of a slot of {}", blob.bytes, blob.offset, slot.size()));
    return {};
  }
  if (PlaceOf(blob) != Place::kArena) {
    Violate(name, fmt::format("an output in place {}", blob.place));
    return {};
  }
  const std::span<std::byte> bytes = session_.channel.ArenaUntrusted(blob);
  if (bytes.data() == nullptr) {
    Violate(name, fmt::format("{} bytes at {} of segment {} are not the session's", blob.bytes,
                              blob.offset, blob.segment));
  }
  return bytes;
}

// False when there is nothing to look at: the program passed NULL, or something is wrong.
bool Call::SizeIs(const Blob& blob, const char* name, Wide bytes) {
  if (!ok()) return false;
  if (PlaceOf(blob) == Place::kNull) {
    if (blob.bytes != 0 || blob.offset != 0) Violate(name, "a NULL pointer with bytes behind it");
    return false;
  }
  if (bytes < 0 || bytes > kSizeMax || Wide{blob.bytes} != bytes) {
    Violate(name, fmt::format("carries {} bytes, its spec says {}", blob.bytes, Printable(bytes)));
  }
  return ok();
}

PendingItem& Call::Item() {
  if (item_ == nullptr) item_ = std::make_shared<PendingItem>();
  return *item_;
}

std::byte* Call::KeepForEvent(std::span<const std::byte> bytes) {
  auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes.size() + 1);
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  return Item().kept.emplace_back(std::move(copy)).get();
}

std::byte* Call::InBytes(const Blob& blob, const char* name, Wide bytes, Data data) {
  if (!SizeIs(blob, name, bytes)) return nullptr;
  if (data == Data::kInterpreted && bytes > kInterpretedBytesMax) {
    Violate(name, fmt::format("{} bytes, the limit is {}", blob.bytes, kInterpretedBytesMax));
    return nullptr;
  }
  const std::span<std::byte> place = InputPlace(blob, name);
  if (!ok()) return nullptr;
  const bool in_record = PlaceOf(blob) == Place::kRecord;
  if (data == Data::kUntil && !blocks_) {
    if (in_record) return KeepForEvent(place);
    Item().blocks.push_back(blob);
    return place.data();
  }
  if (in_record || (data != Data::kInterpreted && place.size() > wire::kInlineBytesMax))
    return place.data();
  std::byte* copy = scratch_.Allocate(place.size());
  if (!place.empty()) std::memcpy(copy, place.data(), place.size());
  return copy;
}

std::byte* Call::OutBytes(const Blob& blob, const char* name, Wide bytes) {
  if (!SizeIs(blob, name, bytes)) return nullptr;
  const std::span<std::byte> place = OutputPlace(blob, name);
  if (!ok()) return nullptr;
  std::byte* storage = scratch_.Allocate(place.size());
  outputs_.push_back(
      {.role = Role::kCopy, .storage = storage, .place = place, .count = place.size()});
  return storage;
}

std::byte* Call::OutPlace(const Blob& blob, const char* name, Wide bytes, Data data) {
  if (!SizeIs(blob, name, bytes)) return nullptr;
  const std::span<std::byte> place = OutputPlace(blob, name);
  if (!ok()) return nullptr;
  if (data == Data::kUntil && !blocks_) {
    if (PlaceOf(blob) != Place::kArena) {
      Violate(name, "an output that is written after the reply, in its slot");
      return nullptr;
    }
    Item().blocks.push_back(blob);
  }
  out_bytes_ += place.size();
  return place.data();
}

char* Call::String(const Blob& blob, const char* name, std::optional<Wide> count) {
  const bool counted = count.has_value() && *count != 0;
  if (!SizeIs(blob, name, counted ? *count : Wide{blob.bytes})) return nullptr;
  if (blob.bytes > static_cast<std::uint64_t>(kInterpretedBytesMax)) {
    Violate(name,
            fmt::format("a string of {} bytes, the limit is {}", blob.bytes, kInterpretedBytesMax));
    return nullptr;
  }
  const std::span<std::byte> place = InputPlace(blob, name);
  if (!ok()) return nullptr;
  std::byte* copy = scratch_.Allocate(place.size() + 1);
  if (!place.empty()) std::memcpy(copy, place.data(), place.size());
  if (!count.has_value() && (place.empty() || copy[place.size() - 1] != std::byte{0})) {
    Violate(name, "a string without its final NUL");
    return nullptr;
  }
  return reinterpret_cast<char*>(copy);
}

void Call::NeedNullAtEnd(const char* const* strings, const char* name, Wide count) {
  if (!ok() || strings == nullptr) return;
  const std::span all(strings, static_cast<std::size_t>(count));
  const auto end = std::ranges::find(all, nullptr);
  if (end == all.end() || end + 1 != all.end())
    Violate(name, "a list of strings that does not end with its only NULL");
}

// A copy of the list, the ending key 0 included, with more zeros behind it for lists within the
// list.
std::span<std::uint64_t> Call::PropertyWords(const Blob& blob, const char* name) {
  constexpr std::size_t kZerosBehind = 4;
  if (!ok()) return {};
  if (blob.bytes % sizeof(std::uint64_t) != 0 || blob.bytes > wire::kRecordBytesMax) {
    Violate(name, fmt::format("a properties list of {} bytes", blob.bytes));
    return {};
  }
  const std::byte* from = InBytes(blob, name, blob.bytes, Data::kInterpreted);
  if (from == nullptr) return {};
  const std::size_t count = blob.bytes / sizeof(std::uint64_t);
  auto* words = ScratchFor<std::uint64_t>(count + kZerosBehind);
  std::memcpy(words, from, blob.bytes);
  std::size_t end = 0;
  while (end < count && words[end] != 0) end += 2;
  if (end >= count) {
    Violate(name,
            fmt::format("a properties list of {} words that does not end with the key 0", count));
    return {};
  }
  return {words, count};
}

std::span<std::uint64_t> Call::WordsOf(void* place, Wide bytes) {
  if (place == nullptr || bytes <= 0) return {};
  return {static_cast<std::uint64_t*>(place),
          static_cast<std::size_t>(bytes) / sizeof(std::uint64_t)};
}

void Call::Mask(void* place, Wide bytes, std::uint64_t mask) {
  if (place == nullptr || bytes <= 0) return;
  const auto width = static_cast<std::size_t>(std::min<Wide>(bytes, sizeof(mask)));
  std::uint64_t value = 0;
  std::memcpy(&value, place, width);
  value &= mask;
  std::memcpy(place, &value, width);
}

void Call::Within(void* place, Wide bytes, std::uint16_t resource) {
  if (place == nullptr || bytes <= 0) return;
  std::uint64_t value = 0;
  const auto width = static_cast<std::size_t>(std::min<Wide>(bytes, sizeof value));
  std::memcpy(&value, place, width);
  value = std::min(value, session_.router.limit(resource));
  std::memcpy(place, &value, width);
}

std::uint32_t Call::Case(std::uint32_t wire_case, const char* name, std::uint32_t evaluated) {
  if (wire_case != evaluated) {
    Violate(name, fmt::format("comes as case {}, its spec says {}", wire_case, evaluated));
  }
  return evaluated;
}

std::uint32_t Call::GuestCase(std::uint32_t wire_case, const char* name, std::uint32_t cases) {
  if (wire_case >= cases) Violate(name, fmt::format("comes as case {} of {}", wire_case, cases));
  return wire_case;
}

void Call::AtLeast(const void* pointer, const char* name, Wide bytes, Wide most) {
  if (ok() && pointer != nullptr && bytes < most) {
    Violate(name, fmt::format("carries {} bytes where {} may be read", Printable(bytes),
                              Printable(most)));
  }
}

}  // namespace ava::worker
