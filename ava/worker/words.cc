// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "ava/worker/generated.h"

namespace ava::worker {

std::string WithoutWords(std::string_view text, std::initializer_list<std::string_view> words) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t next = std::min(end + 1, text.size());
    if (std::ranges::find(words, word) == words.end()) kept += text.substr(0, next);
    text.remove_prefix(next);
  }
  return kept;
}

}  // namespace ava::worker
