// SPDX-License-Identifier: Apache-2.0

// cava: the compiler of Lapis. This file reads the command line; lapis/driver does the work.

#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "lapis/driver/commands.h"

namespace {

constexpr int kMisuse = 2;
constexpr int kOurBug = 70;

int Run(int argc, char** argv) {
  using lapis::driver::Options;
  CLI::App app("compiles a Lapis spec and its C header into a virtual accelerator", "cava");
  app.require_subcommand(1);
  Options options;
  std::string name;
  int status = 0;

  const auto add = [&](const char* word, const char* help, int (*command)(const Options&)) {
    CLI::App* sub = app.add_subcommand(word, help);
    sub->add_option("spec", options.spec, "the .lapis file")->required();
    sub->add_option("--root", options.root,
                    "directory that paths are relative to (default: the current one)");
    sub->add_option("-I,--include", options.include_paths,
                    "directory in which headers are looked for, after the root and the spec's")
        ->allow_extra_args(false);
    const auto diagnostics = [&](const std::string& value) {
      options.json_diagnostics = value == "json";
    };
    sub->add_option_function<std::string>("--diagnostics", diagnostics, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
    sub->callback([&status, &options, command] { status = command(options); });
    return sub;
  };
  CLI::App* build = add("build", "writes the guest library, the server and what they share",
                        lapis::driver::Build);
  build->add_option("-o,--output", options.output, "directory for the generated files")->required();
  build->add_option("--depfile", options.depfile, "file for make's dependencies");
  add("check", "reports errors, and what inference leaves open", lapis::driver::Check);
  CLI::App* coverage =
      add("coverage", "says who decided what of each function", lapis::driver::Coverage);
  coverage->add_flag("--json", options.json, "as JSON");
  coverage->add_option("--lines-max", options.lines_max,
                       "fails with more spec lines a function, or a function missing");
  CLI::App* dump = add("dump", "prints the model as JSON", lapis::driver::Dump);
  dump->add_flag("--brief", options.brief, "one line for each function instead");
  CLI::App* explain = app.add_subcommand("explain", "explains a diagnostic, or a word of Lapis");
  explain->add_option("name", name, "lapis-NNNN, or a word")->required();
  explain->callback([&] { status = lapis::driver::Explain(name); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kMisuse;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cava: a bug of ours: %s\n", error.what());
    return kOurBug;
  }
}
