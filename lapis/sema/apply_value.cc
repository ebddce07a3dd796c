// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "lapis/sema/apply.h"
#include "lapis/sema/infer.h"
#include "lapis/sema/shape.h"
#include "lapis/sema/statement.h"

namespace lapis::sema {
namespace {

using header::TypeKind;
using model::Direction;
using model::Shape;
using model::ShapeKind;
using model::ShapePtr;
using syntax::Node;
using syntax::NodeKind;

// The statements of one block, applied to one value.
class Block {
 public:
  Block(Target& target, Value value) : target_(target), value_(std::move(value)) {}

  void Apply(ShapePtr& shape, const std::vector<Node>& statements) {
    for (const Node& node : statements) {
      if (node.kind == NodeKind::kIf) {
        Choose(shape, node);
      } else if (CheckStatement(target_.context, node, syntax::Place::kArgument)) {
        ApplyOne(shape, node);
      }
    }
  }

 private:
  using Verb = void (Block::*)(Shape&, const Node&);

  void ApplyOne(ShapePtr& shape, const Node& node) {
    Shape& changed = Mutable(shape);
    if (changed.kind == ShapeKind::kConditional) {
      for (model::Alternative& alternative : changed.alternatives)
        ApplyOne(alternative.shape, node);
    } else {
      (this->*Verbs().at(node.word()))(changed, node);
    }
    changed.provenance = target_.provenance;
    changed.confidence = model::Confidence::kCertain;
    changed.reason.clear();
    changed.where = target_.context.WhereOf(node.span);
  }

  // if (a) { … } else if (b) { … } else { … }: alternatives in that order.
  void Choose(ShapePtr& shape, const Node& node) {
    const ShapePtr base = shape;
    Shape chosen = *base;
    chosen.kind = ShapeKind::kConditional;
    chosen.element = nullptr;
    chosen.count.reset();
    chosen.used.reset();
    chosen.alternatives.clear();
    if (base->kind == ShapeKind::kConditional) {
      target_.context.diagnostics.Report(diag::kNotImplemented, node.span,
                                         "a second 'if' for one argument");
      return;
    }
    const std::vector<Node>* rest = nullptr;
    for (const Node* branch = &node; branch;) {
      AddAlternative(chosen, base, target_.ExprOf(branch->operands[0]), branch->children);
      rest = &branch->otherwise;
      branch = rest->size() == 1 && rest->front().kind == NodeKind::kIf ? &rest->front() : nullptr;
    }
    AddAlternative(chosen, base, std::nullopt, *rest);
    chosen.direction = chosen.alternatives.front().shape->direction;
    chosen.provenance = target_.provenance;
    chosen.confidence = model::Confidence::kCertain;
    chosen.reason.clear();
    chosen.where = target_.context.WhereOf(node.span);
    shape = std::make_shared<Shape>(std::move(chosen));
  }

  void AddAlternative(Shape& chosen, const ShapePtr& base, std::optional<model::Expr> condition,
                      const std::vector<Node>& statements) {
    ShapePtr shape = base;
    Block(target_, value_).Apply(shape, statements);
    if (shape->kind == ShapeKind::kConditional) {
      target_.context.diagnostics.Report(diag::kNotImplemented, statements.front().span,
                                         "an 'if' inside an 'if' of an argument");
      return;
    }
    chosen.alternatives.push_back({std::move(condition), std::move(shape)});
  }

  bool NeedPointer(const Node& node) {
    if (value_.type->kind == TypeKind::kPointer && !value_.type->IsCallback() &&
        !target_.context.header.IsHandle(*value_.type))
      return true;
    target_.context.diagnostics.Report(diag::kNotAPointer, node.span, value_.name,
                                       value_.type->name);
    return false;
  }

  void SetDirection(Shape& shape, Direction direction) {
    if (direction_given_ && shape.direction != direction) direction = Direction::kInOut;
    direction_given_ = true;
    shape.direction = direction;
    if (shape.element) Mutable(shape.element).direction = direction;
  }
  void In(Shape& shape, const Node&) { SetDirection(shape, Direction::kIn); }
  void Out(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    if (target_.context.header.IsPointer(*value_.type) && value_.type->pointee->is_const) {
      target_.context.diagnostics.Report(diag::kExpressionType, node.span, node.word(),
                                         "a pointer to what is not const", value_.type->name);
    }
    SetDirection(shape, Direction::kOut);
  }

  void Buffer(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    const bool keep = shape.kind == ShapeKind::kBuffer && shape.element != nullptr;
    Shape buffer =
        BufferOf(target_.context.header, *value_.type, "", shape.direction, UseOf(shape));
    if (keep) buffer.element = shape.element;
    buffer.used = shape.used;
    buffer.always = shape.always;
    buffer.address = shape.address;
    buffer.invalid = shape.invalid;
    buffer.until_event = shape.until_event;
    buffer.count = target_.ExprOf(node.operands[0]);
    shape = std::move(buffer);
  }

