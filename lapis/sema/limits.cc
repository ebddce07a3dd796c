// SPDX-License-Identifier: Apache-2.0

// What a header or a spec can say, and the generated code cannot do yet. Said here, not by the C++
// compiler or, worse, by nobody.

#include <string>

#include "lapis/sema/passes.h"

namespace lapis::sema {
namespace {

using model::Function;
using model::FunctionState;

bool Travels(const Function& function) {
  return function.state == FunctionState::kVirtual || function.state == FunctionState::kInternal;
}

void CheckReturn(Context& context, const Function& function) {
  const header::Type& type = *context.header.FindFunction(function.name)->result;
  if (type.kind != header::TypeKind::kRecord || context.header.IsHandle(type)) return;
  context.diagnostics
      .Report(diag::kNotImplemented, PlaceOf(function.where),
              "a struct as the return value of '" + function.name + "'")
      .With(": make the function unsupported(…) or local");
}

}  // namespace

void ReportLimits(Context& context) {
  for (const Function& function : context.api.functions) {
    if (Travels(function)) CheckReturn(context, function);
  }
}

}  // namespace lapis::sema
