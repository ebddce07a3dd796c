// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "lapis/emit/emit.h"
#include "lapis/emit/wire_layout.h"
#include "lapis/emit/wire_test_model.h"

namespace lapis::emit {
namespace {

std::string Fields(const WireStruct& layout) {
  std::string text;
  for (const WireField& field : layout.fields) {
    text += field.type + " " + field.name + " " + std::to_string(field.offset) + "\n";
  }
  return text;
}

TEST(ArgumentStruct, StandsInTheOrderOfTheParameters) {
  const WireStruct layout = ArgumentStruct(test::WriteFunction());
  EXPECT_EQ(Fields(layout),
            "HandleId memory 0\n"
            "std::int8_t quick 8\n"
            "std::array<std::byte, 3> padding_1 9\n"
            "std::uint32_t count 12\n"
            "Blob waits 16\n"
            "Blob data 40\n"
            "std::uint64_t bytes 64\n"
            "HandleId event 72\n");
  EXPECT_EQ(layout.size, 80U);
}

TEST(ArgumentStruct, OfNothingHasAWord) {
  EXPECT_EQ(Fields(ArgumentStruct(test::Function("toyFinish", 1, {}))),
            "std::uint64_t nothing 0\n");
}

TEST(ArgumentStruct, ConditionalCarriesItsCase) {
  model::Shape either = {.kind = model::ShapeKind::kConditional};
  either.alternatives = {{.condition = test::Expression("quick"), .shape = test::Handle("toy_mem")},
                         {.shape = test::Bytes(model::Direction::kIn, "1")}};
  const auto function = test::Function("toySet", 1, {test::Parameter("value", test::Make(either))});
  EXPECT_EQ(Fields(ArgumentStruct(function)),
            "std::uint32_t value_case 0\nstd::array<std::byte, 4> padding_1 4\nBlob value 8\n");
}

TEST(TypeWord, LeavesTheName) {
  EXPECT_EQ(TypeWord("const struct cl_image_desc *"), "cl_image_desc");
  EXPECT_EQ(TypeWord("unsigned int"), "unsigned_int");
}

TEST(EmitWire, AssertsSizesAndOffsets) {
  const std::string text = EmitWire(test::Api()).at(0).text;
  EXPECT_NE(text.find("static_assert(offsetof(toyWriteArgs, data) == 40);"), std::string::npos)
      << text;
  EXPECT_NE(text.find("kFunction_toyWrite = 0,"), std::string::npos);
  EXPECT_EQ(text.find('$'), std::string::npos);
}

}  // namespace
}  // namespace lapis::emit
