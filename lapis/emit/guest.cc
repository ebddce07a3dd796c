// SPDX-License-Identifier: Apache-2.0

#include "lapis/emit/emit.h"

namespace lapis::emit {

std::vector<OutputFile> EmitGuest(const model::Api& /*api*/) { return {}; }

}  // namespace lapis::emit
