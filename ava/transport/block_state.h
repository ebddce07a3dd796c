// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state word in front of a block's data: ava/wire/record.h, BlockHeader.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "ava/wire/record.h"

namespace ava::transport {

inline std::atomic_ref<std::uint32_t> BlockStateOf(std::byte* data) {
  return std::atomic_ref(
      reinterpret_cast<wire::BlockHeader*>(data - sizeof(wire::BlockHeader))->state);
}

// By the guest. What the worker did with the block happened before it wrote kBlockDone.
inline std::uint32_t ReadBlockState(std::byte* data) {
  return BlockStateOf(data).load(std::memory_order_acquire);
}

// By the guest, before the block's command is published; the ring's barrier orders it.
inline void SetBlockState(std::byte* data, wire::BlockState state) {
  BlockStateOf(data).store(state, std::memory_order_relaxed);
}

// By the worker. Also the barrier before its look at ArenaControl::space_wait.
inline void PostBlockDone(std::byte* data) {
  BlockStateOf(data).exchange(wire::kBlockDone, std::memory_order_seq_cst);
}

}  // namespace ava::transport
