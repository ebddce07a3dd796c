// SPDX-License-Identifier: Apache-2.0

// Every expression of the spec, and of inference, as clang sees it.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lapis/header/checker.h"
#include "lapis/sema/passes.h"
#include "lapis/sema/shape.h"

namespace lapis::sema {
namespace {

using header::Answer;
using header::Name;
using header::Query;
using header::TypeKind;
using model::Expr;
using model::Function;
using model::Shape;

enum class Needs { kCount, kCondition, kNumber, kWord, kAnything };

// An expression of the model, and what is expected of it.
struct Slot {
  Expr* expr = nullptr;
  std::string word;  // the statement, for messages
  Needs needs = Needs::kAnything;
  bool in_element = false;
  bool after_call = false;
  const Function* function = nullptr;  // whose parameters it reads before the call
  const std::vector<std::string>* parameters = nullptr;  // names whose indices the expression gets
  std::vector<Name> scope;
};

constexpr const char* kIndex = "index";
constexpr const char* kResultName = "result";
constexpr const char* kAnswer = "answer";  // in a row: what the vendor library said

const char* WordOf(model::ResourceUse::Kind kind) {
  switch (kind) {
    case model::ResourceUse::Kind::kAllocates:
      return "allocates_rc";
    case model::ResourceUse::Kind::kDeallocates:
      return "deallocates_rc";
    case model::ResourceUse::Kind::kConsumes:
      return "consumes_rc";
  }
  return "";
}

class Collector {
 public:
  explicit Collector(Context& context) : context_(context) {}

  std::vector<Slot> Collect() {
    for (Expr& constant : context_.constants) Add(constant, "constant", Needs::kNumber);
    for (model::HandleType& type : context_.api.handle_types) {
      if (type.invalid) Add(*type.invalid, "invalid", Needs::kNumber);
    }
    for (Function& function : context_.api.functions) CollectFunction(function);
    return std::move(slots_);
  }

 private:
  void CollectFunction(Function& function) {
    EnterFunction(function);
    function_ = function.state == model::FunctionState::kLocal ? nullptr : &function;
    CollectCall(function);
    function_ = nullptr;
    if (function.state == model::FunctionState::kUnsupported) return;
    for (model::ValueRow& row : function.values) {
      AddOptional(row.mask, "mask", Needs::kNumber);
      AddOptional(row.local, "local", Needs::kAnything);
      AddOptional(row.lost, "lost", Needs::kAnything);
      if (!row.becomes) continue;
      Add(*row.becomes, "becomes", Needs::kNumber).scope.push_back({kAnswer, "unsigned long long"});
    }
    for (model::Callback& callback : function.callbacks) {
      for (Expr& expr : callback.lost) Add(expr, "lost", Needs::kAnything);
    }
    for (model::Callback& callback : function.callbacks) CollectCallback(function, callback);
  }

  // What both sides evaluate for the call itself.
  void CollectCall(Function& function) {
    if (function.unsupported_error) Add(*function.unsupported_error, "unsupported", Needs::kNumber);
    for (model::Require& require : function.requires_) {
      Add(require.condition, "require", Needs::kCondition);
      Add(require.error, "require", Needs::kNumber);
    }
    if (function.state == model::FunctionState::kUnsupported) return;
    for (model::Parameter& parameter : function.parameters) AddShape(Mutable(parameter.shape));
    if (function.return_shape) AddShape(Mutable(function.return_shape));
    AddOptional(function.async_if, "async_if", Needs::kCondition);
    if (function.proven) {
      for (Expr& key : function.proven->keys) Add(key, "proven", Needs::kWord);
    }
    AddOptional(function.blocking, "blocking", Needs::kCondition);
    AddOptional(function.success, "success", Needs::kNumber);
    if (function.shared) {
      Add(function.shared->bytes, "shared", Needs::kCount);
      Add(function.shared->when, "shared", Needs::kCondition);
    }
    for (model::ResourceUse& use : function.resources) {
      Add(use.amount, WordOf(use.kind), Needs::kCount).after_call = !use.error;
      if (use.error) Add(*use.error, WordOf(use.kind), Needs::kNumber);
    }
  }

  void EnterFunction(const Function& function) {
    const header::Function& declared = *context_.header.FindFunction(function.name);
    Enter(declared.parameters);
    if (declared.result->kind != TypeKind::kVoid)
      scope_.push_back({kResultName, declared.result->name});
  }

  void CollectCallback(const Function& function, model::Callback& callback) {
    const header::Function& declared = *context_.header.FindFunction(function.name);
    const auto index = static_cast<std::size_t>(callback.parameter);
    Enter(declared.parameters[index].type->pointee->parameters);
    for (model::Callback::Argument& argument : callback.arguments)
      AddShape(Mutable(argument.shape));
  }

  void Enter(const std::vector<header::Variable>& parameters) {
    names_ = &name_lists_.emplace_back();
    scope_.clear();
    for (const header::Variable& parameter : parameters) {
      names_->push_back(parameter.name);
      scope_.push_back({parameter.name, parameter.type->name});
    }
    has_index_ = std::ranges::find(*names_, kIndex) != names_->end();
    if (!has_index_) scope_.push_back({kIndex, "size_t"});
  }

