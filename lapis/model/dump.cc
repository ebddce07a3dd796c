// SPDX-License-Identifier: Apache-2.0

#include "lapis/model/dump.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace lapis::model {
namespace {

using Json = nlohmann::ordered_json;

std::string_view Name(Provenance value) {
  switch (value) {
    case Provenance::kInferred:
      return "inferred";
    case Provenance::kRule:
      return "rule";
    case Provenance::kWritten:
      return "written";
  }
  return {};
}

std::string_view Name(Confidence value) {
  switch (value) {
    case Confidence::kCertain:
      return "certain";
    case Confidence::kLikely:
      return "likely";
    case Confidence::kOpen:
      return "open";
  }
  return {};
}

std::string_view Name(Direction value) {
  switch (value) {
    case Direction::kIn:
      return "in";
    case Direction::kOut:
      return "out";
    case Direction::kInOut:
      return "inout";
  }
  return {};
}

std::string_view Name(HandleUse value) {
  switch (value) {
    case HandleUse::kUse:
      return "use";
    case HandleUse::kNew:
      return "new";
    case HandleUse::kExisting:
      return "existing";
  }
  return {};
}

std::string_view Name(ShapeKind value) {
  switch (value) {
    case ShapeKind::kOpaque:
      return "opaque";
    case ShapeKind::kHandle:
      return "handle";
    case ShapeKind::kBuffer:
      return "buffer";
    case ShapeKind::kString:
      return "string";
    case ShapeKind::kCallback:
      return "callback";
    case ShapeKind::kUserdata:
      return "userdata";
    case ShapeKind::kValueTable:
      return "value_table";
    case ShapeKind::kProperties:
      return "properties";
    case ShapeKind::kRect:
      return "rect";
    case ShapeKind::kMapped:
      return "mapped";
    case ShapeKind::kAddress:
      return "address";
    case ShapeKind::kStruct:
      return "struct";
    case ShapeKind::kConditional:
      return "conditional";
    case ShapeKind::kIgnored:
      return "ignored";
  }
  return {};
}

std::string_view Name(FunctionState value) {
  switch (value) {
    case FunctionState::kVirtual:
      return "virtual";
    case FunctionState::kUnsupported:
      return "unsupported";
    case FunctionState::kLocal:
      return "local";
    case FunctionState::kInternal:
      return "internal";
  }
  return {};
}

std::string_view Name(ResourceUse::Kind value) {
  switch (value) {
    case ResourceUse::Kind::kAllocates:
      return "allocates";
    case ResourceUse::Kind::kDeallocates:
      return "deallocates";
    case ResourceUse::Kind::kConsumes:
      return "consumes";
  }
  return {};
}

std::string_view Name(CodeBlock::Side value) {
  switch (value) {
    case CodeBlock::Side::kGuest:
      return "guest";
    case CodeBlock::Side::kServer:
      return "server";
    case CodeBlock::Side::kBoth:
      return "both";
  }
  return {};
}

class Dumper {
 public:
  explicit Dumper(Detail detail) : all_(detail == Detail::kAll) {}

  Json ApiJson(const Api& api) {
    Json json;
    Put(json, "name", api.name);
    Put(json, "version", api.version);
    Put(json, "soname", api.soname);
    Put(json, "vendor", api.vendor_library);
    Put(json, "dispatch", api.dispatch_struct);
    Put(json, "dispatch_members", api.dispatch_members);
    if (all_) Put(json, "preamble", api.preamble);
    Put(json, "environment", api.environment);
    Put(json, "status", api.status_type);
    Put(json, "success", api.success);
    Put(json, "lost", api.lost);
    Put(json, "invalid_address", api.invalid_address);
    Put(json, "symbol_nodes", api.symbol_nodes);
    Put(json, "policies", api.policies);
    Put(json, "metadata_struct", api.metadata_struct);
    for (const HandleType& type : api.handle_types) json["handle_types"].push_back(TypeJson(type));
    for (const Resource& resource : api.resources) {
      json["resources"].push_back({{"name", resource.name}, {"continuous", resource.continuous}});
    }
    if (all_) PutCode(json, api);
    for (const Function& function : api.functions)
      json["functions"].push_back(FunctionJson(function));
    Put(json, "digest", api.digest);
    return json;
  }

 private:
  static void Put(Json& json, const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  }
  static void Put(Json& json, const char* key, const std::vector<std::string>& value) {
    if (!value.empty()) json[key] = value;
  }
  static void Put(Json& json, const char* key, bool value) {
    if (value) json[key] = true;
  }
  static void Put(Json& json, const char* key, const std::vector<int>& value) {
    if (!value.empty()) json[key] = value;
  }
  static void PutIndex(Json& json, const char* key, int value) {
    if (value != -1) json[key] = value;
  }
  void Put(Json& json, const char* key, const std::optional<Expr>& expr) {
    if (expr) json[key] = ExprJson(*expr);
  }
  void Put(Json& json, const char* key, const ShapePtr& shape) {
    if (shape) json[key] = ShapeJson(*shape);
  }
  void PutWhere(Json& json, const Where& where) {
    if (!all_ || where.file.empty()) return;
    json["where"] =
        where.file + ':' + std::to_string(where.line) + ':' + std::to_string(where.column);
  }

