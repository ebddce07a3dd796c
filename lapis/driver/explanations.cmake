# SPDX-License-Identifier: Apache-2.0
#
# cmake -DDOCS=docs -DOUTPUT=explanations.cc -P explanations.cmake: the pages of docs/errors and docs/lapis as a C++ table.

file(GLOB pages "${DOCS}/errors/lapis-*.md" "${DOCS}/lapis/*-*.md")
list(SORT pages)
set(rows "")
foreach(page IN LISTS pages)
  get_filename_component(name "${page}" NAME_WE)
  file(READ "${page}" text)
  string(APPEND rows "    {\"${name}\", R\"=page=(${text})=page=\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// SPDX-License-Identifier: Apache-2.0
// Made from docs/errors and docs/lapis by explanations.cmake.

#include \"lapis/driver/explanations.h\"

#include <array>

namespace lapis::driver {
namespace {

struct Page {
  std::string_view name;
  std::string_view text;
};

constexpr Page kPages[] = {
    {\"\", \"\"},
${rows}};

}  // namespace

std::string_view Explanation(std::string_view name) {
  for (const Page& page : kPages) {
    if (page.name == name) return page.text;
  }
  return {};
}

}  // namespace lapis::driver
")
