// SPDX-License-Identifier: Apache-2.0
#pragma once

// Names of files as text, without a look at the file system: the guest says by them what a build
// reads, and the worker finds it by them, so both must come to the same.

#include <string>
#include <string_view>

namespace ava {

// Without ".", ".." and double slashes; what goes above the root stays there. `path` is absolute.
std::string NormalPath(std::string_view path);

// `path` if it is absolute, else below `directory`; normalised.
std::string AbsolutePath(std::string_view directory, std::string_view path);

}  // namespace ava
