// SPDX-License-Identifier: Apache-2.0

// proven(owner, keys): ava/guest/proofs.h keeps what the statements here ask and add.

#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

// The call sets something of its owner's.
bool IsSetter(const GuestFunction& guest) {
  return !guest.function.coalesce.empty() &&
         guest.function.coalesce.front() == guest.function.proven->owner;
}

std::string Key(const GuestFunction& guest, const model::Expr& key) {
  for (const model::Parameter& parameter : guest.function.parameters) {
    if (parameter.name != Text(key) || !parameter.shape) continue;
    const model::Shape& shape = *parameter.shape;
    // Its id, not its address: a later object may live where a dead one was.
    if (shape.kind == model::ShapeKind::kHandle) return "ava_args." + parameter.name;
    if (shape.kind == model::ShapeKind::kBuffer && shape.direction == model::Direction::kIn)
      return "guest::ProofOf(" + parameter.name + ", " + BufferBytes(guest, shape) + ")";
  }
  return "guest::ProofWord(" + Guarded(guest, key) + ")";
}

}  // namespace

std::string ProvenWaits(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  std::vector<std::string> words = {"wire::" + FunctionEnumerator(function)};
  if (!IsSetter(guest)) words.emplace_back("ava_proofs->state()");
  for (const model::Expr& key : function.proven->keys) words.push_back(Key(guest, key));
  return Fill(R"(
guest::ProofSet* const ava_proofs = ProofsOf($owner$);
const std::uint64_t ava_proof = ava_proofs != nullptr && $condition$ ? guest::ProofOf({
    $words$}) : 0;
const bool ava_waits = ava_call.Waits(ava_proof != 0 && ava_proofs->Has(ava_proof));
)",
              {{"owner", guest.name(function.proven->owner)},
               {"condition", AsyncCondition(guest)},
               {"words", Join(words, ",\n")}});
}

std::string ProvenEffects(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  if (!function.proven) return {};
  std::string text;
  if (IsSetter(guest)) {
    std::vector<std::string> words = {"wire::" + FunctionEnumerator(function)};
    for (std::size_t i = 1; i < function.coalesce.size(); ++i)
      words.push_back("guest::ToWord(" + guest.name(function.coalesce[i]) + ")");
    text = "ava_proofs->Set(guest::ProofOf({" + Join(words, ", ") + "}), ava_proof);\n";
  }
  text += "if (ava_call.waited()) ava_proofs->Add(ava_proof);\n";
  return "if (ava_proofs != nullptr) {\n" + Indent(text, 2) + "}\n";
}

}  // namespace lapis::emit
