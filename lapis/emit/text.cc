// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/text.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

namespace lapis::emit {
namespace {

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

const std::string& Find(std::string_view name, std::initializer_list<Substitution> substitutions) {
  for (const Substitution& substitution : substitutions) {
    if (substitution.name == name) return substitution.value;
  }
  std::fprintf(stderr, "cava: bug: a template names '$%.*s$', which nobody gives\n",
               static_cast<int>(name.size()), name.data());
  std::abort();
}

// The name of the placeholder that stands alone on `line`; empty: none does.
std::string_view LonePlaceholder(std::string_view line) {
  const std::size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos || line[start] != '$') return {};
  const std::string_view rest = line.substr(start + 1);
  const std::size_t end = rest.find('$');
  return end != std::string_view::npos && end + 1 == rest.size() ? rest.substr(0, end)
                                                                 : std::string_view();
}

void AppendFilled(std::string& out, std::string_view line,
                  std::initializer_list<Substitution> substitutions) {
  while (!line.empty()) {
    const std::size_t start = line.find('$');
    const std::size_t end = start == std::string_view::npos ? start : line.find('$', start + 1);
    if (end == std::string_view::npos) break;
    out += line.substr(0, start);
    out += Find(line.substr(start + 1, end - start - 1), substitutions);
    line.remove_prefix(end + 1);
  }
  out += line;
}

}  // namespace

std::string Fill(std::string_view text, std::initializer_list<Substitution> substitutions) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  std::string out;
  while (!text.empty()) {
    const bool ends = text.find('\n') != std::string_view::npos;
    const std::string_view line = TakeLine(text);
    const std::string_view name = LonePlaceholder(line);
    if (name.empty()) {
      AppendFilled(out, line, substitutions);
      if (ends) out += '\n';
      continue;
    }
    out += Indent(Find(name, substitutions), static_cast<int>(line.find('$')));
    if (ends && !out.empty() && out.back() != '\n') out += '\n';
  }
  return out;
}

std::string Indent(std::string_view text, int spaces) {
  std::string out;
  while (!text.empty()) {
    const bool ends = text.find('\n') != std::string_view::npos;
    const std::string_view line = TakeLine(text);
    if (!line.empty() && line.front() != '#') out.append(static_cast<std::size_t>(spaces), ' ');
    out += line;
    if (ends) out += '\n';
  }
  return out;
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string Spot(const model::Where& where) {
  const std::size_t slash = where.file.rfind('/');
  const std::string file = slash == std::string::npos ? where.file : where.file.substr(slash + 1);
  return file + ":" + std::to_string(where.line);
}

std::string SpecCode(std::string_view code, const model::Where& where) {
  int line = where.line;
  for (; code.starts_with('\n'); ++line) code.remove_prefix(1);
  while (!code.empty() && std::isspace(static_cast<unsigned char>(code.back())) != 0)
    code.remove_suffix(1);
  return "#line " + std::to_string(line) + " " + Quote(where.file) + "\n" + std::string(code) +
         "\n" + std::string(kResumeMark) + "\n";
}

std::string ResolveLines(std::string_view text, std::string_view file) {
  std::string out;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const std::string_view line = TakeLine(text);
    if (line == kResumeMark) {
      out += "#line " + std::to_string(line_number + 1) + " " + Quote(file) + "\n";
    } else {
      out += line;
      out += '\n';
    }
  }
  return out;
}

std::string Text(const model::Expr& expression) {
  std::string text;
  bool blank = false;
  for (const char c : expression.text) {
    const bool is_blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!is_blank) text += (blank && !text.empty() ? " " : "") + std::string(1, c);
    blank = is_blank;
  }
  return text;
}

std::string Parenthesized(const model::Expr& expression) {
  for (const char c : expression.text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_')
      return "(" + Text(expression) + ")";
  }
  return expression.text;
}

std::string Success(const model::Api& api) { return api.success.empty() ? "0" : api.success; }
std::string LostError(const model::Api& api) { return api.lost.empty() ? "-1" : api.lost; }

std::string Banner(const model::Api& api, std::string_view what) {
  const std::string from = api.inputs.empty() ? api.name : Spot({.file = api.inputs.front()});
  return "// Generated by cava from " + from.substr(0, from.rfind(':')) + ". " + std::string(what) +
         "\n";
}

}  // namespace lapis::emit
