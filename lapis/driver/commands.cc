// SPDX-License-Identifier: Apache-2.0

#include "lapis/driver/commands.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "lapis/driver/compile.h"
#include "lapis/driver/coverage.h"
#include "lapis/driver/explanations.h"
#include "lapis/driver/spec_lines.h"
#include "lapis/emit/emit.h"
#include "lapis/model/brief.h"
#include "lapis/model/dump.h"

namespace lapis::driver {
namespace {

constexpr int kInputErrors = 1;

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Input InputOf(const Options& options, bool open_facts_are_errors) {
  return {.spec = options.spec,
          .root = options.root,
          .read = ReadWhole,
          .include_paths = options.include_paths,
          .memory = {},
          .open_facts_are_errors = open_facts_are_errors};
}

void Print(const Options& options, const Compilation& compilation) {
  const std::string text = options.json_diagnostics ? compilation.diagnostics().Json()
                                                    : compilation.diagnostics().Text();
  std::fputs(text.c_str(), stderr);
}

// Files that did not change keep their time, so that what is built from them stays built.
bool Write(const std::filesystem::path& path, const std::string& text) {
  if (ReadWhole(path.string()) == text) return true;
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "cava: cannot write '%s'\n", path.c_str());
  return static_cast<bool>(file);
}

// Absolute paths, since make and ninja run elsewhere; resolved, since clang writes
// "/lib/gcc/../..", where /lib is a link.
std::string DepfileText(const std::string& target, const std::filesystem::path& root,
                        const model::Api& api) {
  std::string text = target + ":";
  for (const std::string& input : api.inputs) {
    const std::filesystem::path path = root / input;
    text += " \\\n  " + std::filesystem::weakly_canonical(path).string();
  }
  return text + '\n';
}

}  // namespace

int Build(const Options& options) {
  const Compilation compilation(InputOf(options, false));
  Print(options, compilation);
  if (compilation.has_errors()) return kInputErrors;
  std::vector<emit::OutputFile> files = emit::EmitWire(compilation.api());
  for (auto* const emitter : {emit::EmitGuest, emit::EmitServer}) {
    for (emit::OutputFile& file : emitter(compilation.api())) files.push_back(std::move(file));
  }
  const std::filesystem::path output(options.output);
  bool written = true;
  for (const emit::OutputFile& file : files)
    written = Write(output / file.path, file.text) && written;
  if (!options.depfile.empty()) {
    const std::string target = (output / "wire.h").string();
    written =
        Write(options.depfile, DepfileText(target, options.root, compilation.api())) && written;
  }
  return written ? 0 : kInputErrors;
}

int Check(const Options& options) {
  const Compilation compilation(InputOf(options, true));
  Print(options, compilation);
  return compilation.has_errors() ? kInputErrors : 0;
}

int Dump(const Options& options) {
  const Compilation compilation(InputOf(options, false));
  Print(options, compilation);
  if (compilation.has_errors()) return kInputErrors;
  if (!options.brief)
    std::fputs(model::Dump(compilation.api(), model::Detail::kAll).c_str(), stdout);
  for (const model::Function& function : compilation.api().functions) {
    if (options.brief) std::printf("%s\n", model::Brief(function).c_str());
  }
  return 0;
}

int Coverage(const Options& options) {
  const Compilation compilation(InputOf(options, false));
  Print(options, compilation);
  if (compilation.has_errors()) return kInputErrors;
  Counts counts = Count(compilation.api());
  counts.spec_lines = SpecLines({.root = options.root, .spec = options.spec}, compilation.api());
  const auto text = options.json ? CoverageJson : CoverageText;
  std::fputs(text(compilation.api(), counts).c_str(), stdout);
  if (options.lines_max == 0 || IsWithin(counts, options.lines_max)) return 0;
  std::fprintf(stderr, "cava: more than %.2f spec lines a function, or functions missing\n",
               options.lines_max);
  return kInputErrors;
}

int Explain(const std::string& name) {
  const std::string text = ExplanationsOf(name);
  std::fputs(text.c_str(), stdout);
  if (!text.empty()) return 0;
  std::fprintf(stderr,
               "cava: '%s' is neither a word of Lapis nor a diagnostic, such as lapis-0010%s\n",
               name.c_str(), NearestExplained(name).c_str());
  return kInputErrors;
}

}  // namespace lapis::driver
