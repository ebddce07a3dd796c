// SPDX-License-Identifier: Apache-2.0
#include "ava/base/path.h"

#include <vector>

namespace ava {

std::string NormalPath(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string result;
  for (const std::string_view part : parts) result.append("/").append(part);
  return result.empty() ? "/" : result;
}

std::string AbsolutePath(std::string_view directory, std::string_view path) {
  if (path.starts_with('/')) return NormalPath(path);
  std::string whole(directory);
  return NormalPath(whole.append("/").append(path));
}

}  // namespace ava
