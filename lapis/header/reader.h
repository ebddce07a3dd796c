// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/header/type.h"

namespace lapis::header {

// C text of the spec with the place where it stands.
struct Chunk {
  std::string text;
  model::Where where;
};

struct MemoryFile {
  std::string path;
  std::string text;
};

// What clang is given to read.
struct Environment {
  std::string root;  // directory that relative paths are relative to; "" is the current one
  std::vector<std::string> include_paths;  // after the root
  std::vector<Chunk> preamble;             // #include, #define, declarations of the spec, in order
  std::vector<MemoryFile> memory;          // files that need not exist (tests)
};

// Reads the headers. Errors in them are reported at the spec's line where there is one.
Header ReadHeader(const Environment& environment, diag::Diagnostics& diagnostics);

}  // namespace lapis::header
