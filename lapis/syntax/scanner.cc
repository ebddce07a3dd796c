// SPDX-License-Identifier: Apache-2.0

#include "lapis/syntax/scanner.h"

#include <cctype>
#include <vector>

namespace lapis::syntax {
namespace {

bool IsWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}
bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

char Closing(char open) {
  switch (open) {
    case '(':
      return ')';
    case '[':
      return ']';
    case '{':
      return '}';
    default:
      return '\0';
  }
}

}  // namespace

Scanner::Scanner(const source::Sources& sources, int file, diag::Diagnostics& diagnostics)
    : text_(sources.file(file).text()), file_(file), diagnostics_(diagnostics) {}

bool Scanner::SkipComment() {
  const std::string_view rest = text_.substr(position_);
  if (rest.starts_with("//")) {
    const std::size_t end = rest.find('\n');
    position_ = end == std::string_view::npos ? static_cast<std::uint32_t>(text_.size())
                                              : position_ + static_cast<std::uint32_t>(end);
    return true;
  }
  if (!rest.starts_with("/*")) return false;
  const std::size_t end = rest.find("*/", 2);
  if (end == std::string_view::npos) {
    diagnostics_.Report(diag::kUnterminated, source::Span{file_, position_, position_ + 2},
                        "the comment");
    position_ = static_cast<std::uint32_t>(text_.size());
  } else {
    position_ += static_cast<std::uint32_t>(end) + 2;
  }
  return true;
}

void Scanner::SkipBlanks() {
  while (!AtEnd() && (IsBlank(Peek()) || SkipComment())) {
    if (!AtEnd() && IsBlank(Peek())) ++position_;
  }
}

bool Scanner::AtLineStart() const {
  for (std::uint32_t i = position_; i > 0 && text_[i - 1] != '\n'; --i) {
    if (!IsBlank(text_[i - 1])) return false;
  }
  return true;
}

bool Scanner::Accept(char c) {
  SkipBlanks();
  if (!At(c)) return false;
  ++position_;
  return true;
}

bool Scanner::AtWord() const { return !AtEnd() && IsWordPart(Peek()); }

Text Scanner::Word() {
  const std::uint32_t begin = position_;
  while (!AtEnd() && IsWordPart(Peek())) ++position_;
  return Slice(begin, position_);
}

bool Scanner::SkipLiteral() {
  const char quote = Peek();
  if (quote != '"' && quote != '\'') return false;
  const std::uint32_t begin = position_++;
  if (quote == '"' && begin > 0 && text_[begin - 1] == 'R') {
    diagnostics_.Report(diag::kForbidden, source::Span{file_, begin - 1, begin + 1},
                        "a raw string");
  }
  while (!AtEnd() && Peek() != quote && Peek() != '\n') position_ += Peek() == '\\' ? 2 : 1;
  if (!At(quote)) {
    diagnostics_.Report(diag::kUnterminated, source::Span{file_, begin, begin + 1}, "the literal");
    if (position_ > text_.size()) position_ = static_cast<std::uint32_t>(text_.size());
    return true;
  }
  ++position_;
  return true;
}

std::optional<Text> Scanner::String() {
  if (!At('"')) return std::nullopt;
  const std::uint32_t begin = position_;
  SkipLiteral();
  return Slice(begin, position_);
}

std::optional<Text> Scanner::Pattern() {
  if (!At('/')) return std::nullopt;
  const std::uint32_t begin = ++position_;
  while (!AtEnd() && Peek() != '/' && Peek() != '\n') position_ += Peek() == '\\' ? 2 : 1;
  if (!At('/')) {
    diagnostics_.Report(diag::kUnterminated, source::Span{file_, begin - 1, begin}, "the pattern");
    if (position_ > text_.size()) position_ = static_cast<std::uint32_t>(text_.size());
    return std::nullopt;
  }
  ++position_;
  return Text{std::string(text_.substr(begin, position_ - 1 - begin)),
              {file_, begin, position_ - 1}};
}