  model::HandleUse UseOf(const Shape& shape) const {
    if (shape.element && shape.element->kind == ShapeKind::kHandle) return shape.element->use;
    return shape.direction == Direction::kIn ? model::HandleUse::kUse : model::HandleUse::kNew;
  }

  void Element(Shape& shape, const Node& node) {
    if (!shape.element || value_.type->kind != TypeKind::kPointer) {
      target_.context.diagnostics.Report(diag::kNoElement, node.span, value_.name);
      return;
    }
    const header::TypePtr pointee = value_.type->pointee;
    Block(target_, {"an element of '" + value_.name + "'", pointee.get(), pointee})
        .Apply(shape.element, node.children);
    shape.pointee = shape.element->type;
    shape.size = shape.element->size;
  }

  void Field(Shape& shape, const Node& node) {
    // In a buffer of structs `field` speaks of each of them.
    if (shape.kind == ShapeKind::kBuffer && shape.element &&
        value_.type->kind == TypeKind::kPointer) {
      Block(target_, {value_.name, value_.type->pointee.get(), value_.type->pointee})
          .Field(Mutable(shape.element), node);
      return;
    }
    const auto& records = target_.context.header.records;
    std::string record_name = value_.type->canonical;
    if (record_name.starts_with("const ")) record_name.erase(0, 6);
    const auto record = records.find(record_name);
    const syntax::Text& name = node.operands[0];
    if (record != records.end()) {
      for (const header::Field& field : record->second.fields) {
        if (field.name != name.text) continue;
        ShapePtr& field_shape = FieldShape(shape, field);
        Block(target_, {name.text, field.type.get(), field.type}).Apply(field_shape, node.children);
        return;
      }
    }
    target_.context.diagnostics.Report(diag::kUnknownField, name.span, value_.type->name,
                                       name.text);
  }

  ShapePtr& FieldShape(Shape& shape, const header::Field& field) {
    shape.kind = ShapeKind::kStruct;
    for (model::Field& known : shape.fields) {
      if (known.name == field.name) return known.shape;
    }
    return shape.fields
        .emplace_back(field.name,
                      std::make_shared<Shape>(InferAlone(target_.context.header, *field.type)))
        .shape;
  }

  void String(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.kind = ShapeKind::kString;
    shape.pointee = Unqualified(*value_.type->pointee);
    shape.size = 1;
    shape.element = nullptr;
    shape.count.reset();
    if (!node.operands.empty()) shape.count = target_.ExprOf(node.operands[0]);
  }

  void Optional(Shape& shape, const Node&) { shape.optional = true; }

  void TypeCast(Shape& shape, const Node& node) {
    const header::TypePtr type = ResolveType(target_.context.header, node.operands[0].text);
    if (!type) {
      target_.context.diagnostics.Report(diag::kUnknownType, node.operands[0].span,
                                         node.operands[0].text);
      return;
    }
    const Direction direction = shape.direction;
    const int until_event = shape.until_event;
    value_.cast = type;
    value_.type = type.get();
    shape = InferAlone(target_.context.header, *type);
    shape.until_event = until_event;
    if (direction_given_) shape.direction = direction;
    if (direction_given_ && shape.element) Mutable(shape.element).direction = direction;
  }

  void Handle(Shape& shape, const Node& node) {
    const bool leads_to_struct =
        value_.type->kind == TypeKind::kPointer && value_.type->pointee->kind == TypeKind::kRecord;
    if (!leads_to_struct || shape.kind == ShapeKind::kHandle) {
      SetHandleUse(shape, node, shape.use);
      return;
    }
    shape = Opaque(*value_.type);
    shape.kind = ShapeKind::kHandle;
    shape.handle_type = Unqualified(*value_.type);
  }
  void New(Shape& shape, const Node& node) { SetHandleUse(shape, node, model::HandleUse::kNew); }
  void Existing(Shape& shape, const Node& node) {
    SetHandleUse(shape, node, model::HandleUse::kExisting);
  }

  // The handle at this place: the value itself or its elements.
  Shape* HandleOf(Shape& shape, const Node& node) {
    if (shape.kind == ShapeKind::kHandle) return &shape;
    if (shape.element && shape.element->kind == ShapeKind::kHandle) return &Mutable(shape.element);
    target_.context.diagnostics.Report(diag::kNotAHandle, node.span, value_.name,
                                       value_.type->name);
    return nullptr;
  }
  void SetHandleUse(Shape& shape, const Node& node, model::HandleUse use) {
    if (Shape* handle = HandleOf(shape, node)) handle->use = use;
  }
  void Invalid(Shape& shape, const Node& node) {
    if (shape.kind == ShapeKind::kAddress || shape.address.instead) {
      shape.invalid = target_.ExprOf(node.operands[0]);
      return;
    }
    if (Shape* handle = HandleOf(shape, node)) handle->invalid = target_.ExprOf(node.operands[0]);
  }

