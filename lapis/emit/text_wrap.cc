// SPDX-License-Identifier: Apache-2.0

// Long lines of generated code, broken where clang-format would break them in the usual cases:
// between the arguments of the first call that has several, else at its operators, aligned behind
// the opening bracket.

#include <string>
#include <string_view>
#include <vector>

#include "lapis/emit/text.h"

namespace lapis::emit {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kContinuation = 4;
constexpr int kDepthMax = 8;

struct Group {
  std::size_t open = std::string_view::npos;  // of its bracket
  std::vector<std::size_t> breaks;            // where a line may begin, positions in the line
};

// Positions behind top-level separators of the group that opens at `open`: commas, or else && and
// ||.
Group GroupAt(std::string_view line, std::size_t open) {
  Group commas = {.open = open, .breaks = {}};
  Group operators = commas;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = open; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && line[i - 1] != '\\') quoted = !quoted;
    if (quoted) continue;
    if (c == '(' || c == '{' || c == '[') ++depth;
    if (c == ')' || c == '}' || c == ']') --depth;
    if (depth == 0) break;
    if (depth != 1) continue;
    if (c == ',' && i + 2 < line.size()) commas.breaks.push_back(i + 2);
    if ((line.substr(i, 3) == "&& " || line.substr(i, 3) == "|| ") && i > open + 1)
      operators.breaks.push_back(i + 3);
  }
  return commas.breaks.empty() ? operators : commas;
}

// The outermost group that can be broken.
Group FindGroup(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"' && line[i - 1] != '\\') quoted = !quoted;
    if (quoted || (line[i] != '(' && line[i] != '{')) continue;
    Group group = GroupAt(line, i);
    if (!group.breaks.empty()) return group;
  }
  return {};
}

std::string WrapLine(const std::string& line, int depth);

// The pieces of `line` after its group's breaks, packed into lines that begin at column `indent`.
std::string Pack(std::string_view line, const Group& group, std::size_t indent, int depth) {
  std::string text;
  std::string current(line.substr(0, group.breaks.front()));
  for (std::size_t i = 0; i < group.breaks.size(); ++i) {
    const std::size_t end = i + 1 < group.breaks.size() ? group.breaks[i + 1] : line.size();
    std::string piece(line.substr(group.breaks[i], end - group.breaks[i]));
    std::size_t width = piece.size();
    while (width > 0 && piece[width - 1] == ' ') --width;
    if (current.size() + width > kColumns) {
      while (current.ends_with(' ')) current.pop_back();
      text += WrapLine(current, depth + 1) + "\n";
      current = std::string(indent, ' ');
    }
    current += piece;
  }
  return text + WrapLine(current, depth + 1);
}

std::string WrapLine(const std::string& line, int depth) {
  if (line.size() <= kColumns || depth > kDepthMax) return line;
  const std::size_t start = line.find_first_not_of(' ');
  if (const std::size_t comment = line.rfind("  // ");
      comment != std::string::npos && comment > start) {
    return std::string(start, ' ') + line.substr(comment + 2) + "\n" +
           WrapLine(line.substr(0, comment), depth + 1);
  }
  // An assignment whose right side fits on a line of its own stays in one piece there.
  const std::size_t equals = line.find(" = ");
  const bool whole = equals != std::string::npos && line.find_first_of("({") > equals &&
                     line.size() - equals - 3 + start + kContinuation <= kColumns;
  const Group group = whole ? Group{} : FindGroup(line);
  if (group.open != std::string::npos && group.breaks.front() <= kColumns) {
    return Pack(line, group, group.open + 1, depth);
  }
  const std::size_t colon = line.find(" : ");
  const std::size_t cut = equals != std::string::npos  ? equals + 3
                          : colon != std::string::npos ? colon + 1
                                                       : start;
  if (cut <= start || cut >= kColumns) return line;
  return line.substr(0, cut - 1) + "\n" +
         WrapLine(std::string(start + kContinuation, ' ') + line.substr(cut), depth + 1);
}

}  // namespace

std::string WrapLines(std::string_view text) {
  std::string out;
  bool verbatim = false;  // inside a block of the spec's own code
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with("#line ")) verbatim = line != kResumeMark;
    const bool wrap = !verbatim && !line.starts_with('#') &&
                      line.find_first_not_of(' ') != std::string::npos &&
                      line.compare(line.find_first_not_of(' '), 2, "//") != 0;
    out += wrap ? WrapLine(line, 0) : line;
    out += '\n';
  }
  return out;
}

}  // namespace lapis::emit
