// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/coverage.h"

#include <cctype>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace lapis::driver {
namespace {

constexpr int kColumns = 100;

using model::Confidence;
using model::FunctionState;
using model::Shape;

void CountFact(const Shape& shape, Counts& counts) {
  if (shape.provenance != model::Provenance::kInferred) return;
  switch (shape.confidence) {
    case Confidence::kCertain:
      ++counts.certain;
      break;
    case Confidence::kLikely:
      ++counts.likely;
      break;
    case Confidence::kOpen:
      ++counts.open;
      break;
  }
}

// Length without comments, or 0 for blank lines.
class CommentStripper {
 public:
  bool HasCode(std::string_view line) {
    bool has_code = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string_view rest = line.substr(i);
      if (in_comment_) {
        if (rest.starts_with("*/")) {
          in_comment_ = false;
          ++i;
        }
      } else if (quote_ == 0 && rest.starts_with("//")) {
        break;
      } else if (quote_ == 0 && rest.starts_with("/*")) {
        in_comment_ = true;
        ++i;
      } else {
        Character(line, i);
        has_code = has_code || !std::isspace(static_cast<unsigned char>(line[i]));
      }
    }
    quote_ = 0;
    return has_code;
  }

 private:
  void Character(std::string_view line, std::size_t& i) {
    const char c = line[i];
    if (quote_ != 0 && c == '\\') ++i;
    if (quote_ == 0 ? c == '"' || c == '\'' : c == quote_) quote_ = quote_ == 0 ? c : '\0';
    if (i >= line.size()) i = line.size() - 1;
  }

  bool in_comment_ = false;
  char quote_ = 0;
};

}  // namespace

std::string_view Standing(const model::Function& function) {
  if (function.state == FunctionState::kInternal) return "internal";
  if (function.state == FunctionState::kUnsupported) return "unsupported";
  switch (function.provenance) {
    case model::Provenance::kInferred:
      return "inferred";
    case model::Provenance::kRule:
      return "ruled";
    case model::Provenance::kWritten:
      return "written";
  }
  return {};
}

Counts Count(const model::Api& api) {
  Counts counts;
  for (const model::Function& function : api.functions) {
    const std::string_view standing = Standing(function);
    if (standing == "internal") ++counts.internal;
    if (standing == "unsupported") ++counts.unsupported;
    if (standing == "inferred") ++counts.inferred;
    if (standing == "ruled") ++counts.ruled;
    if (standing == "written") ++counts.written;
    if (standing == "unsupported" || standing == "internal") continue;
    for (const model::Parameter& parameter : function.parameters)
      CountFact(*parameter.shape, counts);
    if (function.return_shape) CountFact(*function.return_shape, counts);
  }
  counts.missing = static_cast<int>(api.missing.size());
  counts.functions = static_cast<int>(api.functions.size()) - counts.internal + counts.missing;
  return counts;
}

bool IsWithin(const Counts& counts, double lines_max) {
  return counts.missing == 0 && counts.spec_lines <= lines_max * counts.functions;
}

int CodeLines(std::string_view text) {
  CommentStripper stripper;
  int lines = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (stripper.HasCode(line)) lines += (static_cast<int>(line.size()) + kColumns - 1) / kColumns;
  }
  return lines;
}

std::string CoverageText(const model::Api& api, const Counts& counts) {
  std::string text;
  for (const model::Function& function : api.functions) {
    text += std::string(Standing(function));
    text.append(13 - Standing(function).size(), ' ');
    text += function.name +
            (function.unsupported_reason.empty() ? "" : ": " + function.unsupported_reason) + '\n';
  }
  for (const std::string& name : api.missing) text += "missing      " + name + '\n';
  char summary[512];
  std::snprintf(summary, sizeof summary,
                "functions %d: inferred %d, ruled %d, written %d, unsupported %d, missing %d\n"
                "inferred facts: certain %d, likely %d, open %d\n"
                "spec_lines %d: %.2f a function\n",
                counts.functions, counts.inferred, counts.ruled, counts.written, counts.unsupported,
                counts.missing, counts.certain, counts.likely, counts.open, counts.spec_lines,
                counts.functions ? static_cast<double>(counts.spec_lines) / counts.functions : 0.0);
  return text + summary;
}

std::string CoverageJson(const model::Api& api, const Counts& counts) {
  nlohmann::ordered_json json = {
      {"api", api.name},
      {"functions", counts.functions},
      {"inferred", counts.inferred},
      {"ruled", counts.ruled},
      {"written", counts.written},
      {"unsupported", counts.unsupported},
      {"missing", counts.missing},
      {"internal", counts.internal},
      {"facts", {{"certain", counts.certain}, {"likely", counts.likely}, {"open", counts.open}}},
      {"spec_lines", counts.spec_lines}};
  for (const model::Function& function : api.functions)
    json["by_function"][function.name] = Standing(function);
  for (const std::string& name : api.missing) json["by_function"][name] = "missing";
  return json.dump(1) + '\n';
}

}  // namespace lapis::driver
