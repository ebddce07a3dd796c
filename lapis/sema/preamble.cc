// SPDX-License-Identifier: Apache-2.0

#include "lapis/sema/passes.h"

namespace lapis::sema {

void CollectPreamble(Context& context) {
  using syntax::NodeKind;
  for (const syntax::Node& node : context.nodes) {
    if (node.kind != NodeKind::kPreprocessor && node.kind != NodeKind::kDeclaration) continue;
    context.environment.preamble.push_back({node.code->text, context.WhereOf(node.code->span)});
    context.api.preamble.push_back(node.code->text);
  }
}

}  // namespace lapis::sema