  Json ExprJson(const Expr& expr) {
    const bool plain = expr.parameters.empty() && !expr.constant && !expr.uses_metadata;
    if (plain) return expr.text;
    Json json = {{"text", expr.text}};
    Put(json, "parameters", expr.parameters);
    Put(json, "dereferenced", expr.dereferenced);
    Put(json, "uses_metadata", expr.uses_metadata);
    if (expr.constant) json["constant"] = *expr.constant;
    return json;
  }

  Json KeysJson(const Properties& properties) {
    Json json = Json::object();
    for (const Properties::Key& key : properties.keys) json[key.key] = key.handle_type;
    return json;
  }

  void PutDetails(Json& json, const Shape& shape) {
    if (shape.kind == ShapeKind::kProperties) json["keys"] = KeysJson(shape.properties);
    if (shape.kind == ShapeKind::kRect) {
      json["region"] = shape.rect.region;
      json["element_bytes"] = ExprJson(shape.rect.element_bytes);
      PutIndex(json, "origin", shape.rect.origin);
      PutIndex(json, "row_pitch", shape.rect.row_pitch);
      PutIndex(json, "slice_pitch", shape.rect.slice_pitch);
    }
    if (shape.kind == ShapeKind::kMapped) {
      json["object"] = shape.mapping.object;
      Put(json, "bytes", shape.mapping.bytes);
      Put(json, "reads", shape.mapping.reads);
      Put(json, "writes", shape.mapping.writes);
      Put(json, "host", shape.mapping.host);
      Put(json, "shared", shape.mapping.shared);
      PutIndex(json, "region", shape.mapping.region);
      PutIndex(json, "row_pitch", shape.mapping.row_pitch);
      PutIndex(json, "slice_pitch", shape.mapping.slice_pitch);
      PutIndex(json, "origin", shape.mapping.origin);
    }
    PutAddress(json, shape.address);
  }

  void PutAddress(Json& json, const Address& address) {
    Put(json, "or_address", address.instead);
    Put(json, "or_address_if", address.instead_if);
    Put(json, "allocates", address.allocates);
    Put(json, "given_back_by", address.given_back_by);
    Put(json, "frees", address.frees);
    Put(json, "frees_if", address.frees_if);
    Put(json, "maps", address.maps);
    Put(json, "reads", address.reads);
    Put(json, "writes", address.writes);
    Put(json, "unmaps", address.unmaps);
  }

  Json ShapeJson(const Shape& shape) {
    Json json = {
        {"kind", Name(shape.kind)}, {"direction", Name(shape.direction)}, {"type", shape.type}};
    if (shape.kind == ShapeKind::kOpaque || shape.kind == ShapeKind::kBuffer)
      json["size"] = shape.size;
    if (shape.kind == ShapeKind::kOpaque) Put(json, "signed", shape.is_signed);
    if (shape.kind == ShapeKind::kOpaque) Put(json, "floating", shape.is_floating);
    if (shape.kind == ShapeKind::kHandle) {
      json["handle_type"] = shape.handle_type;
      json["use"] = Name(shape.use);
    }
    Put(json, "optional", shape.optional);
    Put(json, "invalid", shape.invalid);
    Put(json, "pointee", shape.pointee);
    Put(json, "count", shape.count);
    Put(json, "used", shape.used);
    Put(json, "always", shape.always);
    PutIndex(json, "until_event", shape.until_event);
    Put(json, "in_place", shape.in_place);
    Put(json, "null_terminated", shape.null_terminated);
    PutIndex(json, "callback", shape.callback);
    PutIndex(json, "selector", shape.selector);
    PutDetails(json, shape);
    Put(json, "element", shape.element);
    for (const Field& field : shape.fields) {
      json["fields"].push_back({{"name", field.name}, {"shape", ShapeJson(*field.shape)}});
    }
    Put(json, "guest_decides", shape.guest_decides);
    for (const Alternative& alternative : shape.alternatives) {
      Json branch;
      Put(branch, "if", alternative.condition);
      Put(branch, "shape", alternative.shape);
      json["alternatives"].push_back(std::move(branch));
    }
    if (!all_) return json;
    if (shape.provenance != Provenance::kInferred) json["provenance"] = Name(shape.provenance);
    Put(json, "reason", shape.reason);
    if (shape.confidence != Confidence::kCertain) json["confidence"] = Name(shape.confidence);
    return json;
  }

  Json TypeJson(const HandleType& type) {
    Json json = {{"name", type.name}, {"id", type.id}};
    Put(json, "pointee", type.pointee);
    Put(json, "invalid", type.invalid);
    Put(json, "immortal", type.immortal);
    Put(json, "done", type.done);
    if (all_) Put(json, "metadata", type.metadata);
    PutWhere(json, type.where);
    return json;
  }

