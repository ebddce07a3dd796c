// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ranges of objects that the vendor library has mapped, and the guest's shadows of them in the
// arena. The guest mints a mapping's id; Fill brings contents to the shadow, Flush brings them back
// before the range is unmapped.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "ava/base/rect.h"
#include "ava/transport/worker_channel.h"
#include "ava/wire/blob.h"

namespace ava::worker {

using MappingId = std::uint64_t;

struct Mapping {
  MappingId id = 0;
  void* pointer = nullptr;  // the vendor library's
  wire::Blob shadow{};
  std::uint64_t bytes = 0;
  Rect box;  // how the range lies at `pointer`; in the shadow it is packed
  bool writes = false;
  std::mutex mutex;     // held while bytes are copied
  bool filled = false;  // the shadow has the contents, or none were asked for
  bool live = true;     // false: unmapped, `pointer` is not ours any more

  void* Pointer() {
    const std::lock_guard lock(mutex);
    return pointer;
  }
};

class Mappings {
 public:
  // False: the id is 0 or in use, or there are too many.
  bool Add(std::shared_ptr<Mapping> mapping);
  std::shared_ptr<Mapping> Find(MappingId id) const;  // null when unknown
  void Remove(MappingId id);
  std::size_t size() const;

  // Copy; nothing happens when the mapping or the shadow's memory is gone.
  static void Fill(Mapping& mapping, transport::WorkerChannel& channel);
  // Fills, and marks the shadow: the guest may learn that the contents are there. Not when it was
  // unmapped meanwhile, since the shadow is the guest's then.
  static void FillAndMark(Mapping& mapping, transport::WorkerChannel& channel);
  // Nor when it was never filled: then the guest has not written there either.
  static void Flush(Mapping& mapping, transport::WorkerChannel& channel);

 private:
  static void FillLocked(Mapping& mapping, transport::WorkerChannel& channel);

  mutable std::mutex mutex_;
  std::unordered_map<MappingId, std::shared_ptr<Mapping>> mappings_;
};

}  // namespace ava::worker
