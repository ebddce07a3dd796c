// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the goldens' specs name and would define in files of their own, so that the generated files
// compile.

#include <cstddef>
#include <string>

template <class Event>
int EventDone(Event event) {
  return event != nullptr ? 1 : 0;
}
template <class Event>
void ava_event_release(Event /*event*/) {}

inline const char* Rename(const char* path) { return path; }
inline void Count(int /*result*/) {}
inline void* Lookup(const char* /*name*/) { return nullptr; }
inline std::string VirtualName(const char* name) { return name; }
