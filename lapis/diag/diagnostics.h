// SPDX-License-Identifier: Apache-2.0
#pragma once

// Steps report here and go on; the pipeline stops after a step that reported errors.

#include <string>
#include <string_view>
#include <vector>

#include "lapis/diag/catalog.h"
#include "lapis/source/source.h"

namespace lapis::diag {

// Where a diagnostic points. No file: nowhere. `length` bytes are underlined, within the line.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
};

struct Note {
  Place place;
  std::string text;
};

struct Diagnostic {
  int number = 0;
  Severity severity = Severity::kError;
  Place place;
  std::string text;
  std::vector<Note> notes;

  Diagnostic& With(const std::string& remark);    // "; did you mean 'x'?"
  Diagnostic& At(Place place, std::string text);  // a note at another place
};

class Diagnostics {
 public:
  explicit Diagnostics(const source::Sources& sources) : sources_(sources) {}
  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;

  // What was said once about a place is not said again; the reference is good until the next
  // report.
  template <class... Arguments>
  Diagnostic& Report(const Message& message, const Place& place, const Arguments&... arguments) {
    return Add(message, place, {std::string(arguments)...});
  }
  template <class... Arguments>
  Diagnostic& Report(const Message& message, const source::Span& span,
                     const Arguments&... arguments) {
    return Add(message, PlaceOf(span), {std::string(arguments)...});
  }

  Place PlaceOf(const source::Span& span) const;
  bool has_errors() const;
  const std::vector<Diagnostic>& all() const { return diagnostics_; }
  std::vector<Diagnostic> Sorted() const;  // by place; those without one first

  std::string Text() const;  // for people: with the line and a caret
  std::string Json() const;  // for editors: one array

 private:
  Diagnostic& Add(const Message& message, const Place& place,
                  const std::vector<std::string>& arguments);
  std::string CaretLines(const Place& place) const;

  const source::Sources& sources_;
  std::vector<Diagnostic> diagnostics_;
  Diagnostic ignored_;
};

std::string Name(int number);  // "lapis-0031"

// The candidate nearest to `word`, if it is near enough to be what was meant; else empty.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

// "; did you mean 'x'?" or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace lapis::diag
