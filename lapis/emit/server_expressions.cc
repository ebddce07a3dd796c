// SPDX-License-Identifier: Apache-2.0

// An expression of the spec as the server evaluates it: docs/wire.md, "What the server checks".

#include <cctype>
#include <optional>

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Where `name` stands next as a word that is no member (x.name, x->name); npos: nowhere.
std::size_t FindWord(std::string_view text, std::string_view name, std::size_t from) {
  for (std::size_t at = text.find(name, from); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !IsWordCharacter(text[at - 1]);
    const bool ends = end == text.size() || !IsWordCharacter(text[end]);
    const bool member =
        (at >= 1 && text[at - 1] == '.') || (at >= 2 && text[at - 2] == '-' && text[at - 1] == '>');
    if (begins && ends && !member) return at;
  }
  return std::string_view::npos;
}

std::string_view SkipSpaces(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  return text;
}

std::string_view Trimmed(std::string_view text) {
  text = SkipSpaces(text);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

// `*` in front of `at` that is no multiplication.
bool IsDereferenced(std::string_view text, std::size_t at) {
  while (at > 0 && text[at - 1] == ' ') --at;
  if (at == 0 || text[at - 1] != '*') return false;
  for (--at; at > 0 && text[at - 1] == ' ';) --at;
  return at == 0 || (!IsWordCharacter(text[at - 1]) && text[at - 1] != ')' && text[at - 1] != ']');
}

// Captures that rebind parameters of the expression: all that it names, or only those that it reads
// through.
std::string Rebindings(const model::Function& function, std::string_view text,
                       bool only_read_through) {
  std::string captures;
  for (const model::Parameter& parameter : function.parameters) {
    if (!Names(text, parameter.name)) continue;
    if (only_read_through && !ReadsThrough(text, parameter.name)) continue;
    captures += ", " + parameter.name + " = Widened(" + parameter.name + ")";
  }
  return captures;
}

std::string Flat(std::string_view text) {
  std::string flat;
  for (const char c : Trimmed(text)) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && !flat.empty() && flat.back() == ' ') continue;
    flat += space ? ' ' : c;
  }
  return flat;
}

bool IsParameter(const model::Function& function, std::string_view text) {
  for (const model::Parameter& parameter : function.parameters) {
    if (parameter.name == text) return true;
  }
  return false;
}

}  // namespace

bool Names(std::string_view text, std::string_view name) {
  return FindWord(text, name, 0) != std::string_view::npos;
}

bool ReadsThrough(std::string_view text, std::string_view name) {
  for (std::size_t at = FindWord(text, name, 0); at != std::string_view::npos;
       at = FindWord(text, name, at + 1)) {
    const std::string_view behind = SkipSpaces(text.substr(at + name.size()));
    if (behind.starts_with('[') || behind.starts_with("->") || IsDereferenced(text, at))
      return true;
  }
  return false;
}

bool CallsFunction(std::string_view text) {
  for (std::size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1)) {
    std::size_t end = at;
    while (end > 0 && text[end - 1] == ' ') --end;
    std::size_t start = end;
    while (start > 0 && IsWordCharacter(text[start - 1])) --start;
    if (start != end && text.substr(start, end - start) != "sizeof") return true;
  }
  return false;
}

bool IsTrivial(const model::Function& function, const model::Expr& expression) {
  return expression.constant.has_value() || IsParameter(function, Trimmed(expression.text));
}

std::string WideExpression(const model::Function& function, const model::Expr& expression) {
  if (expression.constant.has_value()) return "Wide{" + std::to_string(*expression.constant) + "}";
  const std::string text = Flat(expression.text);
  if (IsParameter(function, text)) return "Capped(" + text + ")";
  return "[&" + Rebindings(function, text, false) + "] { return Wide(" + text + "); }()";
}

std::string WideFunctionOfIndex(const model::Function& function, const model::Expr& expression) {
  const std::string text = Flat(expression.text);
  const std::string captures = Rebindings(function, text, false);
  return "[&" + captures + "]([[maybe_unused]] std::size_t index) { return Wide(" + text + "); }";
}

std::string Condition(const model::Function& function, const model::Expr& expression) {
  const std::string text = Flat(expression.text);
  const std::string captures = Rebindings(function, text, true);
  if (captures.empty()) return "static_cast<bool>(" + text + ")";
  return "[&" + captures + "] { return static_cast<bool>(" + text + "); }()";
}

}  // namespace lapis::emit
