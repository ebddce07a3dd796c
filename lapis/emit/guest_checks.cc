// SPDX-License-Identifier: Apache-2.0

// What the guest decides before anything is sent: handles, preconditions, and answers of its own.

#include <vector>

#include "lapis/emit/guest_function.h"
#include "lapis/emit/text.h"
#include "lapis/emit/wire_layout.h"

namespace lapis::emit {
namespace {

using model::ShapeKind;

std::string CheckHandle(const GuestFunction& guest, int index) {
  const model::Parameter& parameter = guest.parameter(index);
  return Fill(R"(
if (!ava_call.$verb$($name$, wire::$type$, ava_args.$name$)) {
  $refuse$
}
)",
              {{"verb", parameter.shape->optional ? "UseOptional" : "Use"},
               {"name", parameter.name},
               {"type", TypeEnumerator(parameter.shape->handle_type)},
               {"refuse", Refuse(guest, InvalidError(guest, *parameter.shape))}});
}

// Objects of the server's are not counted, and what nobody owns any more cannot be released.
std::string CountedReferences(const GuestFunction& guest) {
  std::string text;
  const model::Function& function = guest.function;
  for (const auto* indices : {&function.retains, &function.releases}) {
    for (const int index : *indices) {
      const model::HandleType* type =
          guest.api.FindHandleType(guest.parameter(index).shape->handle_type);
      const std::string& name = guest.name(index);
      if (type != nullptr && type->immortal) {
        text += SuccessValue(guest) + "\n";
        continue;
      }
      text += "if (guest::IsServers(ava_args." + name + ")) " + SuccessValue(guest) + "\n";
      if (indices == &function.releases) {
        text += "if (!ava_call.Owned(" + name + ")) " +
                Refuse(guest, InvalidError(guest, *guest.parameter(index).shape)) + "\n";
      }
    }
  }
  return text;
}

struct Query {
  int object = -1;  // handle that is asked
  int selector = -1;
  int value = -1;
  int size = -1;  // capacity
  int size_ret = -1;
};

// The parts of a function with a value table; value < 0: it has none.
Query FindQuery(const GuestFunction& guest) {
  Query query;
  const model::Function& function = guest.function;
  for (int i = 0; i < static_cast<int>(function.parameters.size()); ++i) {
    const model::ShapePtr& shape = guest.parameter(i).shape;
    if (!shape) continue;
    if (shape->kind == ShapeKind::kHandle && query.object < 0) query.object = i;
    if (shape->kind != ShapeKind::kValueTable) continue;
    query.value = i;
    query.selector = shape->selector;
    if (shape->count && shape->count->parameters.size() == 1)
      query.size = shape->count->parameters.front();
    if (shape->used && !shape->used->dereferenced.empty())
      query.size_ret = shape->used->dereferenced.front();
  }
  return query;
}

std::string Selects(const GuestFunction& guest, const Query& query, const model::ValueRow& row) {
  std::vector<std::string> tests;
  for (const std::string& selector : row.selectors)
    tests.push_back(guest.name(query.selector) + " == " + selector);
  return Join(tests, " || ");
}

std::string NameOrNull(const GuestFunction& guest, int index) {
  return index < 0 ? "nullptr" : guest.name(index);
}

// A row can only concern this function when its expression names none but its parameters.
bool Applies(const GuestFunction& guest, const model::Expr& expression) {
  for (const int parameter : expression.parameters) {
    if (parameter < 0 || parameter >= static_cast<int>(guest.function.parameters.size()))
      return false;
  }
  return true;
}

// Rows that are answered by an expression: those with `answer`.
std::string LocalRows(const GuestFunction& guest, const Query& query,
                      std::optional<model::Expr> model::ValueRow::* answer) {
  std::string text;
  for (const model::ValueRow& row : guest.function.values) {
    if (!(row.*answer) || !Applies(guest, *(row.*answer))) continue;
    text += Fill(R"(
if ($selects$) {
  // $spot$
  const auto ava_value = $value$;
  if (ava_call.AnswerLocally(ava_value, $place$, $size$, $size_ret$)) $success$
}
)",
                 {{"selects", Selects(guest, query, row)},
                  {"spot", Spot(row.where)},
                  {"value", Text(*(row.*answer))},
                  {"place", guest.name(query.value)},
                  {"size", guest.name(query.size)},
                  {"size_ret", NameOrNull(guest, query.size_ret)},
                  {"success", SuccessValue(guest)}});
  }
  return text;
}

