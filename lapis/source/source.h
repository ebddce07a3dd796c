// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files that a compilation reads, and places in them.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace lapis::source {

// A range of bytes in a file of Sources.
struct Span {
  int file = -1;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Counted from 1; columns are bytes, as clang counts them.
struct Position {
  int line = 0;
  int column = 0;
};

class File {
 public:
  File(std::string path, std::string text);
  const std::string& path() const { return path_; }
  const std::string& text() const { return text_; }
  Position PositionOf(std::uint32_t offset) const;
  std::string_view Line(int line) const;
  int line_count() const { return static_cast<int>(line_starts_.size()); }

 private:
  std::string path_;  // as diagnostics show it
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
};

class Sources {
 public:
  int Add(std::string path, std::string text);
  const File& file(int index) const { return files_[static_cast<std::size_t>(index)]; }
  const File* Find(std::string_view path) const;
  int size() const { return static_cast<int>(files_.size()); }

 private:
  std::deque<File> files_;  // A deque: files stay where they are.
};

}  // namespace lapis::source
