// SPDX-License-Identifier: Apache-2.0
#pragma once

// The passes of the front end, in the order in which they run. Each reports what is wrong and goes
// on.

#include "lapis/sema/context.h"

namespace lapis::sema {

// preamble.cc: the spec's #include, #define and C declarations become what clang reads.
void CollectPreamble(Context& context);

// api.cc: what the file says of the API as a whole: names, types, resources, code.
void ReadApi(Context& context);

// symbols.cc: which functions there are: exported ones and internal ones, each inferred from its
// declaration.
void SelectFunctions(Context& context);

// rules.cc: rules in their order, then entries in theirs; later ones win.
void ApplyRules(Context& context);
void ApplyEntries(Context& context);

// finish.cc: what follows from all that was said: handle types that nobody declared, calls that
// were left open.
void Finish(Context& context);

// boxes.cc: regions and origins have three numbers.
void CompleteBoxes(Context& context);
void CheckBoxes(Context& context);

// limits.cc: what the generated code cannot do yet.
void ReportLimits(Context& context);

// expressions.cc: clang reads every expression; what each names is noted.
void CheckExpressions(Context& context);

// order.cc: parameters in the order in which the server can decode them.
void OrderArguments(Context& context);

// Open facts, as errors (`cava check`). In order.cc's model nothing else is missing.
void ReportOpenFacts(Context& context);

}  // namespace lapis::sema
