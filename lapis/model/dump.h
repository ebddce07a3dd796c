// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lapis/model/model.h"

namespace lapis::model {

enum class Detail {
  kAll,   // with places, provenance and reasons: for people and goldens
  kWire,  // what shapes generated code only: for the digest
};

// The model as indented JSON, keys in order, defaults left out.
std::string Dump(const Api& api, Detail detail);

}  // namespace lapis::model
