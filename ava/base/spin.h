// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ava {

// Tells the core that this is a wait loop.
inline void SpinPause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

}  // namespace ava
