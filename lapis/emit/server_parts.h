// SPDX-License-Identifier: Apache-2.0
#pragma once

// The pieces of which server.cc is made; one source file each.
//
//   server_expressions.cc   an expression of the spec, evaluated on the server
//   server_parameters.cc    one parameter: from the argument structure to the vendor's function
//   server_values.cc        value tables
//   server_callbacks.cc     trampolines
//   server_resources.cc     what a call costs
//   server_function.cc      one function
//   server_tables.cc        the vendor's functions, metadata, the module's tables

#include <string>
#include <string_view>
#include <vector>

#include "lapis/model/model.h"

namespace lapis::emit {

// Expressions ------------------------------------------------------------------------------------

// True when `name` stands in `text` as an identifier of its own.
bool Names(std::string_view text, std::string_view name);
// True when `text` reads through the pointer `name`: name[..], *name, name->.
bool ReadsThrough(std::string_view text, std::string_view name);
// True when `text` calls a function, other than by a cast or sizeof.
bool CallsFunction(std::string_view text);

// A size or an amount: of type Wide, its integer parameters bound as Wide. `own`: more names that
// are integers there.
std::string WideExpression(const model::Function& function, const model::Expr& expression);
// The same as a function of `index`.
std::string WideFunctionOfIndex(const model::Function& function, const model::Expr& expression);
// A condition, with the types that the guest has evaluated it with.
std::string Condition(const model::Function& function, const model::Expr& expression);
// True for a number or a single parameter: can be evaluated whatever has happened before.
bool IsTrivial(const model::Function& function, const model::Expr& expression);

// Functions --------------------------------------------------------------------------------------

// What the emitters of one function's parts share.
class FunctionText {
 public:
  FunctionText(const model::Api& api, const model::Function& function)
      : api_(api), function_(function) {}

  const model::Api& api() const { return api_; }
  const model::Function& function() const { return function_; }
  const model::Parameter& parameter(int index) const {
    return function_.parameters[static_cast<std::size_t>(index)];
  }

  // The error for a NULL, dead or foreign handle.
  std::string InvalidError(const model::Shape& handle) const;
  // Its contents are read by the server itself: by an expression or a hook.
  bool IsInterpreted(int parameter) const;
  // The event that ends the use of the call's data; -1: none.
  int CompletionEvent() const;

  // Appends a line (or several) of the function's body.
  void Line(std::string_view text);
  // Makes sure that nothing has gone wrong up to here. Once is enough until the next decoding.
  void Check();
  void Decoded() { checked_ = false; }
  const std::string& text() const { return text_; }

 private:
  const model::Api& api_;
  const model::Function& function_;
  std::string text_;
  bool checked_ = true;
};

bool HasCommand(const model::Function& function);  // a command of it exists
std::string ServeFunction(const model::Api& api, const model::Function& function);

// Decodes one parameter into a local variable of its name.
void EmitParameter(FunctionText& out, int parameter);
// A packed box: `region` is a parameter with three numbers, `element` an expression.
std::string BoxBytes(const FunctionText& out, int region, const std::string& element);
// Of the types in `properties`, as a lambda from key to PropertyType.
std::string PropertyTypes(const FunctionText& out, const model::Properties& properties);
// Functions that convert structures with translated fields.
std::string StructConversions(const model::Api& api);

// The parameter with a value table, or -1.
int ValueTableOf(const model::Function& function);
// The vendor call of a function with a filtered value, or nothing.
std::string FilteredCall(const FunctionText& out, const std::string& plain_call,
                         const std::string& arguments);
void EmitValueTranslation(FunctionText& out, int parameter);

bool ReturnsNewHandle(const model::Function& function);
bool ReturnsAllocation(const model::Function& function);
// What the call would hold is taken from the session's quota as soon as it is known how much that
// is: a guest that knows the quota need not send what the call will not read. `order`: of the
// parameters, so many of which have been decoded.
void EmitReservations(FunctionText& out, const std::vector<int>& order, std::size_t decoded);
void EmitResources(FunctionText& out);

std::string Trampolines(const model::Api& api, const model::Function& function);
std::string TrampolineName(const model::Function& function, const model::Callback& callback);
std::string CallbackKey(const FunctionText& out, const model::Callback& callback);

// Tables -----------------------------------------------------------------------------------------

std::string VendorTable(const model::Api& api);
// Asks the vendor library for the functions that have no symbol.
std::string FoundFunctions(const model::Api& api);
std::string MetadataTypes(const model::Api& api);
std::string ServerCode(const model::Api& api);
// The type of the events that until(...) and maps(...) wait for; empty: none does.
std::string EventType(const model::Api& api);
std::string EventFunctions(const model::Api& api);  // the three lambdas, or nothing
std::string ResourceIds(const model::Api& api);
std::string BlobTables(const model::Api& api);
std::string FunctionTable(const model::Api& api);

}  // namespace lapis::emit