  void OpaqueBits(Shape& shape, const Node&) {
    const Direction direction = shape.direction;
    shape = Opaque(*value_.type);
    shape.direction = direction;
  }
  void Ignore(Shape& shape, const Node&) { shape.kind = ShapeKind::kIgnored; }
  void Userdata(Shape& shape, const Node&) { shape.kind = ShapeKind::kUserdata; }
  void NullTerminated(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.null_terminated = true;
    shape.count.reset();
  }
  void Used(Shape& shape, const Node& node) { shape.used = target_.ExprOf(node.operands[0]); }
  void Always(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.always = true;  // What the library leaves alone has to have come along.
    direction_given_ = true;
    SetDirection(shape, Direction::kInOut);
  }
  void Until(Shape& shape, const Node& node) {
    shape.until_event = target_.Parameter(node.operands[0]);
    target_.NeedNewHandle(node, shape.until_event);
  }

  void Properties(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.kind = ShapeKind::kProperties;
    shape.properties = PropertiesOf(target_.context, node);
  }

  void InPlace(Shape& shape, const Node& node) {
    if (shape.kind != ShapeKind::kBuffer || shape.direction != Direction::kOut ||
        shape.until_event < 0) {
      target_.context.diagnostics.Report(diag::kExpressionType, node.span, node.word(),
                                         "an output with buffer(…) and until(…) before it",
                                         value_.type->name);
      return;
    }
    shape.in_place = target_.ExprOf(node.operands[0]);
  }

  // A parameter of this type, or none.
  int Typed(const Node& node, std::size_t operand, const char* type, const char* what) {
    const int parameter = OptionalParameter(node, operand);
    if (parameter == kNoParameter) return parameter;
    const header::Type& declared = target_.TypeOf(parameter);
    const bool fits = declared.kind == TypeKind::kPointer && declared.pointee->canonical == type;
    if (!fits) Needs(node, operand, what, declared.name);
    return parameter;
  }
  int Corner(const Node& node, std::size_t operand) {
    return Typed(node, operand, "const unsigned long", "three numbers, a 'const size_t *'");
  }
  int PitchOutput(const Node& node, std::size_t operand) {
    return Typed(node, operand, "unsigned long", "an output, a 'size_t *'");
  }
  int Pitch(const Node& node, std::size_t operand) {
    const int parameter = OptionalParameter(node, operand);
    if (parameter != kNoParameter && !target_.TypeOf(parameter).IsNumber())
      Needs(node, operand, "an integer", target_.TypeOf(parameter).name);
    return parameter;
  }
  void Needs(const Node& node, std::size_t operand, const char* what, const std::string& type) {
    target_.context.diagnostics.Report(diag::kExpressionType, node.operands[operand].span,
                                       node.word(), what, type);
  }

  int OptionalParameter(const Node& node, std::size_t operand) {
    if (operand >= node.operands.size() || node.operands[operand].text == "NULL")
      return kNoParameter;
    return target_.Parameter(node.operands[operand]);
  }

  void Rect(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.kind = ShapeKind::kRect;
    shape.count.reset();
    shape.element = nullptr;
    shape.pointee = "unsigned char";
    shape.size = 1;
    shape.rect.region = Corner(node, 0);
    shape.rect.element_bytes = target_.ExprOf(node.operands[1]);
    shape.rect.origin = Corner(node, 2);
    shape.rect.row_pitch = Pitch(node, 3);
    shape.rect.slice_pitch = Pitch(node, 4);
  }

  void Maps(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.kind = ShapeKind::kMapped;
    shape.mapping.object = target_.Parameter(node.operands[0]);
    shape.mapping.bytes = target_.ExprOf(node.operands[1]);
    shape.mapping.reads = target_.ExprOf(node.operands[2]);
    shape.mapping.writes = target_.ExprOf(node.operands[3]);
    if (node.operands.size() > 4) shape.mapping.host = target_.ExprOf(node.operands[4]);
    if (node.operands.size() > 5) shape.mapping.shared = target_.ExprOf(node.operands[5]);
  }