Text Scanner::Line() {
  const std::uint32_t begin = position_;
  while (!AtEnd() && Peek() != '\n')
    position_ += text_.substr(position_).starts_with("\\\n") ? 2 : 1;
  return Slice(begin, position_);
}

bool Scanner::CheckCharacter() {
  const std::string_view rest = text_.substr(position_);
  for (const std::string_view digraph : {"<:", ":>", "<%", "%>", "%:"}) {
    if (!rest.starts_with(digraph)) continue;
    diagnostics_.Report(diag::kForbidden, source::Span{file_, position_, position_ + 2},
                        "a digraph");
    position_ += 2;
    return false;
  }
  return true;
}

bool Scanner::Balanced() {
  std::vector<std::uint32_t> open = {position_++};  // where the brackets stand that wait for theirs
  while (!AtEnd() && !open.empty()) {
    const char c = Peek();
    if (SkipLiteral() || SkipComment()) continue;
    if (Closing(c)) {
      open.push_back(position_);
    } else if (c == Closing(text_[open.back()])) {
      open.pop_back();
    } else if (c == ')' || c == ']' || c == '}') {
      const source::Span opened{file_, open.back(), open.back() + 1};
      diagnostics_
          .Report(diag::kMismatchedBracket, Here(), std::string(1, c),
                  std::string(1, text_[open.back()]))
          .At(diagnostics_.PlaceOf(opened), "opened here");
      return false;
    }
    ++position_;
  }
  if (open.empty()) return true;
  diagnostics_.Report(diag::kUnterminated, source::Span{file_, open.back(), open.back() + 1},
                      "'" + std::string(1, text_[open.back()]) + "'");
  return false;
}

std::optional<Text> Scanner::Until(char stop, char other_stop) {
  const std::uint32_t begin = position_;
  while (!AtEnd()) {
    const char c = Peek();
    if (c == stop || c == other_stop) return Slice(begin, position_);
    if (SkipLiteral() || SkipComment()) continue;
    if (!CheckCharacter()) continue;
    if (Closing(c)) {
      if (!Balanced()) return std::nullopt;
      continue;
    }
    if (c == ')' || c == ']' || c == '}' || c == ';' || c == '@' || c == '`' || c == '\\' ||
        c == '#') {
      if (c == '}' || c == ';') {
        diagnostics_.Report(diag::kUnterminated, source::Span{file_, begin - 1, begin}, "'('");
      } else {
        diagnostics_.Report(diag::kStrayCharacter, Here(), std::string(1, c));
      }
      return std::nullopt;
    }
    ++position_;
  }
  diagnostics_.Report(diag::kUnterminated, source::Span{file_, begin - 1, begin}, "'('");
  return std::nullopt;
}

std::optional<Text> Scanner::Braced() {
  const std::uint32_t begin = position_;
  if (!Balanced()) return std::nullopt;
  return Text{std::string(text_.substr(begin + 1, position_ - begin - 2)),
              {file_, begin + 1, position_ - 1}};
}

void Scanner::Recover() {
  while (!AtEnd() && !At('}')) {
    if (SkipLiteral() || SkipComment()) continue;
    const char c = Peek();
    ++position_;
    if (c == ';') return;
    if (c == '{') {
      int depth = 1;
      while (!AtEnd() && depth > 0) {
        if (SkipLiteral() || SkipComment()) continue;
        if (At('{')) ++depth;
        if (At('}')) --depth;
        ++position_;
      }
      return;
    }
  }
}

Text Scanner::Slice(std::uint32_t begin, std::uint32_t end) const {
  while (begin < end && IsBlank(text_[begin])) ++begin;
  while (end > begin && IsBlank(text_[end - 1])) --end;
  return {std::string(text_.substr(begin, end - begin)), {file_, begin, end}};
}

}  // namespace lapis::syntax
