// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which of the program's own files a compiler that runs elsewhere will want to read: everything
// that a source names with #include or __has_include, found wherever a C compiler might look, and
// what those files name in turn. Macros are not evaluated: any string in a #define, or after -D,
// that names an existing file counts, and so do includes under #if 0. A file too many costs a copy;
// one too few would break the build.

#include <cstddef>
#include <string>
#include <string_view>

namespace ava::guest {

inline constexpr std::size_t kIncludedFilesMax = 4096;  // of one build
inline constexpr std::size_t kAbsentFilesMax = std::size_t{1} << 14;
inline constexpr std::size_t kIncludedFileBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kIncludeDirectoriesMax = 256;

struct IncludedFile {
  const char* path;  // as the compiler would open it: the directory of the -I, or of the includer,
                     // and the name
  const char* absolute_path;  // normalised
  std::size_t bytes;
  const void* data;
};

// A reference to something callable; lives no longer than the call it is an argument of.
class IncludeVisitor {
 public:
  template <class Function>
  IncludeVisitor(const Function& function)  // NOLINT(google-explicit-constructor): a lambda is what
                                            // callers have.
      : object_(&function), call_([](const void* object, const IncludedFile& file) {
          (*static_cast<const Function*>(object))(file);
        }) {}
  void operator()(const IncludedFile& file) const { call_(object_, file); }

 private:
  const void* object_;
  void (*call_)(const void*, const IncludedFile&);
};

// `options`: a compiler's command line; -I, -D and -include are understood. Relative paths are
// relative to the process's working directory. Each file is visited once, an includer before what
// it includes. What a limit leaves out is said on standard error. Returns the normalised paths at
// which a file was looked for and there is none, each with a NUL behind it.
std::string CollectIncludes(std::string_view source, std::string_view options,
                            IncludeVisitor visit);

// A program's source from its parts. A length of 0, and all of them where `lengths` is null: the
// part ends with a NUL.
std::string JoinSource(std::size_t count, const char* const* parts, const std::size_t* lengths);

}  // namespace ava::guest
