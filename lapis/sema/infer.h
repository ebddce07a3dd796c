// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a header gives away.
//
// Inference is a list of small heuristics, each with a name, tried in order on each function. The
// first that recognises a value says what it is, how sure it is, and leaves its name as the reason.
// What is recognised by none is open: `cava check` asks for a line.

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "lapis/header/type.h"
#include "lapis/model/model.h"

namespace lapis::sema {

// A function while it is being looked at.
struct View {
  const header::Header& header;
  const header::Function& declared;
  const model::Api& api;
  model::Function& function;
  std::set<int> counts_of_inputs = {};  // parameters that count a const array

  int size() const { return static_cast<int>(declared.parameters.size()); }
  const std::string& name(int i) const {
    return declared.parameters[static_cast<std::size_t>(i)].name;
  }
  const header::Type& type(int i) const {
    return *declared.parameters[static_cast<std::size_t>(i)].type;
  }
  bool IsUnknown(int i) const { return !function.parameters[static_cast<std::size_t>(i)].shape; }

  // Pointer to something that is neither function nor incomplete struct.
  bool IsData(int i) const;
  bool IsConstData(int i) const { return IsData(i) && type(i).pointee->is_const; }
  bool IsOutData(int i) const { return IsData(i) && !type(i).pointee->is_const; }
  bool IsVoid(int i) const { return IsData(i) && type(i).pointee->kind == header::TypeKind::kVoid; }

  // The function's verb: "Create" in clCreateBuffer.
  bool HasVerb(std::string_view verb) const;

  void Set(int i, model::Shape shape, std::string_view reason, model::Confidence confidence);
  void SetBuffer(int i, const std::string& count, std::string_view reason,
                 model::Confidence confidence, model::HandleUse use = model::HandleUse::kUse);
};

struct Heuristic {
  std::string_view name;
  void (*apply)(View& view, std::string_view name);
};

std::span<const Heuristic> ValueHeuristics();  // infer_values.cc: one value at a time
std::span<const Heuristic> ArrayHeuristics();  // infer_arrays.cc: pointers and what counts them
std::span<const Heuristic>
FamilyHeuristics();  // infer_families.cc: return values, retain and release

// Fills the function from its declaration. `where`, types and prototype included.
void Infer(const header::Header& header, const header::Function& declared, const model::Api& api,
           model::Function& function);

// The shape of a pointer whose surroundings say nothing, as after a type_cast.
model::Shape InferAlone(const header::Header& header, const header::Type& type);

// The callback's own arguments.
model::Callback InferCallback(const header::Header& header, const header::Type& type);

}  // namespace lapis::sema
