// SPDX-License-Identifier: Apache-2.0
#pragma once

// How long a spec is: everything that somebody wrote for it.

#include <string>

#include "lapis/model/model.h"

namespace lapis::driver {

struct SpecPlace {
  std::string root;  // empty: the current directory
  std::string spec;  // from there
};

// Lines of all text under the spec's folder, tests left out, and of the files that the spec names
// wherever they lie: in guest, server and both, and in quoted #includes.
int SpecLines(const SpecPlace& place, const model::Api& api);

}  // namespace lapis::driver
