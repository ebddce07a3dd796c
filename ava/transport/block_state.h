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

// By the guest. What the worker did with the block happened before it wrote kBlockDone or
// kBlockFailed.
inline std::uint32_t ReadBlockState(std::byte* data) {
  return BlockStateOf(data).load(std::memory_order_acquire);
}

// By the guest: the worker is done with the block, whether or not it has made outputs.
inline bool IsBlockDone(std::byte* data) {
  const std::uint32_t state = ReadBlockState(data);
  return state == wire::kBlockDone || state == wire::kBlockFailed;
}

// By the guest, before the block's command is published; the ring's barrier orders it.
inline void SetBlockState(std::byte* data, wire::BlockState state) {
  BlockStateOf(data).store(state, std::memory_order_relaxed);
}

// By the worker. Also the barrier before its look at ArenaControl::space_wait.
inline void PostBlockDone(std::byte* data, wire::BlockState state) {
  BlockStateOf(data).exchange(state, std::memory_order_seq_cst);
}

}  // namespace ava::transport