  Slot& Add(Expr& expr, std::string word, Needs needs) {
    return slots_.emplace_back(Slot{&expr, std::move(word), needs, in_element_ || has_index_, false,
                                    function_, names_, scope_});
  }
  void AddOptional(std::optional<Expr>& expr, const char* word, Needs needs) {
    if (expr) Add(*expr, word, needs);
  }

  void AddShape(Shape& shape) {
    AddOptional(shape.invalid, "invalid", Needs::kNumber);
    const bool is_string = shape.kind == model::ShapeKind::kString;
    AddOptional(shape.count, is_string ? "string" : "buffer", Needs::kCount);
    if (shape.used) Add(*shape.used, "used", Needs::kCount).after_call = true;
    if (shape.kind == model::ShapeKind::kRect) Add(shape.rect.element_bytes, "rect", Needs::kCount);
    AddOptional(shape.in_place, "in_place", Needs::kAnything);
    AddOptional(shape.mapping.bytes, "maps", Needs::kCount);
    AddOptional(shape.mapping.reads, "maps", Needs::kCondition);
    AddOptional(shape.mapping.writes, "maps", Needs::kCondition);
    AddOptional(shape.mapping.host, "maps", Needs::kAnything);
    AddOptional(shape.mapping.shared, "maps", Needs::kAnything);
    AddOptional(shape.address.allocates, "allocates", Needs::kCount);
    AddOptional(shape.address.instead_if, "or_address", Needs::kCondition);
    AddOptional(shape.address.frees_if, "frees", Needs::kCondition);
    AddOptional(shape.address.reads, "mapped", Needs::kCondition);
    AddOptional(shape.address.writes, "mapped", Needs::kCondition);
    for (model::Alternative& alternative : shape.alternatives) {
      AddOptional(alternative.condition, "if", Needs::kCondition);
      AddShape(Mutable(alternative.shape));
    }
    for (model::Field& field : shape.fields) AddShape(Mutable(field.shape));
    if (shape.element) {
      const bool was_in_element = std::exchange(in_element_, true);
      AddShape(Mutable(shape.element));
      in_element_ = was_in_element;
    }
  }

  Context& context_;
  std::vector<Slot> slots_;
  std::deque<std::vector<std::string>>& name_lists_ = context_.parameter_names;
  const Function* function_ = nullptr;
  std::vector<std::string>* names_ = nullptr;
  std::vector<Name> scope_;
  bool in_element_ = false;
  bool has_index_ = false;
};

bool IsCondition(TypeKind kind) {
  return kind == TypeKind::kBool || kind == TypeKind::kInteger || kind == TypeKind::kEnum ||
         kind == TypeKind::kPointer || kind == TypeKind::kFloating;
}

bool IsNumber(TypeKind kind) {
  return kind == TypeKind::kBool || kind == TypeKind::kInteger || kind == TypeKind::kEnum;
}

// The program's memory that the call fills: until then it holds anything.
bool IsOutputOnly(const Shape& shape) {
  if (!shape.alternatives.empty()) {
    return std::ranges::all_of(shape.alternatives, [](const model::Alternative& alternative) {
      return IsOutputOnly(*alternative.shape);
    });
  }
  const bool holds =
      shape.kind == model::ShapeKind::kBuffer || shape.kind == model::ShapeKind::kValueTable ||
      shape.kind == model::ShapeKind::kRect || shape.kind == model::ShapeKind::kString;
  return holds && shape.direction == model::Direction::kOut;
}

class Judge {
 public:
  explicit Judge(Context& context) : diagnostics_(context.diagnostics) {}

  void Accept(Slot& slot, const Answer& answer) {
    if (!answer.is_valid) return;  // clang has said why.
    const diag::Place place = PlaceOf(slot.expr->where, static_cast<int>(slot.expr->text.size()));
    if (!answer.forbidden.empty()) diagnostics_.Report(diag::kForbidden, place, answer.forbidden);
    CheckNames(slot, answer, place);
    CheckType(slot, answer, place);
    Note(slot, answer);
    CheckOutputs(slot, place);
  }

 private:
  void CheckNames(const Slot& slot, const Answer& answer, const diag::Place& place) {
    const auto uses = [&](const char* name) {
      return std::ranges::find(answer.names, name) != answer.names.end();
    };
    if (uses(kIndex) && !slot.in_element) diagnostics_.Report(diag::kIndexOutside, place);
    if (uses(kResultName) && !slot.after_call)
      diagnostics_.Report(diag::kResultTooEarly, place, slot.word);
  }

  void CheckOutputs(const Slot& slot, const diag::Place& place) {
    if (!slot.function || slot.after_call) return;
    for (const int index : slot.expr->dereferenced) {
      const model::Parameter& parameter =
          slot.function->parameters[static_cast<std::size_t>(index)];
      if (IsOutputOnly(*parameter.shape))
        diagnostics_.Report(diag::kOutputTooEarly, place, parameter.name, slot.word);
    }
  }

