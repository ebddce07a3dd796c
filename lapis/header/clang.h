// SPDX-License-Identifier: Apache-2.0
#pragma once

// libclang, a little safer. Only the .cc files of this module include it.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/header/reader.h"

namespace lapis::header {

// A parsed C++ file. Opaque here, so that libclang's header stays out of ours.
class Unit {
 public:
  // `main_text` is parsed after the environment's preamble; `skip_bodies`: function bodies are not
  // read.
  Unit(const Environment& environment, const std::string& main_text, bool skip_bodies);
  ~Unit();
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;

  // Reports clang's errors as `message`. For a name that clang does not know and has no idea about,
  // `known` may.
  void ReportErrors(const diag::Message& message, const Environment& environment,
                    const std::vector<std::string>& known, diag::Diagnostics& diagnostics) const;

  void* handle() const { return unit_; }  // CXTranslationUnit

 private:
  void* index_ = nullptr;
  void* unit_ = nullptr;
};

// Path as the outside world may see it: relative to the root, or to the system's include directory.
std::string ShownPath(std::string_view path, std::string_view root);

// `text` preceded by a #line, such that its first character has the place `where`.
std::string AtPlace(const Chunk& chunk);

}  // namespace lapis::header
