// SPDX-License-Identifier: Apache-2.0

#include "lapis/diag/diagnostics.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

namespace lapis::diag {
namespace {

std::string Fill(std::string_view text, const std::vector<std::string>& arguments) {
  std::string out;
  std::size_t next = 0;
  while (true) {
    const std::size_t hole = text.find("{}");
    out += text.substr(0, hole);
    if (hole == std::string_view::npos) return out;
    if (next < arguments.size()) out += arguments[next++];
    text.remove_prefix(hole + 2);
  }
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
    case Severity::kRetired:
      return "retired";
  }
  return "error";
}

std::string Prefix(const Place& place) {
  if (place.file.empty()) return "cava: ";
  if (place.line == 0) return place.file + ": ";
  return place.file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column) + ": ";
}

nlohmann::ordered_json PlaceJson(const Place& place) {
  return {{"file", place.file},
          {"line", place.line},
          {"column", place.column},
          {"length", place.length}};
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

}  // namespace

Diagnostic& Diagnostic::With(const std::string& remark) {
  text += remark;
  return *this;
}

Diagnostic& Diagnostic::At(Place note_place, std::string note_text) {
  notes.push_back({std::move(note_place), std::move(note_text)});
  return *this;
}

Diagnostic& Diagnostics::Add(const Message& message, const Place& place,
                             const std::vector<std::string>& arguments) {
  Diagnostic diagnostic{.number = message.number,
                        .severity = message.severity,
                        .place = place,
                        .text = Fill(message.text, arguments),
                        .notes = {}};
  const bool said = std::ranges::any_of(diagnostics_, [&](const Diagnostic& other) {
    return other.number == diagnostic.number && other.place.file == place.file &&
           other.place.line == place.line && other.place.column == place.column &&
           other.text == diagnostic.text;
  });
  if (said) return ignored_ = {};
  return diagnostics_.emplace_back(std::move(diagnostic));
}

Place Diagnostics::PlaceOf(const source::Span& span) const {
  if (span.file < 0) return {};
  const source::File& file = sources_.file(span.file);
  const auto [line, column] = file.PositionOf(span.begin);
  return {file.path(), line, column, std::max(1, static_cast<int>(span.end - span.begin))};
}

bool Diagnostics::has_errors() const {
  return std::ranges::find(diagnostics_, Severity::kError, &Diagnostic::severity) !=
         diagnostics_.end();
}

std::string Diagnostics::CaretLines(const Place& place) const {
  const source::File* file = sources_.Find(place.file);
  if (!file || place.line == 0) return {};
  const std::string_view line = file->Line(place.line);
  const auto column = static_cast<std::size_t>(std::max(1, place.column)) - 1;
  if (column > line.size()) return {};
  std::string marks;
  for (const char c : line.substr(0, column)) marks += c == '\t' ? '\t' : ' ';
  const std::size_t length = std::min(static_cast<std::size_t>(place.length), line.size() - column);
  marks += '^';
  if (length > 1) marks.append(length - 1, '~');
  return "  " + std::string(line) + "\n  " + marks + '\n';
}

std::vector<Diagnostic> Diagnostics::Sorted() const {
  using Key = std::tuple<bool, std::string, int, int, std::size_t>;
  std::vector<Key> keys;
  keys.reserve(diagnostics_.size());
  for (std::size_t i = 0; i < diagnostics_.size(); ++i) {
    const Place& place = diagnostics_[i].place;
    keys.emplace_back(!sources_.Find(place.file), place.file, place.line, place.column, i);
  }
  std::ranges::sort(keys);
  std::vector<Diagnostic> sorted;
  sorted.reserve(keys.size());
  for (const Key& key : keys) sorted.push_back(diagnostics_[std::get<4>(key)]);
  return sorted;
}

std::string Diagnostics::Text() const {
  std::string out;
  for (const Diagnostic& diagnostic : Sorted()) {
    out += Prefix(diagnostic.place);
    out += SeverityName(diagnostic.severity);
    out += ": " + diagnostic.text + " [" + Name(diagnostic.number) + "]\n" +
           CaretLines(diagnostic.place);
    for (const Note& note : diagnostic.notes) {
      out += Prefix(note.place) + "note: " + note.text + '\n' + CaretLines(note.place);
    }
  }
  return out;
}

std::string Diagnostics::Json() const {
  auto array = nlohmann::ordered_json::array();
  for (const Diagnostic& diagnostic : Sorted()) {
    nlohmann::ordered_json item = {{"id", Name(diagnostic.number)},
                                   {"severity", SeverityName(diagnostic.severity)},
                                   {"text", diagnostic.text},
                                   {"place", PlaceJson(diagnostic.place)}};
    for (const Note& note : diagnostic.notes) {
      item["notes"].push_back({{"text", note.text}, {"place", PlaceJson(note.place)}});
    }
    array.push_back(std::move(item));
  }
  return array.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string Name(int number) {
  char name[32];
  std::snprintf(name, sizeof name, "lapis-%04d", number);
  return name;
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = EditDistance(word, candidate);
    if (distance == 0 || distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string nearest = Nearest(word, candidates);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

}  // namespace lapis::diag
