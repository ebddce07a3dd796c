// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memory of objects that both sides see (Lapis: `shared`): the vendor library was given a block's
// address when it made the object. So what the program maps is there already, and nothing is
// copied. The block goes when the object does: the worker marks it once the vendor library is
// through.

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "ava/base/mutex.h"
#include "ava/transport/guest_channel.h"
#include "ava/wire/blob.h"

namespace ava::guest {

// Smaller objects are copied faster than a page of their own is had.
inline constexpr std::uint64_t kSharedBytesMin = 65536;

// Fewer bytes come faster by the reply's slot, or by a block of their own.
inline constexpr std::uint64_t kInPlaceBytesMin = 32768;

class SharedMemory {
 public:
  // The object's from now on. Its block is in flight until the worker marks it.
  void Add(wire::HandleId object, const transport::Block& block);
  // How the bytes at `memory` are named on the wire, if all of them lie in one object's block.
  // bytes 0: they do not.
  wire::Blob Locate(const void* memory, std::uint64_t bytes);
  // The object is gone: its block, if it has one; else an empty one.
  transport::Block Take(wire::HandleId object);

 private:
  Mutex mutex_;
  std::unordered_map<wire::HandleId, transport::Block> blocks_;
  std::map<std::uintptr_t, transport::Block> by_address_;  // the same ones
};

}  // namespace ava::guest