// The program's array of pointers stays here; what they point to comes in one piece.
std::string PointerRows(const GuestFunction& guest, const Query& query) {
  std::string text;
  for (const model::ValueRow& row : guest.function.values) {
    if (row.pointers.empty() || query.size_ret < 0) continue;
    std::vector<std::string> arguments;
    for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
      arguments.push_back(i == query.selector   ? "ava_selector"
                          : i == query.size     ? "ava_capacity"
                          : i == query.value    ? "ava_place"
                          : i == query.size_ret ? "ava_size_ret"
                                                : guest.name(i));
    }
    text += Fill(R"(
if (($selects$) && $size_ret$ != &guest::t_all_contents) {
  // $spot$
  return guest::AnswerPointers($success$, $size$, $place$, $size_ret$,
                               [&](bool ava_sizes, std::size_t ava_capacity, void* ava_place, std::size_t* ava_size_ret) {
    const $type$ ava_selector = ava_sizes ? $sizes$ : $selector$;
    return ::$function$($arguments$);
  });
}
)",
                 {{"selects", Selects(guest, query, row)},
                  {"spot", Spot(row.where)},
                  {"success", guest.api.success},
                  {"size", guest.name(query.size)},
                  {"place", guest.name(query.value)},
                  {"size_ret", guest.name(query.size_ret)},
                  {"type", guest.parameter(query.selector).type},
                  {"sizes", row.pointers},
                  {"selector", guest.name(query.selector)},
                  {"function", guest.function.name},
                  {"arguments", Join(arguments, ", ")}});
  }
  return text;
}

// True when answers may be kept: something is immutable, and nothing but the value and its size
// comes back.
bool IsCached(const GuestFunction& guest, const Query& query) {
  bool any = guest.function.cached;
  for (const model::ValueRow& row : guest.function.values) any |= row.cached;
  return any && query.object >= 0 && query.value >= 0 && query.size >= 0 && query.selector >= 0;
}

// Whether this selector's answer is kept.
std::string CachedCondition(const GuestFunction& guest, const Query& query) {
  std::vector<std::string> terms;
  for (const model::ValueRow& row : guest.function.values) {
    if (guest.function.cached && row.uncached)
      terms.push_back("!(" + Selects(guest, query, row) + ")");
    if (!guest.function.cached && row.cached)
      terms.push_back("(" + Selects(guest, query, row) + ")");
  }
  if (terms.empty()) return "true";
  return Join(terms, guest.function.cached ? " && " : " || ");
}

std::string Question(const GuestFunction& guest, const Query& query) {
  std::vector<std::string> words = {"wire::" + FunctionEnumerator(guest.function)};
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    if (i == query.object || i == query.size || i == query.value || i == query.size_ret) continue;
    const Passing passing = PassingOf(guest.function, i);
    if (passing == Passing::kInteger || passing == Passing::kHandle) {
      words.push_back("guest::ToWord(" + guest.name(i) + ")");
    }
  }
  return Join(words, ", ");
}

std::string CachedAnswer(const GuestFunction& guest, const Query& query) {
  if (!IsCached(guest, query)) return {};
  return Fill(R"(
const guest::Question ava_question = {$question$};
const bool ava_cached = $condition$;
if (ava_cached && ava_call.Answer($object$, ava_question, $value$, $size$, $size_ret$)) {
  $success$
}
)",
              {{"question", Question(guest, query)},
               {"condition", CachedCondition(guest, query)},
               {"object", guest.name(query.object)},
               {"value", guest.name(query.value)},
               {"size", guest.name(query.size)},
               {"size_ret", NameOrNull(guest, query.size_ret)},
               {"success", SuccessValue(guest)}});
}

