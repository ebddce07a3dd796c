// SPDX-License-Identifier: Apache-2.0
#pragma once

// Making and changing shapes. A finished shape is shared and constant; a pass that changes one
// gives it a new copy.

#include <functional>
#include <string>

#include "lapis/header/type.h"
#include "lapis/model/model.h"

namespace lapis::sema {

// Replaces what `shape` points to by a copy of its own, to be changed now.
model::Shape& Mutable(model::ShapePtr& shape);

// The value itself, bit for bit.
model::Shape Opaque(const header::Type& type);

// What has to be said by somebody; until then it does not travel.
model::Shape Unknown(const header::Type& type);

// A handle, or if the type is none, its bits. Structs that hold pointers get fields.
model::ShapePtr ElementOf(const header::Header& header, const header::Type& type,
                          model::HandleUse use);

// A pointer to `count` elements; for void they are bytes.
model::Shape BufferOf(const header::Header& header, const header::Type& pointer,
                      const std::string& count, model::Direction direction,
                      model::HandleUse use = model::HandleUse::kUse);

// Name of the handle type: "cl_mem", also for a "cl_mem const".
std::string HandleName(const header::Header& header, const header::Type& type);

// The type that a piece of C text names ("const cl_mem *"); null: no such type.
header::TypePtr ResolveType(const header::Header& header, std::string text);

}  // namespace lapis::sema
