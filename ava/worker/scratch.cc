// SPDX-License-Identifier: Apache-2.0
#include "ava/worker/scratch.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace ava::worker {

void Scratch::Free::operator()(std::byte* memory) const { std::free(memory); }

std::byte* Scratch::Allocate(std::size_t bytes) {
  const std::size_t wanted = (bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
  if (wanted <= kInitialBytes - used_) {
    std::byte* memory = first_.get() + used_;
    used_ += wanted;
    std::memset(memory, 0, wanted);
    return memory;
  }
  // calloc, because large ones come as untouched pages.
  auto* memory = static_cast<std::byte*>(std::calloc(1, wanted));
  if (memory == nullptr) throw std::bad_alloc();
  large_.emplace_back(memory);
  return memory;
}

}  // namespace ava::worker
