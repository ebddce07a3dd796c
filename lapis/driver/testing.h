// SPDX-License-Identifier: Apache-2.0
#pragma once

// For tests: specs and headers that stand in the test itself.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lapis/driver/compile.h"

namespace lapis::driver::testing {

// `spec` may say #include "api.h"; that is `header`.
inline std::unique_ptr<Compilation> Compile(std::string spec, std::string header,
                                            bool open_facts_are_errors = false) {
  return std::make_unique<Compilation>(Input{
      .spec = "api.lapis",
      .root = "",
      .read = [text = std::move(spec)](const std::string& path) -> std::optional<std::string> {
        if (path == "api.lapis") return text;
        return std::nullopt;
      },
      .memory = {{"./api.h", std::move(header)}},
      .open_facts_are_errors = open_facts_are_errors});
}

// Its text is what every spec of a test begins with: the line of the #include is 1, of what
// follows 5.
inline std::string Head() {
  return "#include \"api.h\"\nname(\"api\");\nstatus(int, 0);\nsymbols(API_1, /.*/);\n";
}

inline std::unique_ptr<Compilation> MustCompile(const std::string& body,
                                                const std::string& header) {
  auto compilation = Compile(Head() + body, header);
  EXPECT_EQ(compilation->diagnostics().Text(), "");
  return compilation;
}

// The numbers of what was reported, in order.
inline std::vector<int> MustFail(const std::string& body, const std::string& header) {
  const auto compilation = Compile(Head() + body, header, true);
  std::vector<int> numbers;
  for (const diag::Diagnostic& diagnostic : compilation->diagnostics().Sorted())
    numbers.push_back(diagnostic.number);
  EXPECT_FALSE(numbers.empty()) << "nothing was wrong";
  return numbers;
}

}  // namespace lapis::driver::testing