  Json RowJson(const ValueRow& row) {
    Json json = {{"selectors", row.selectors}};
    Put(json, "handle_type", row.handle_type);
    if (row.properties) json["properties"] = KeysJson(row.keys);
    Put(json, "cached", row.cached);
    Put(json, "uncached", row.uncached);
    Put(json, "mask", row.mask);
    Put(json, "filter", row.filter);
    if (!row.without.empty()) json["without"] = row.without;
    Put(json, "local", row.local);
    Put(json, "becomes", row.becomes);
    Put(json, "lost", row.lost);
    Put(json, "within", row.within);
    Put(json, "pointers", row.pointers);
    return json;
  }

  Json CallbackJson(const Callback& callback) {
    Json json = {{"type", callback.type}, {"parameter", callback.parameter}};
    PutIndex(json, "userdata", callback.userdata);
    Put(json, "once", callback.once);
    Put(json, "holds", callback.holds);
    json["returns"] = callback.return_type;
    for (const Callback::Argument& argument : callback.arguments) {
      json["arguments"].push_back({{"name", argument.name},
                                   {"type", argument.type},
                                   {"shape", ShapeJson(*argument.shape)}});
    }
    for (const Expr& expr : callback.lost) json["lost"].push_back(ExprJson(expr));
    return json;
  }

  void PutCode(Json& json, const Api& api) {
    for (const CodeBlock& block : api.code) {
      Json item = {{"side", Name(block.side)}};
      Put(item, "file", block.file);
      Put(item, "code", block.code);
      PutWhere(item, block.where);
      json["code"].push_back(std::move(item));
    }
  }

  void PutHooks(Json& json, const char* key, const std::vector<Hook>& hooks) {
    if (!all_) return;
    for (const Hook& hook : hooks) json[key].push_back(hook.code);
  }

  void PutOrder(Json& json, const Function& function) {
    Put(json, "async", function.async);
    Put(json, "async_if", function.async_if);
    if (function.proven) {
      json["proven"]["owner"] = function.proven->owner;
      for (const Expr& key : function.proven->keys) json["proven"]["keys"].push_back(ExprJson(key));
    }
    Put(json, "blocking", function.blocking);
    Put(json, "compiles", function.compiles);
    Put(json, "success", function.success);
    PutIndex(json, "completes", function.completes);
    Put(json, "delivers", function.delivers);
    Put(json, "coalesce", function.coalesce);
    Put(json, "consumes", function.consumes);
    Put(json, "cached", function.cached);
    Put(json, "retains", function.retains);
    Put(json, "releases", function.releases);
    for (const Function::Edge& edge : function.depends_on) {
      Json pair = {edge.child, edge.parent};
      if (!edge.field.empty()) pair.push_back(edge.field);
      json["depends_on"].push_back(std::move(pair));
    }
  }

  void PutCode(Json& json, const Function& function) {
    for (const Require& require : function.requires_) {
      json["requires"].push_back(
          {{"condition", ExprJson(require.condition)}, {"error", ExprJson(require.error)}});
    }
    PutHooks(json, "guest_before", function.guest_before);
    PutHooks(json, "guest_after", function.guest_after);
    PutHooks(json, "guest_lost", function.guest_lost);
    PutHooks(json, "server_before", function.server_before);
    PutHooks(json, "server_after", function.server_after);
    if (function.shared) {
      json["shared"] = {{"parameter", function.shared->parameter},
                        {"bytes", ExprJson(function.shared->bytes)},
                        {"when", ExprJson(function.shared->when)}};
    }
    if (!function.end_told_by.empty()) json["end_told_by"] = function.end_told_by;
    for (const ResourceUse& use : function.resources) {
      Json& use_json = json["resources"].emplace_back(Json{
          {"kind", Name(use.kind)}, {"resource", use.resource}, {"amount", ExprJson(use.amount)}});
      Put(use_json, "error", use.error);
    }
  }

  Json FunctionJson(const Function& function) {
    Json json = {{"name", function.name}, {"id", function.id}, {"state", Name(function.state)}};
    if (all_) json["provenance"] = Name(function.provenance);
    PutWhere(json, function.where);
    if (all_) json["prototype"] = function.prototype;
    Put(json, "symbol_version", function.symbol_version);
    Put(json, "found_by", function.found_by);
    Put(json, "unsupported_reason", all_ ? function.unsupported_reason : "");
    Put(json, "unsupported_error", function.unsupported_error);
    if (function.error_by == ErrorBy::kParameter)
      json["error_parameter"] = function.error_parameter;
    if (function.error_by == ErrorBy::kReturn) json["returns_error"] = true;
    PutOrder(json, function);
    for (const Parameter& parameter : function.parameters) {
      json["parameters"].push_back(
          {{"name", parameter.name}, {"shape", ShapeJson(*parameter.shape)}});
    }
    if (function.return_shape) json["return"] = ShapeJson(*function.return_shape);
    for (const ValueRow& row : function.values) json["values"].push_back(RowJson(row));
    for (const Callback& callback : function.callbacks)
      json["callbacks"].push_back(CallbackJson(callback));
    PutCode(json, function);
    Put(json, "server_order", function.server_order);
    return json;
  }

  bool all_;
};

}  // namespace

std::string Dump(const Api& api, Detail detail) {
  return Dumper(detail).ApiJson(api).dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace lapis::model
