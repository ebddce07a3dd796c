// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/compile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lapis/driver/digest.h"
#include "lapis/sema/context.h"
#include "lapis/sema/passes.h"
#include "lapis/syntax/parser.h"

namespace lapis::driver {
namespace {

using sema::Context;

void ReadHeader(Context& context) {
  context.header = header::ReadHeader(context.environment, context.diagnostics);
}

// What a spec goes through. A step that reported errors is the last one.
constexpr std::array kPasses = {
    sema::CollectPreamble,   // #include and #define become what clang reads
    ReadHeader,              // what the header declares
    sema::ReadApi,           // what the file says of the whole API
    sema::SelectFunctions,   // which functions there are, inferred from their declarations
    sema::ApplyRules,        // what holds for families of them
    sema::ApplyEntries,      // what is said of each
    sema::CompleteBoxes,     // regions and origins
    sema::Finish,            // what follows
    sema::ReportLimits,      // what cannot be generated yet
    sema::CheckExpressions,  // clang reads every expression
    sema::CheckBoxes,        // whose counts are known now
    sema::OrderArguments,    // parameters in the order of their needs
};

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string InRoot(const Input& input, const std::string& path) {
  return input.root.empty() || path.starts_with('/') ? path : input.root + '/' + path;
}

}  // namespace

Compilation::Compilation(const Input& input) {
  std::vector<std::string> include_paths = {InRoot(input, DirectoryOf(input.spec))};
  include_paths.insert(include_paths.end(), input.include_paths.begin(), input.include_paths.end());
  const std::optional<std::string> text = input.read(InRoot(input, input.spec));
  if (!text) {
    diagnostics_.Report(diag::kCannotRead, diag::Place{}, input.spec, "no such file");
    return;
  }
  const int file = sources_.Add(input.spec, *text);
  const ReadFile read = [&](const std::string& path) { return input.read(InRoot(input, path)); };
  Context context{.read = read,
                  .folder = DirectoryOf(input.spec),
                  .sources = sources_,
                  .diagnostics = diagnostics_,
                  .nodes = syntax::Parse(sources_, file, diagnostics_),
                  .environment = {.root = input.root,
                                  .include_paths = std::move(include_paths),
                                  .preamble = {},
                                  .memory = input.memory},
                  .header = {},
                  .api = {}};
  for (const auto pass : kPasses) {
    if (has_errors()) return;
    pass(context);
  }
  if (input.open_facts_are_errors && !has_errors()) sema::ReportOpenFacts(context);
  context.api.digest = DigestOf(context.api);
  context.api.inputs = context.header.inputs;
  context.api.inputs.insert(context.api.inputs.begin(), input.spec);
  api_ = std::move(context.api);
}

}  // namespace lapis::driver
