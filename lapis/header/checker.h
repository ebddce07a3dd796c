// SPDX-License-Identifier: Apache-2.0
#pragma once

// What clang thinks of the spec's expressions.
//
// All of them go into one synthetic C++ file, each in a function of its own whose parameters are
// what the expression may name, each padded to its own line and column, so that clang's positions
// are the spec's.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/header/reader.h"
#include "lapis/header/type.h"

namespace lapis::header {

// A name that an expression may use. No type: that of the initialiser.
struct Name {
  std::string name;
  std::string type;
};

struct Query {
  std::string text;
  model::Where where;
  std::vector<Name> scope;
};

struct Answer {
  bool is_valid = false;
  TypeKind kind = TypeKind::kOther;
  std::string type;
  std::string canonical;
  std::vector<std::string> names;         // of the scope, those used
  std::vector<std::string> dereferenced;  // of them, those read through
  std::vector<std::string> calls;
  std::string forbidden;  // what it holds that an expression must not: "an assignment"
  std::optional<std::int64_t> constant;
};

// The struct that metadata(handle) points to.
struct Metadata {
  std::string handle_type;
  Chunk body;
};

// What stands in front of the expressions, behind the header.
struct Surroundings {
  std::vector<Metadata> metadata;
  std::vector<Chunk> code;  // the spec's, for both sides
};

// One answer a query. Errors are reported at the expression, unknown names with the nearest of
// `known`.
std::vector<Answer> CheckExpressions(const Environment& environment,
                                     const Surroundings& surroundings,
                                     const std::vector<Query>& queries,
                                     const std::vector<std::string>& known,
                                     diag::Diagnostics& diagnostics);

}  // namespace lapis::header
