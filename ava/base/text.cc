// SPDX-License-Identifier: Apache-2.0
#include "ava/base/text.h"

#include <stdio.h>
#include <string.h>

#include <algorithm>

namespace ava {

std::size_t FormatText(std::span<char> out, const char* format, ...) {
  if (out.empty()) return 0;
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(out.data(), out.size(), format, arguments);
  va_end(arguments);
  if (length < 0) {
    out[0] = '\0';
    return 0;
  }
  return std::min(static_cast<std::size_t>(length), out.size() - 1);
}

void SetText(std::span<char> out, std::string_view text) {
  if (out.empty()) return;
  const std::size_t length = std::min(text.size(), out.size() - 1);
  memcpy(out.data(), text.data(), length);
  memset(out.data() + length, 0, out.size() - length);
}

std::string_view TextUntrusted(std::span<const char> in) {
  return {in.data(), strnlen(in.data(), in.size())};
}

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;        // in pattern
  std::size_t position = 0;  // in name
  std::size_t star = pattern.npos;
  std::size_t after_star = 0;  // where in name the last star's match ends for now
  while (position < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      after_star = position;
    } else if (at < pattern.size() && pattern[at] == name[position]) {
      ++at;
      ++position;
    } else if (star != pattern.npos) {
      at = star + 1;
      position = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == pattern.npos;
}

const char* ErrnoText(int error) {
  const char* text = strerrordesc_np(error);
  return text != nullptr ? text : "unknown error";
}

}  // namespace ava