  void Pitches(Shape& shape, const Node& node) {
    if (shape.kind != ShapeKind::kMapped) {
      target_.context.diagnostics.Report(diag::kNotMapped, node.span, value_.name);
      return;
    }
    if (shape.mapping.shared) {
      target_.context.diagnostics.Report(diag::kNotImplemented, node.span,
                                         "a box of shared memory");
    }
    shape.mapping.region = Corner(node, 0);
    shape.mapping.row_pitch = PitchOutput(node, 1);
    shape.mapping.slice_pitch = PitchOutput(node, 2);
    shape.mapping.origin = Corner(node, 3);
  }

  void Unmaps(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.kind = ShapeKind::kMapped;
    shape.direction = Direction::kIn;
    shape.element = nullptr;
    shape.count.reset();
    shape.mapping = {};
    shape.mapping.object = target_.Parameter(node.operands[0]);
  }

  void BecomeAddress(Shape& shape) {
    const Shape before = shape;
    shape = Opaque(*value_.type);
    shape.kind = ShapeKind::kAddress;
    shape.invalid = before.invalid;
    shape.address = before.address;
    shape.until_event = before.until_event;
  }
  void Address(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    BecomeAddress(shape);
    if (!node.operands.empty()) shape.count = target_.ExprOf(node.operands[0]);
  }
  void OrAddress(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    shape.address.instead = true;
    if (!node.operands.empty()) shape.address.instead_if = target_.ExprOf(node.operands[0]);
  }
  void Allocates(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    BecomeAddress(shape);
    shape.address.allocates = target_.ExprOf(node.operands[0]);
    shape.address.given_back_by = node.operands[1].text;
    target_.context.afterwards.emplace_back(
        [&context = target_.context, &node] { CheckFrees(context, node.operands[1]); });
  }
  // What is allocated goes back by a call with a parameter that frees it.
  static void CheckFrees(Context& context, const syntax::Text& name) {
    const model::Function* function = context.api.FindFunction(name.text);
    const bool frees =
        function != nullptr &&
        std::ranges::any_of(function->parameters, [](const model::Parameter& parameter) {
          const model::ShapePtr& shape = parameter.shape;
          return shape && shape->address.frees;
        });
    if (!frees) context.diagnostics.Report(diag::kFreesNothing, name.span, name.text);
  }
  // What is said of an address needs one.
  bool NeedAddress(const Shape& shape, const Node& node) {
    if (shape.kind == ShapeKind::kAddress) return true;
    target_.context.diagnostics.Report(diag::kNotAnAddress, node.span, value_.name);
    return false;
  }
  void Frees(Shape& shape, const Node& node) {
    if (!NeedPointer(node)) return;
    BecomeAddress(shape);
    shape.address.frees = true;
    shape.address.frees_if.reset();
    if (!node.operands.empty()) shape.address.frees_if = target_.ExprOf(node.operands[0]);
  }
  void Mapped(Shape& shape, const Node& node) {
    if (!NeedAddress(shape, node)) return;
    shape.address.maps = true;
    shape.address.reads = target_.ExprOf(node.operands[0]);
    shape.address.writes = target_.ExprOf(node.operands[1]);
  }
  void Unmapped(Shape& shape, const Node& node) {
    if (NeedAddress(shape, node)) shape.address.unmaps = true;
  }

  static const std::map<std::string, Verb>& Verbs() {
    static const std::map<std::string, Verb> kVerbs = {
        {"in", &Block::In},
        {"out", &Block::Out},
        {"buffer", &Block::Buffer},
        {"element", &Block::Element},
        {"field", &Block::Field},
        {"string", &Block::String},
        {"optional", &Block::Optional},
        {"type_cast", &Block::TypeCast},
        {"handle", &Block::Handle},
        {"new", &Block::New},
        {"existing", &Block::Existing},
        {"opaque", &Block::OpaqueBits},
        {"ignore", &Block::Ignore},
        {"userdata", &Block::Userdata},
        {"null_terminated", &Block::NullTerminated},
        {"invalid", &Block::Invalid},
        {"used", &Block::Used},
        {"always", &Block::Always},
        {"until", &Block::Until},
        {"in_place", &Block::InPlace},
        {"properties", &Block::Properties},
        {"rect", &Block::Rect},
        {"maps", &Block::Maps},
        {"pitches", &Block::Pitches},
        {"unmaps", &Block::Unmaps},
        {"address", &Block::Address},
        {"or_address", &Block::OrAddress},
        {"allocates", &Block::Allocates},
        {"frees", &Block::Frees},
        {"mapped", &Block::Mapped},
        {"unmapped", &Block::Unmapped},
    };
    return kVerbs;
  }

  Target& target_;
  Value value_;
  bool direction_given_ = false;
};

}  // namespace

void ApplyValue(Target& target, Value value, ShapePtr& shape, const std::vector<Node>& statements) {
  Block(target, std::move(value)).Apply(shape, statements);
}

}  // namespace lapis::sema
