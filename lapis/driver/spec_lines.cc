// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/spec_lines.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "lapis/driver/coverage.h"

namespace lapis::driver {
namespace {

namespace fs = std::filesystem;

bool IsSpecText(const fs::path& path) {
  for (const char* extension : {".lapis", ".h", ".hpp", ".c", ".cc", ".cpp", ".inc"}) {
    if (path.extension() == extension) return !path.stem().string().ends_with("_test");
  }
  return false;
}

// Each file once, by whatever name it is called.
class Files {
 public:
  bool Add(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) return false;
    paths_.insert(fs::weakly_canonical(path, error));
    return true;
  }

  void AddFolder(const fs::path& folder) {
    fs::recursive_directory_iterator entries(folder);
    for (auto entry = begin(entries); entry != end(entries); ++entry) {
      if (entry->is_directory() && entry->path().filename() == "tests")
        entry.disable_recursion_pending();
      if (entry->is_regular_file() && IsSpecText(entry->path())) Add(entry->path());
    }
  }

  int Lines() const {
    int lines = 0;
    for (const fs::path& path : paths_) {
      std::ifstream file(path, std::ios::binary);
      lines += CodeLines(std::string(std::istreambuf_iterator<char>(file), {}));
    }
    return lines;
  }

 private:
  std::set<fs::path> paths_;
};

// The name in `#include "name"`, or nothing.
std::string QuotedInclude(const std::string& line) {
  const std::size_t word = line.find_first_not_of(" \t", line.find('#') + 1);
  if (!line.starts_with('#') || word == std::string::npos || line.compare(word, 7, "include") != 0)
    return {};
  const std::size_t begin = line.find_first_not_of(" \t", word + 7);
  if (begin == std::string::npos || line[begin] != '"') return {};
  return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
}

}  // namespace

int SpecLines(const SpecPlace& place, const model::Api& api) {
  const fs::path root = place.root.empty() ? "." : place.root;
  const fs::path spec = root / place.spec;
  Files files;
  files.Add(spec);
  files.AddFolder(spec.parent_path());
  for (const model::CodeBlock& block : api.code) {
    if (!block.file.empty()) files.Add(spec.parent_path() / block.file);
  }
  for (const std::string& line : api.preamble) {
    const std::string name = QuotedInclude(line);
    if (!name.empty() && !files.Add(root / name)) files.Add(spec.parent_path() / name);
  }
  return files.Lines();
}

}  // namespace lapis::driver
