// SPDX-License-Identifier: Apache-2.0

#include "lapis/source/source.h"

#include <algorithm>
#include <utility>

namespace lapis::source {

File::File(std::string path, std::string text) : path_(std::move(path)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (std::uint32_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

Position File::PositionOf(std::uint32_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<int>(after - line_starts_.begin());
  return {line, static_cast<int>(offset - *(after - 1)) + 1};
}

std::string_view File::Line(int line) const {
  if (line < 1 || line > line_count()) return {};
  std::string_view rest(text_);
  rest.remove_prefix(line_starts_[static_cast<std::size_t>(line) - 1]);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

int Sources::Add(std::string path, std::string text) {
  files_.emplace_back(std::move(path), std::move(text));
  return size() - 1;
}

const File* Sources::Find(std::string_view path) const {
  const auto found = std::ranges::find(files_, path, &File::path);
  return found == files_.end() ? nullptr : &*found;
}

}  // namespace lapis::source
