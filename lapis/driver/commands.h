// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `cava` can be told to do. Each command returns the exit status: 0, 1 for errors in the
// input, 70 for a bug of ours. apps/cava reads the command line.

#include <string>
#include <vector>

namespace lapis::driver {

struct Options {
  std::string spec;
  std::string root;                        // "": the current directory
  std::vector<std::string> include_paths;  // more directories of headers
  std::string output;                      // build: directory
  std::string depfile;                     // build: empty for none
  bool json = false;                       // coverage
  double lines_max = 0;                    // coverage: a function; 0: no limit
  bool brief = false;                      // dump: a line a function
  bool json_diagnostics = false;
};

int Build(const Options& options);     // writes the generated files
int Check(const Options& options);     // errors, open facts
int Coverage(const Options& options);  // who said what of each function
int Dump(const Options& options);      // the model as JSON
int Explain(const std::string& name);  // "lapis-0031", "async"

}  // namespace lapis::driver
