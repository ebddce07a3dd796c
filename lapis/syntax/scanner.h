// SPDX-License-Identifier: Apache-2.0
#pragma once

// Characters, comments, literals and balanced brackets: what lies below the grammar.
//
// A Lapis file is C between Lapis' own words, so the scanner knows where C's literals and comments
// end and leaves the rest to clang. What clang would read as something else (digraphs, raw strings)
// is refused here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lapis/diag/diagnostics.h"
#include "lapis/source/source.h"
#include "lapis/syntax/node.h"

namespace lapis::syntax {

class Scanner {
 public:
  Scanner(const source::Sources& sources, int file, diag::Diagnostics& diagnostics);

  void SkipBlanks();  // white space and comments
  bool AtEnd() const { return position_ >= text_.size(); }
  bool AtLineStart() const;  // nothing but blanks before it on its line
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }
  bool At(char c) const { return !AtEnd() && text_[position_] == c; }
  bool Accept(char c);  // after blanks
  std::uint32_t position() const { return position_; }
  void set_position(std::uint32_t position) { position_ = position; }

  bool AtWord() const;
  Text Word();                    // identifier or number
  std::optional<Text> String();   // "…", quotes included
  std::optional<Text> Pattern();  // /…/, without the slashes
  Text Line();                    // to the end of the line, with continuation lines
  std::optional<Text> Until(char stop, char other_stop);  // C text up to one of them on this level
  std::optional<Text> Braced();  // {…}: the text between, position after the brace

  // After an error: past the next ';' or balanced '{…}' of this level, or in front of the '}' that
  // ends it.
  void Recover();

  source::Span SpanFrom(std::uint32_t begin) const { return {file_, begin, position_}; }
  source::Span Here() const { return {file_, position_, position_ + 1}; }
  Text Slice(std::uint32_t begin, std::uint32_t end) const;  // trimmed

 private:
  bool SkipLiteral();  // a string or character
  bool SkipComment();
  bool CheckCharacter();
  bool Balanced();  // from a bracket to behind the one that closes it

  std::string_view text_;
  int file_;
  std::uint32_t position_ = 0;
  diag::Diagnostics& diagnostics_;
};

}  // namespace lapis::syntax
