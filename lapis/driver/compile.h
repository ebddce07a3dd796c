// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a spec to its model: the front end as one function.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/header/reader.h"
#include "lapis/model/model.h"
#include "lapis/source/source.h"

namespace lapis::driver {

// Text of a file; nothing: it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

struct Input {
  std::string spec;  // path, relative to the root where it can be
  std::string root;  // "": the current directory
  ReadFile read;
  std::vector<std::string> include_paths;  // after the root and the spec's folder
  std::vector<header::MemoryFile> memory;  // headers that need not exist (tests)
  bool open_facts_are_errors = false;      // `cava check`
};

// Not movable: diagnostics refer to the sources.
class Compilation {
 public:
  explicit Compilation(const Input& input);
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;

  bool has_errors() const { return diagnostics_.has_errors(); }
  const diag::Diagnostics& diagnostics() const { return diagnostics_; }
  const model::Api& api() const { return api_; }
  const source::Sources& sources() const { return sources_; }

 private:
  source::Sources sources_;
  diag::Diagnostics diagnostics_{sources_};
  model::Api api_;
};

}  // namespace lapis::driver
