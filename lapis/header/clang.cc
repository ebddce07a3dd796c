// SPDX-License-Identifier: Apache-2.0

#include "lapis/header/clang.h"

#include <clang-c/Index.h>

#include <algorithm>

namespace lapis::header {
namespace {

// Not a file: a name that no include can meet.
constexpr const char* kMainFile = "cava-input.cc";

std::string Take(CXString string) {
  const char* text = clang_getCString(string);
  std::string result = text ? text : "";
  clang_disposeString(string);
  return result;
}

diag::Place PlaceOf(CXSourceLocation location, std::string_view root) {
  CXString file;
  unsigned line = 0;
  unsigned column = 0;
  clang_getPresumedLocation(location, &file, &line, &column);
  return {ShownPath(Take(file), root), static_cast<int>(line), static_cast<int>(column), 1};
}

diag::Place PlaceOf(CXDiagnostic diagnostic, std::string_view root) {
  diag::Place place = PlaceOf(clang_getDiagnosticLocation(diagnostic), root);
  if (clang_getDiagnosticNumRanges(diagnostic) == 0) return place;
  const CXSourceRange range = clang_getDiagnosticRange(diagnostic, 0);
  const diag::Place begin = PlaceOf(clang_getRangeStart(range), root);
  const diag::Place end = PlaceOf(clang_getRangeEnd(range), root);
  if (begin.line == place.line && end.line == place.line && begin.column == place.column) {
    place.length = std::max(1, end.column - begin.column);
  }
  return place;
}

bool IsOurs(const diag::Place& place) {
  return place.file.find(kMainFile) != std::string::npos || place.file.starts_with('<');
}

void AddNotes(CXDiagnostic diagnostic, std::string_view root, diag::Diagnostic& report) {
  CXDiagnosticSet children = clang_getChildDiagnostics(diagnostic);
  for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(children); ++i) {
    CXDiagnostic child = clang_getDiagnosticInSet(children, i);
    const diag::Place place = PlaceOf(child, root);
    if (!IsOurs(place)) report.At(place, Take(clang_getDiagnosticSpelling(child)));
  }
}

// clang proposes no macros, and no functions whose names are far from what was written.
std::string Suggestion(const std::string& text, const std::vector<std::string>& known) {
  constexpr std::string_view kUnknown = "use of undeclared identifier '";
  if (!text.starts_with(kUnknown) || !text.ends_with('\'')) return {};
  return diag::DidYouMean(text.substr(kUnknown.size(), text.size() - kUnknown.size() - 1), known);
}

}  // namespace

Unit::Unit(const Environment& environment, const std::string& main_text, bool skip_bodies) {
  std::string text;
  for (const Chunk& chunk : environment.preamble) text += AtPlace(chunk) + '\n';
  text += "#line 1 \"<cava>\"\n" + main_text;

  // libclang adds -fno-spell-checking unless told otherwise, and stops at the 20th error.
  std::vector<std::string> arguments = {
      "-xc++",           "-std=gnu++20",   "-fspell-checking", "-fspell-checking-limit=0",
      "-ferror-limit=0", "-Wno-everything"};
  const std::string root = environment.root.empty() ? "." : environment.root;
  arguments.push_back("-I" + root);
  for (const std::string& path : environment.include_paths) arguments.push_back("-I" + path);
  std::vector<const char*> argument_pointers;
  for (const std::string& argument : arguments) argument_pointers.push_back(argument.c_str());

  const std::string main_path = root + '/' + kMainFile;
  std::vector<CXUnsavedFile> files;
  files.reserve(environment.memory.size() + 1);
  files.push_back({main_path.c_str(), text.c_str(), text.size()});
  for (const MemoryFile& file : environment.memory) {
    files.push_back({file.path.c_str(), file.text.c_str(), file.text.size()});
  }

  index_ = clang_createIndex(0, 0);
  const unsigned options = CXTranslationUnit_DetailedPreprocessingRecord |
                           CXTranslationUnit_KeepGoing |
                           (skip_bodies ? CXTranslationUnit_SkipFunctionBodies : 0);
  CXTranslationUnit unit = nullptr;
  clang_parseTranslationUnit2(index_, main_path.c_str(), argument_pointers.data(),
                              static_cast<int>(argument_pointers.size()), files.data(),
                              static_cast<unsigned>(files.size()), options, &unit);
  unit_ = unit;
}

Unit::~Unit() {
  if (unit_) clang_disposeTranslationUnit(static_cast<CXTranslationUnit>(unit_));
  if (index_) clang_disposeIndex(index_);
}

void Unit::ReportErrors(const diag::Message& message, const Environment& environment,
                        const std::vector<std::string>& known,
                        diag::Diagnostics& diagnostics) const {
  auto* const unit = static_cast<CXTranslationUnit>(unit_);
  for (unsigned i = 0; i < clang_getNumDiagnostics(unit); ++i) {
    CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
    if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
      const diag::Place place = PlaceOf(diagnostic, environment.root);
      const std::string text = Take(clang_getDiagnosticSpelling(diagnostic));
      diag::Diagnostic& report = diagnostics.Report(message, place, text + Suggestion(text, known));
      AddNotes(diagnostic, environment.root, report);
    }
    clang_disposeDiagnostic(diagnostic);
  }
}

std::string ShownPath(std::string_view path, std::string_view root) {
  if (path.starts_with("./")) path.remove_prefix(2);
  if (!root.empty() && path.starts_with(root)) {
    path.remove_prefix(root.size());
    while (path.starts_with('/')) path.remove_prefix(1);
    return std::string(path);
  }
  constexpr std::string_view kInclude = "/include/";
  if (path.starts_with('/')) {
    const std::size_t include = path.rfind(kInclude);
    if (include != std::string_view::npos) path.remove_prefix(include + kInclude.size());
  }
  return std::string(path);
}

std::string AtPlace(const Chunk& chunk) {
  std::string text =
      "#line " + std::to_string(std::max(1, chunk.where.line)) + " \"" + chunk.where.file + "\"\n";
  text.append(static_cast<std::size_t>(std::max(0, chunk.where.column - 1)), ' ');
  return text + chunk.text;
}

}  // namespace lapis::header
