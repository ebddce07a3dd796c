// SPDX-License-Identifier: Apache-2.0
#pragma once

// One exported function of the guest library, as text. The parts stand in the order in which they
// run.

#include <string>

#include "lapis/model/model.h"

namespace lapis::emit {

// What all parts of one function need.
struct GuestFunction {
  const model::Api& api;
  const model::Function& function;

  const model::Parameter& parameter(int index) const {
    return function.parameters[static_cast<std::size_t>(index)];
  }
  const std::string& name(int index) const { return parameter(index).name; }
  bool may_block() const { return function.blocking.has_value(); }
  bool is_async() const { return function.async || function.async_if.has_value(); }
};

// `type name`, also for pointers to functions and arrays.
std::string Declare(const std::string& type, const std::string& name);
std::string ParameterList(const model::Function& function);
std::string Signature(const model::Function& function);

// "return ava_call.Refuse<cl_int>(CL_INVALID_VALUE);"
std::string Refuse(const GuestFunction& guest, const std::string& error);
// "return CL_SUCCESS;", whatever success is for this function when no reply says it.
std::string SuccessValue(const GuestFunction& guest);
// The error for a dead handle at a place of this shape.
std::string InvalidError(const GuestFunction& guest, const model::Shape& shape);
// The handle's type at a place which is a handle or an array of them.
const model::Shape& HandleShape(const model::Shape& shape);
// An expression whose pointers may be NULL: 0 then, unless it asks itself.
std::string Guarded(const GuestFunction& guest, const model::Expr& expression);
// Bytes of a buffer as an expression.
std::string BufferBytes(const GuestFunction& guest, const model::Shape& shape);
std::string BufferCount(const GuestFunction& guest, const model::Shape& shape,
                        const std::string& value);

// Checks of handles and of `require`s.
std::string GuestChecks(const GuestFunction& guest);
// What the guest answers itself: rows that are local, cached answers, references of what the server
// owns.
std::string GuestLocalAnswers(const GuestFunction& guest);
// Statements that bring the program's own counts down to what can be given.
std::string GuestLimits(const GuestFunction& guest);
// The rows that are answered when the worker is gone.
std::string GuestLostAnswers(const GuestFunction& guest);
// Whether the call may be sent without waiting, as far as its arguments say.
std::string AsyncCondition(const GuestFunction& guest);
// The same for a function with proven(...), and what its success leaves behind.
std::string ProvenWaits(const GuestFunction& guest);
std::string ProvenEffects(const GuestFunction& guest);
// Statements that fill `ava_args`.
std::string GuestInputs(const GuestFunction& guest);
std::size_t PayloadBytes(const GuestFunction& guest);
// Statements that bring outputs to the program, once the call has succeeded.
std::string GuestOutputs(const GuestFunction& guest);
// Checks that what an address, or each of an array, names is alive, and fills its field.
std::string AddressChecks(const GuestFunction& guest, const model::Shape& shape,
                          const std::string& value, const std::string& field);
// `in_memory`, unless it is an address.
std::string OrAddress(const GuestFunction& guest, const model::Shape& shape,
                      const std::string& name, const std::string& value, const std::string& field,
                      const std::string& in_memory);
// The body of a function that allocates memory: asks until it can lie at its own address.
std::string GuestAllocation(const GuestFunction& guest);
// The function that asks once.
std::string AskName(const model::Function& function);
// Structures that outlive a call: edges, references, answers to remember.
std::string GuestEffects(const GuestFunction& guest);

// The whole definition.
std::string EmitGuestFunction(const model::Api& api, const model::Function& function);
// The thunks of its callbacks; empty: it has none.
std::string EmitCallbackThunks(const model::Api& api, const model::Function& function);

}  // namespace lapis::emit
