// SPDX-License-Identifier: Apache-2.0
#pragma once

// From the model to text. An emitter is a pure function: the same model gives the same bytes,
// everywhere.

#include <string>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::emit {

struct OutputFile {
  std::string path;  // relative to the output directory
  std::string text;
};

std::vector<OutputFile> EmitWire(const model::Api& api);
std::vector<OutputFile> EmitGuest(const model::Api& api);
std::vector<OutputFile> EmitServer(const model::Api& api);

}  // namespace lapis::emit
