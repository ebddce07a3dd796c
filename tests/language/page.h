// SPDX-License-Identifier: Apache-2.0
#pragma once

// A page of docs/lapis: a keyword's title, its syntax, prose, and four blocks that the tests know:
//
//     ```lapis      a spec that is accepted
//     ```diff       what the keyword changes in the model;
//     ```text       or, if the spec is none without it, what `cava check` says then
//     ```lapis      a spec that is refused
//     ```text       what `cava check` says of it

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lapis {

struct Block {
  std::string language;
  std::string text;  // with the line's end
};

class Page {
 public:
  // The path need not be there: then there is no text.
  explicit Page(std::string path);

  bool is_there() const { return is_there_; }
  std::string Title() const;  // the first line
  // The first sentence after the syntax: "The guest may go on."
  std::string Summary() const;
  // All blocks with a language, in order.
  std::vector<Block> Blocks() const;
  // Puts another text and language into one of these, in the file.
  void Rewrite(std::size_t block, const Block& with);

 private:
  std::string path_;
  bool is_there_ = false;
  std::string text_;
};

// The spec with blanks in place of each statement of this word, and of each value of a row; lines
// and columns of the rest stay.
std::string Without(std::string_view word, std::string spec);

// How two models (as JSON) differ: a line for each fact, "+ toyFlush.async: true".
std::string Difference(const std::string& before, const std::string& after);

}  // namespace lapis