std::string Edges(const GuestFunction& guest) {
  std::string text;
  const auto handle = [&](int index, std::string& name, std::string& type) {
    const model::Shape& shape =
        index == kReturnValue ? *guest.function.return_shape : *guest.parameter(index).shape;
    name = index == kReturnValue ? "result" : guest.name(index);
    type = "wire::" + TypeEnumerator(HandleShape(shape).handle_type);
    return &shape;
  };
  for (const model::Function::Edge& edge : guest.function.depends_on) {
    std::string child;
    std::string child_type;
    std::string parent;
    std::string parent_type;
    const model::Shape* shape = handle(edge.child, child, child_type);
    if (edge.field.empty()) {
      handle(edge.parent, parent, parent_type);
    } else {
      const std::string& name = guest.name(edge.parent);
      parent = "(" + name + " == nullptr ? nullptr : " + name + "->" + edge.field + ")";
      parent_type =
          "wire::" + TypeEnumerator(FieldHandleType(guest.parameter(edge.parent), edge.field));
    }
    if (IsNewHandles(*shape)) {
      text += "ava_call.AllDependOn(" + parent + ", " + parent_type + ");\n";
    } else if (IsOneNewHandle(*shape)) {
      text += "if (" + child + " != nullptr) ava_call.DependsOn(*" + child + ", " + child_type +
              ", " + parent + ", " + parent_type + ");\n";
    } else {
      text += "ava_call.DependsOn(" + child + ", " + child_type + ", " + parent + ", " +
              parent_type + ");\n";
    }
  }
  return text;
}

}  // namespace

const model::Shape& HandleShape(const model::Shape& shape) {
  return shape.element ? *shape.element : shape;
}

std::string InvalidError(const GuestFunction& guest, const model::Shape& shape) {
  const model::Shape& handle = HandleShape(shape);
  if (shape.invalid) return Text(*shape.invalid);
  if (handle.invalid) return Text(*handle.invalid);
  const model::HandleType* type = guest.api.FindHandleType(handle.handle_type);
  return type != nullptr && type->invalid ? Text(*type->invalid) : LostError(guest.api);
}

std::string Guarded(const GuestFunction& guest, const model::Expr& expression) {
  std::vector<std::string> nulls;
  for (const int index : expression.dereferenced) {
    const std::string& name = guest.name(index);
    if (expression.text.find(name + " ?") == std::string::npos)
      nulls.push_back(name + " == nullptr");
  }
  return nulls.empty() ? Text(expression)
                       : "(" + Join(nulls, " || ") + ") ? 0 : (" + Text(expression) + ")";
}

std::string GuestChecks(const GuestFunction& guest) {
  std::string text;
  for (int i = 0; i < static_cast<int>(guest.function.parameters.size()); ++i) {
    const model::ShapePtr& shape = guest.parameter(i).shape;
    if (shape && shape->kind == ShapeKind::kHandle &&
        PassingOf(guest.function, i) == Passing::kHandle) {
      text += CheckHandle(guest, i);
    }
  }
  for (const model::Require& require : guest.function.requires_) {
    text += "// " + Spot(require.condition.where) + "\nif (!(" + Text(require.condition) +
            ")) {\n  " + Refuse(guest, Text(require.error)) + "\n}\n";
  }
  return text + CountedReferences(guest);
}

std::string GuestLocalAnswers(const GuestFunction& guest) {
  const Query query = FindQuery(guest);
  if (query.value < 0 || query.size < 0) return {};
  return LocalRows(guest, query, &model::ValueRow::local) + PointerRows(guest, query) +
         CachedAnswer(guest, query);
}

std::string GuestLostAnswers(const GuestFunction& guest) {
  const Query query = FindQuery(guest);
  if (query.value < 0 || query.size < 0) return {};
  return LocalRows(guest, query, &model::ValueRow::lost);
}

std::string GuestEffects(const GuestFunction& guest) {
  const Query query = FindQuery(guest);
  std::string text = Edges(guest);
  for (const int index : guest.function.retains)
    text += "ava_call.Retain(" + guest.name(index) + ");\n";
  for (const int index : guest.function.releases)
    text += "ava_call.Release(" + guest.name(index) + ");\n";
  for (const model::Parameter& parameter : guest.function.parameters) {
    if (!parameter.shape || !parameter.shape->address.maps) continue;
    text += "ava_call.Mapped(" + parameter.name + ", " +
            BufferCount(guest, *parameter.shape, parameter.name) + ", static_cast<bool>(" +
            Text(*parameter.shape->address.writes) + "));\n";
  }
  if (IsCached(guest, query)) {
    text += "if (ava_cached) ava_call.Learn(" + guest.name(query.object) +
            ", ava_question, ava_out_" + guest.name(query.value) + ", ava_call.produced());\n";
  }
  return text;
}

}  // namespace lapis::emit
