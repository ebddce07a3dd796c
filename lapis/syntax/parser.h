// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "lapis/diag/diagnostics.h"
#include "lapis/source/source.h"
#include "lapis/syntax/node.h"

namespace lapis::syntax {

// The nodes of a file. What could not be read was reported and is left out.
std::vector<Node> Parse(const source::Sources& sources, int file, diag::Diagnostics& diagnostics);

}  // namespace lapis::syntax
