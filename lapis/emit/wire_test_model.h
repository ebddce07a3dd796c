// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small model made by hand, as the front end would make it: for the emitters' unit tests.

#include <memory>
#include <string>
#include <utility>

#include "lapis/model/model.h"

namespace lapis::emit::test {

using model::Direction;
using model::HandleUse;
using model::Shape;
using model::ShapeKind;

inline model::Expr Expression(std::string text, std::vector<int> dereferenced = {}) {
  return {.text = std::move(text),
          .where = {"toy.lapis", 1, 1},
          .dereferenced = std::move(dereferenced)};
}

inline model::ShapePtr Make(Shape shape) { return std::make_shared<const Shape>(std::move(shape)); }

inline model::ShapePtr Integer(std::string type, std::uint64_t size, bool is_signed = false) {
  return Make(
      {.kind = ShapeKind::kOpaque, .type = std::move(type), .size = size, .is_signed = is_signed});
}

inline model::ShapePtr Handle(std::string type, HandleUse use = HandleUse::kUse) {
  return Make({.kind = ShapeKind::kHandle,
               .direction = use == HandleUse::kUse ? Direction::kIn : Direction::kOut,
               .type = type,
               .size = 8,
               .handle_type = type,
               .use = use});
}

inline model::ShapePtr Buffer(Direction direction, model::ShapePtr element, std::string count) {
  Shape shape = {.kind = ShapeKind::kBuffer, .direction = direction};
  shape.pointee = element->type;
  shape.type = (direction == Direction::kIn ? "const " : "") + element->type + " *";
  shape.size = element->size;
  shape.element = std::move(element);
  shape.count = Expression(count);
  if (count == "1") shape.count->constant = 1;
  return Make(std::move(shape));
}

inline model::ShapePtr Bytes(Direction direction, std::string count, int until_event = -1) {
  Shape shape = *Buffer(direction, Make({.type = "void", .size = 1}), std::move(count));
  shape.until_event = until_event;
  return Make(std::move(shape));
}

inline model::Function Function(std::string name, int id,
                                std::vector<model::Parameter> parameters) {
  model::Function function = {.name = std::move(name), .id = id, .symbol_version = "TOY_1.0"};
  function.return_type = "int";
  function.return_shape = Integer("int", 4, true);
  function.error_by = model::ErrorBy::kReturn;
  function.parameters = std::move(parameters);
  function.where = {"specs/toy/toy.lapis", 10 + id, 1};
  return function;
}

inline model::Parameter Parameter(std::string name, model::ShapePtr shape) {
  const std::string type = shape->type;
  return {.name = std::move(name), .type = type, .canonical = type, .shape = std::move(shape)};
}

// toyWrite(toy_mem memory, char quick, unsigned count, const toy_event *waits, const void *data,
// size_t bytes,
//          toy_event *event)
inline model::Function WriteFunction() {
  model::Function function = Function(
      "toyWrite", 0,
      {Parameter("memory", Handle("toy_mem")), Parameter("quick", Integer("char", 1, true)),
       Parameter("count", Integer("unsigned int", 4)),
       Parameter("waits", Buffer(Direction::kIn, Handle("toy_event"), "count")),
       Parameter("data", Bytes(Direction::kIn, "bytes", 6)),
       Parameter("bytes", Integer("size_t", 8)),
       Parameter("event", Buffer(Direction::kOut, Handle("toy_event", HandleUse::kNew), "1"))});
  function.async_if = Expression("quick");
  function.blocking = Expression("!quick");
  function.completes = 6;
  function.delivers = true;
  return function;
}

inline model::Api Api() {
  model::Api api = {.name = "toy", .version = "1.0", .soname = "libtoy.so.1"};
  api.preamble = {"#include \"toy.h\""};
  api.status_type = "int";
  api.success = "TOY_SUCCESS";
  api.lost = "TOY_LOST";
  api.symbol_nodes = {"TOY_1.0"};
  api.handle_types = {{.name = "toy_mem",
                       .pointee = "struct toy_mem_st",
                       .id = 1,
                       .invalid = Expression("TOY_INVALID")},
                      {.name = "toy_event",
                       .pointee = "struct toy_event_st",
                       .id = 2,
                       .invalid = Expression("TOY_INVALID")}};
  api.functions = {WriteFunction()};
  api.digest = std::string(64, 'a');
  api.inputs = {"specs/toy/toy.lapis"};
  return api;
}

}  // namespace lapis::emit::test
