// SPDX-License-Identifier: Apache-2.0

#include "tests/language/page.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <utility>

#include <nlohmann/json.hpp>

namespace lapis {
namespace {

using Json = nlohmann::ordered_json;

struct Place {
  std::size_t begin = 0;  // of the opening fence
  std::size_t text = 0;
  std::size_t end = 0;  // of the text
  std::string language;
};

std::vector<Place> PlacesOf(const std::string& page) {
  const std::string fence = "```";
  std::vector<Place> places;
  std::size_t at = 0;
  while ((at = page.find("\n" + fence, at)) != std::string::npos) {
    Place place{.begin = at + 1};
    const std::size_t line_end = page.find('\n', place.begin);
    if (line_end == std::string::npos) break;
    place.language = page.substr(place.begin + fence.size(), line_end - place.begin - fence.size());
    place.text = line_end + 1;
    place.end = page.find(fence, place.text);
    if (place.end == std::string::npos) break;
    at = place.end + fence.size();
    if (!place.language.empty()) places.push_back(place);
  }
  return places;
}

void Blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (text[i] != '\n') text[i] = ' ';
  }
}

std::size_t SkipBlanks(const std::string& text, std::size_t at) {
  while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) != 0) ++at;
  return at;
}

// Behind the bracket that closes the one here.
std::size_t SkipBrackets(const std::string& text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (std::string_view("([{").contains(text[at])) ++depth;
    if (std::string_view(")]}").contains(text[at]) && --depth == 0) return at + 1;
  }
  return at;
}

// Behind the statement that begins here.
std::size_t SkipStatement(const std::string& text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '{') return SkipBrackets(text, at);
    if (text[at] == ';') return at + 1;
    if (text[at] == '}') return at;
    at = text[at] == '(' ? SkipBrackets(text, at) : at + 1;
  }
  return at;
}

// In a row, `A, B: value, value;`, a value goes with the comma before it.
std::pair<std::size_t, std::size_t> RowValue(const std::string& text, std::size_t begin,
                                             std::size_t comma) {
  std::size_t end = begin;
  while (end < text.size() && text[end] != ',' && text[end] != ';')
    end = text[end] == '(' ? SkipBrackets(text, end) : end + 1;
  return {comma, end};
}

using Facts = std::map<std::string, std::string>;

bool IsNoise(const std::string& key) {
  constexpr auto kNoise = std::to_array<std::string_view>(
      {"where", "provenance", "reason", "id", "server_order", "digest"});
  return std::ranges::find(kNoise, key) != kNoise.end();
}

void Flatten(const Json& value, const std::string& path, Facts& facts) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      const bool is_list_of_places =
          key == "parameters" && inner.is_array() && !inner.empty() && inner.front().is_number();
      if (IsNoise(key) || key == "name" || is_list_of_places) continue;
      const bool is_plain = key == "functions" || key == "parameters" || key == "shape";
      std::string deeper = path;
      if (!is_plain) deeper += (path.empty() ? "" : ".") + key;
      Flatten(inner, deeper, facts);
    }
    if (value.size() <= 2 && value.contains("name")) facts.emplace(path, "there");
    return;
  }
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool has_name = value[i].is_object() && value[i].contains("name");
      const std::string name = has_name ? value[i]["name"].get<std::string>() : std::to_string(i);
      Flatten(value[i], path + (path.empty() ? "" : ".") + name, facts);
    }
    return;
  }
  facts[path] = value.dump();
}

}  // namespace

Page::Page(std::string path) : path_(std::move(path)) {
  std::ifstream file(path_, std::ios::binary);
  is_there_ = static_cast<bool>(file);
  text_.assign(std::istreambuf_iterator<char>(file), {});
}

std::string Page::Title() const { return text_.substr(0, text_.find('\n')); }

std::string Page::Summary() const {
  // The title, a blank line, the syntax, indented by four, a blank line, prose.
  std::smatch match;
  const std::regex shape(R"(^#[^\n]*\n\n(?: {4}[^\n]*\n)+\n([^.]*(?:\.[^ \n][^.]*)*\.)[ \n])");
  if (!std::regex_search(text_, match, shape)) return {};
  std::string sentence = match[1];
  std::ranges::replace(sentence, '\n', ' ');
  return sentence;
}

std::vector<Block> Page::Blocks() const {
  std::vector<Block> blocks;
  for (const Place& place : PlacesOf(text_))
    blocks.push_back({place.language, text_.substr(place.text, place.end - place.text)});
  return blocks;
}

void Page::Rewrite(std::size_t block, const Block& with) {
  const Place place = PlacesOf(text_).at(block);
  text_.replace(place.begin, place.end - place.begin, "```" + with.language + "\n" + with.text);
  std::ofstream(path_, std::ios::binary) << text_;
}

std::string Without(std::string_view word, std::string spec) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  for (std::size_t at = 0; (at = spec.find(word, at)) != std::string::npos;) {
    const std::size_t end = at + word.size();
    const bool is_whole =
        (at == 0 || !is_part(spec[at - 1])) && (end == spec.size() || !is_part(spec[end]));
    const std::size_t before = spec.find_last_not_of(" \n", at == 0 ? 0 : at - 1);
    const char last = at == 0 || before == std::string::npos ? ';' : spec[before];
    const char next = end < spec.size() ? spec[SkipBlanks(spec, end)] : ';';
    if (is_whole && last == ':') {
      Blank(spec, spec.find_last_of(";{", before) + 1, SkipStatement(spec, at));
    } else if (is_whole && last == ',' && (next == '(' || next == ',' || next == ';')) {
      const auto [from, to] = RowValue(spec, at, before);
      Blank(spec, from, to);
    } else if (is_whole && std::string_view(";{}\">").contains(last)) {
      Blank(spec, at, SkipStatement(spec, at));
    }
    at = end;
  }
  return spec;
}

std::string Difference(const std::string& before, const std::string& after) {
  Facts was;
  Facts is;
  Flatten(Json::parse(before), "", was);
  Flatten(Json::parse(after), "", is);
  std::string text;
  for (const auto& [path, value] : was) {
    if (!is.contains(path) || is.at(path) != value) text += "- " + path + ": " + value + '\n';
  }
  for (const auto& [path, value] : is) {
    if (!was.contains(path) || was.at(path) != value) text += "+ " + path + ": " + value + '\n';
  }
  return text;
}

}  // namespace lapis
