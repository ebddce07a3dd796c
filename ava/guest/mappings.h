// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ranges of objects that the program has mapped (Lapis: `maps`, `unmaps`). What it sees is the
// object's own memory, where that is shared; else a block of the arena, the shadow; or, for an
// object that was made over the program's own memory, that memory itself; or, for a box whose rows
// do not touch each other, a heap block: there the shadow is the packed box.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ava/base/mutex.h"
#include "ava/base/rect.h"
#include "ava/transport/guest_channel.h"
#include "ava/wire/blob.h"

namespace ava::guest {

struct Mapping {
  std::uint64_t id = 0;  // 0: none
  wire::HandleId object = 0;
  transport::Block shadow;
  std::byte* view = nullptr;  // other memory than the shadow; null: the program sees that
  Rect box;                   // how the range lies in `view`
  bool owns_view = false;     // a heap block of ours
  bool in_place = false;      // `view` is the object's own memory: there is no shadow
  bool reads = false;
  bool writes = false;
  bool leaving = false;  // a call that unmaps it is under way

  std::byte* pointer() const { return view != nullptr ? view : shadow.data; }
};

class Mappings {
 public:
  std::uint64_t NewId();
  void Add(const Mapping& mapping);
  // The latest mapping of this object that begins at `pointer`, for a call that unmaps it: no other
  // call finds it until PutBack. id 0: there is none.
  Mapping Claim(wire::HandleId object, const void* pointer);
  void PutBack(std::uint64_t id);  // that call has failed
  void Remove(std::uint64_t id);

 private:
  mutable Mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::vector<Mapping> mappings_;
};

}  // namespace ava::guest
