// SPDX-License-Identifier: Apache-2.0
#pragma once

// AVA_CHECK(condition): ends the process when our own code is wrong. Always on. Never on a peer's
// data, never on what the operating system may answer: those are Result<T>.

namespace ava {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace ava

#define AVA_CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? void() : ::ava::CheckFailed(__FILE__, __LINE__, #condition))
