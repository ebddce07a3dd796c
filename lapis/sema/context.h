// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the passes share. Each pass is a function of it; lapis/driver/compile.cc has the list.

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/header/reader.h"
#include "lapis/header/type.h"
#include "lapis/model/model.h"
#include "lapis/source/source.h"
#include "lapis/syntax/node.h"

namespace lapis::sema {

struct Context {
  const std::function<std::optional<std::string>(const std::string&)>&
      read;            // a file, by its path from the root
  std::string folder;  // the spec's
  const source::Sources& sources;
  diag::Diagnostics& diagnostics;
  std::vector<syntax::Node> nodes;
  header::Environment environment;
  header::Header header;
  model::Api api;
  std::vector<model::Expr> constants =
      {};  // that the spec names outside functions: clang has to know them
  std::deque<std::vector<std::string>> parameter_names =
      {};  // of functions and callbacks, as expressions see them

  std::vector<std::function<void()>> afterwards =
      {};  // checks that need all that the spec says of the functions

  model::Where WhereOf(const source::Span& span) const;
};

inline model::Where Context::WhereOf(const source::Span& span) const {
  if (span.file < 0) return {};
  const source::File& file = sources.file(span.file);
  const auto [line, column] = file.PositionOf(span.begin);
  return {file.path(), line, column};
}

// Place of a model's Where in a diagnostic.
inline diag::Place PlaceOf(const model::Where& where, int length = 1) {
  return {where.file, where.line, where.column, length};
}

}  // namespace lapis::sema
