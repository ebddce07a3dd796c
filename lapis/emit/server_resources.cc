// SPDX-License-Identifier: Apache-2.0

// What a call costs: reserved before it, accounted after it.

#include "lapis/emit/server_parts.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {

using model::Function;
using model::HandleUse;
using model::ShapeKind;

bool ReturnsNewHandle(const Function& function) {
  return function.return_shape && function.return_shape->kind == ShapeKind::kHandle &&
         function.return_shape->use == HandleUse::kNew;
}

bool ReturnsAllocation(const Function& function) {
  return function.return_shape && function.return_shape->address.allocates.has_value();
}

namespace {

void EmitReservation(FunctionText& out, const model::ResourceUse& use) {
  out.Check();
  out.Line("ava_call.Reserve(kResource_" + use.resource + ", " +
           WideExpression(out.function(), use.amount) + ", " + use.error->text + ");  // " +
           Spot(use.amount.where));
  out.Decoded();
}

// Of the parameters in this order, how many must be there before the amount can be told.
std::size_t NeededFor(const FunctionText& out, const model::ResourceUse& use,
                      const std::vector<int>& order) {
  std::size_t needed = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (Names(use.amount.text, out.parameter(order[i]).name)) needed = i + 1;
  }
  return needed;
}

// The object that owns what the call allocates: what it creates.
std::string OwnerOf(const FunctionText& out) {
  const Function& function = out.function();
  if (ReturnsNewHandle(function)) return ", ava_args.minted_result";
  if (ReturnsAllocation(function)) return ", static_cast<const void*>(result)";
  for (const model::Parameter& parameter : function.parameters) {
    if (parameter.shape && IsOneNewHandle(*parameter.shape)) return ", ava_args." + parameter.name;
  }
  return "";
}

// Until the vendor's library says that the object is gone: what the program has released may still
// be in use. If it cannot be told to say so, until the program's last release.
void EmitUntilEnd(FunctionText& out, const model::ResourceUse& use) {
  out.Line(Fill(R"({
  void* const ava_kept = ava_call.AccountUntilEnd(kResource_$resource$, $amount$, ava_args.minted_result);
  const auto ava_end = []($type$, void* kept) { worker::EndCharges::GiveBack(kept); };
  if (ava_kept != nullptr &&
      (vendor.$told_by$ == nullptr || vendor.$told_by$(result, ava_end, ava_kept) != $success$)) {
    ava_call.AccountUntilRelease(ava_kept, ava_args.minted_result);
  }
})",
                {{"resource", use.resource},
                 {"amount", WideExpression(out.function(), use.amount)},
                 {"type", out.function().return_type},
                 {"told_by", out.function().end_told_by},
                 {"success", Success(out.api())}}));
}

}  // namespace

void EmitReservations(FunctionText& out, const std::vector<int>& order, std::size_t decoded) {
  for (const model::ResourceUse& use : out.function().resources) {
    if (use.error && NeededFor(out, use, order) == decoded) EmitReservation(out, use);
  }
}

void EmitResources(FunctionText& out) {
  for (const model::ResourceUse& use : out.function().resources) {
    const bool gives_back = use.kind == model::ResourceUse::Kind::kDeallocates;
    const bool owned = use.kind == model::ResourceUse::Kind::kAllocates;
    if (owned && ReturnsNewHandle(out.function()) && !out.function().end_told_by.empty()) {
      EmitUntilEnd(out, use);
      continue;
    }
    out.Line(std::string(gives_back ? "ava_call.Deallocate(" : "ava_call.Account(") + "kResource_" +
             use.resource + ", " + WideExpression(out.function(), use.amount) +
             (owned ? OwnerOf(out) : "") + ");");
  }
}

}  // namespace lapis::emit