  void CheckType(const Slot& slot, const Answer& answer, const diag::Place& place) {
    if ((slot.needs == Needs::kCount || slot.needs == Needs::kNumber) && !IsNumber(answer.kind)) {
      diagnostics_.Report(diag::kExpressionType, place, slot.word, "an integer", answer.type);
    } else if (slot.needs == Needs::kCondition && !IsCondition(answer.kind)) {
      diagnostics_.Report(diag::kExpressionType, place, slot.word, "a condition", answer.type);
    } else if (slot.needs == Needs::kWord && !IsCondition(answer.kind)) {
      diagnostics_.Report(diag::kExpressionType, place, slot.word, "a number or a pointer",
                          answer.type);
    } else if (slot.needs == Needs::kCount && answer.constant.value_or(0) < 0) {
      diagnostics_.Report(diag::kNegative, place, slot.word, std::to_string(*answer.constant));
    }
  }

  static std::vector<int> Indices(const Slot& slot, const std::vector<std::string>& names) {
    std::vector<int> indices;
    for (std::size_t i = 0; slot.parameters && i < slot.parameters->size(); ++i) {
      if (std::ranges::find(names, (*slot.parameters)[i]) != names.end())
        indices.push_back(static_cast<int>(i));
    }
    return indices;
  }

  static void Note(Slot& slot, const Answer& answer) {
    slot.expr->parameters = Indices(slot, answer.names);
    slot.expr->dereferenced = Indices(slot, answer.dereferenced);
    slot.expr->uses_metadata = std::ranges::find(answer.calls, "metadata") != answer.calls.end();
    slot.expr->constant = answer.constant;
  }

  diag::Diagnostics& diagnostics_;
};

std::vector<header::Metadata> MetadataOf(const Context& context) {
  std::vector<header::Metadata> metadata;
  for (const model::HandleType& type : context.api.handle_types) {
    if (!type.metadata.empty())
      metadata.push_back({type.name, {type.metadata, type.metadata_where}});
  }
  return metadata;
}

// The code of both sides, which expressions may call.
std::vector<header::Chunk> SharedCode(const Context& context) {
  std::vector<header::Chunk> code;
  for (const model::CodeBlock& block : context.api.code) {
    if (block.side != model::CodeBlock::Side::kBoth) continue;
    const std::string include = "#include \"" + context.folder + '/' + block.file + '"';
    code.push_back({block.file.empty() ? block.code : include, block.where});
  }
  return code;
}

// Two constants of one table must not have the same value: the generated switch could not tell them
// apart.
void CheckSelectors(Context& context) {
  std::map<std::string, std::int64_t> values;
  for (const Expr& constant : context.constants) {
    if (constant.constant) values[constant.text] = *constant.constant;
  }
  for (const Function& function : context.api.functions) {
    std::map<std::int64_t, std::string> seen;
    for (const model::ValueRow& row : function.values) {
      for (const std::string& selector : row.selectors) {
        const auto value = values.find(selector);
        if (value == values.end()) continue;
        const auto [first, is_new] = seen.emplace(value->second, selector);
        if (!is_new)
          context.diagnostics.Report(diag::kSameSelector, PlaceOf(row.where), first->second,
                                     selector, function.name);
      }
    }
  }
}

// A case that is chosen by the argument itself is chosen by the guest.
void MarkGuestDecides(Function& function) {
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    model::ShapePtr& shape = function.parameters[i].shape;
    const bool reads_itself =
        std::ranges::any_of(shape->alternatives, [&](const model::Alternative& alternative) {
          return alternative.condition &&
                 std::ranges::find(alternative.condition->parameters, static_cast<int>(i)) !=
                     alternative.condition->parameters.end();
        });
    if (reads_itself) Mutable(shape).guest_decides = true;
  }
}

// The same constant is often named by many functions of one rule.
void DropRepeated(std::vector<Expr>& constants) {
  std::set<std::tuple<std::string, int, int>> seen;
  std::erase_if(constants, [&](const Expr& e) {
    return !seen.emplace(e.where.file, e.where.line, e.where.column).second;
  });
}

}  // namespace

void CheckExpressions(Context& context) {
  DropRepeated(context.constants);
  std::vector<Slot> slots = Collector(context).Collect();
  std::vector<Query> queries;
  queries.reserve(slots.size());
  for (const Slot& slot : slots) queries.push_back({slot.expr->text, slot.expr->where, slot.scope});
  const std::vector<Answer> answers =
      header::CheckExpressions(context.environment, {MetadataOf(context), SharedCode(context)},
                               queries, context.header.macros, context.diagnostics);
  Judge judge(context);
  for (std::size_t i = 0; i < slots.size(); ++i) judge.Accept(slots[i], answers[i]);
  CheckSelectors(context);
  for (Function& function : context.api.functions) MarkGuestDecides(function);
}

}  // namespace lapis::sema
