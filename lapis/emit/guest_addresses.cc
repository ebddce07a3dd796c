// SPDX-License-Identifier: Apache-2.0

// What a guest function does with memory that is named by addresses.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"

namespace lapis::emit {

std::string AddressChecks(const GuestFunction& guest, const model::Shape& shape,
                          const std::string& value, const std::string& field) {
  const bool one = shape.kind == model::ShapeKind::kAddress;
  const model::Address& address = one ? shape.address : shape.element->address;
  const std::string verb = one ? "Address(" : "Addresses(";
  const std::string count = BufferCount(guest, shape, value) + ", ";
  const std::string plain = "ava_call." + verb + value + ", " + count + field + ")";
  // One that is freed is where an allocation begins, however much of it a call would use.
  const std::string frees =
      "ava_call.Free" + verb + value + ", " + (one ? "" : count) + field + ")";
  return Fill(R"(
if (!($holds$)) {
  $refuse$
}
)",
              {{"holds", !address.frees ? plain
                         : !address.frees_if
                             ? frees
                             : "(" + Text(*address.frees_if) + ") ? " + frees + " : " + plain},
               {"refuse", Refuse(guest, InvalidError(guest, shape))}});
}

std::string OrAddress(const GuestFunction& guest, const model::Shape& shape,
                      const std::string& name, const std::string& value, const std::string& field,
                      const std::string& in_memory) {
  const bool has_output =
      shape.direction != model::Direction::kIn && (shape.until_event < 0 || guest.may_block());
  const std::optional<model::Expr>& condition = shape.address.instead_if;
  return Fill(R"(
$output$
if ($condition$!ava_call.OrAddress($value$, $bytes$, $field$)) {
  $in_memory$
}
)",
              {{"output", has_output ? "guest::Output* ava_out_" + name + " = nullptr;\n" : ""},
               {"condition", condition ? "!(" + Text(*condition) + ") || " : ""},
               {"value", value},
               {"bytes", BufferBytes(guest, shape)},
               {"field", field},
               {"in_memory", in_memory}});
}

std::string GuestAllocation(const GuestFunction& guest) {
  const model::Function& function = guest.function;
  const model::Address& address = function.return_shape->address;
  const model::Function* free = guest.api.FindFunction(address.given_back_by);
  // Its parameters of the same names get the same values.
  std::vector<std::string> freeing;
  for (const model::Parameter& parameter : free->parameters) {
    const bool same = std::ranges::find(function.parameters, parameter.name,
                                        &model::Parameter::name) != function.parameters.end();
    freeing.push_back(parameter.shape->address.frees ? "ava_unplaced"
                      : same                         ? parameter.name
                                                     : "{}");
  }
  // How much is asked for can be more than is wanted, where a parameter says it.
  std::vector<std::string> asking;
  for (const model::Parameter& parameter : function.parameters) {
    asking.push_back(parameter.name == address.allocates->text ? "ava_bytes" : parameter.name);
  }
  return Fill(R"(
return static_cast<$type$>(guest::Placed(
    $bytes$, [&]([[maybe_unused]] std::size_t ava_bytes) { return $ask$($asking$, $bytes$); },
    [&](void* ava_unplaced) { ::$free$($freeing$); }));
)",
              {{"type", function.return_type},
               {"bytes", Text(*address.allocates)},
               {"ask", AskName(function)},
               {"asking", Join(asking, ", ")},
               {"free", free->name},
               {"freeing", Join(freeing, ", ")}});
}

}  // namespace lapis::emit
