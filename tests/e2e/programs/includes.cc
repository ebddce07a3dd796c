// SPDX-License-Identifier: Apache-2.0
// Everything a build reads is the program's own file: "./x.h" relative to its working directory,
// headers that include headers, -I relative and absolute, and an include named by a macro.
#include <filesystem>
#include <fstream>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;
namespace fs = std::filesystem;

void Put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void Lay(const fs::path& root) {
  Put(root / "near.h", "#define NEAR 1\n");
  Put(root / "near-2.h", "#define NEAR 2\n");
  Put(root / "outer.h", "#include \"inner/middle.h\"\n");
  Put(root / "inner" / "middle.h", "#include \"deep.h\"\n#define MIDDLE 10\n");
  Put(root / "inner" / "deep.h", "#define DEEP 100\n");
  Put(root / "include" / "angle.h", "#include <sub/below.h>\n#define ANGLE 1000\n");
  Put(root / "include" / "sub" / "below.h", "#define BELOW 10000\n");
  Put(root / "second" / "angle.h", "#define ANGLE 5\n#define BELOW 6\n");
}

int Run(const e2e::Session& session, cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "answer");
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(int));
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(session.queue, kernel, 1);
  const int answer = e2e::ReadAll<int>(session.queue, buffer, 1)[0];
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseKernel(kernel));
  return answer;
}

void Case(const e2e::Session& session, const char* label, const std::string& source,
          const std::string& options, int expected) {
  cl_program program =
      e2e::BuildProgram(session.context, session.device, source.c_str(), options.c_str());
  const int answer = Run(session, program);
  std::printf("%s: %d\n", label, answer);
  Expect(answer == expected, label);
  Ok(clReleaseProgram(program));
}

std::string Source(const std::string& includes, const std::string& expression) {
  return includes + "\nkernel void answer(global int* x) { x[0] = " + expression + "; }\n";
}

void Missing(const e2e::Session& session) {
  cl_program program =
      e2e::MakeProgram(session.context, Source("#include \"absent.h\"", "1").c_str());
  e2e::ExpectCode(clBuildProgram(program, 1, &session.device, "", nullptr, nullptr),
                  CL_BUILD_PROGRAM_FAILURE, "a header that is not there");
  const bool named = e2e::BuildLog(program, session.device).find("absent.h") != std::string::npos;
  Expect(named, "the log names the header");
  std::printf("the log names it: %d\n", named);
  Ok(clReleaseProgram(program));
}

// The file is read when the program is built, not from a copy made earlier.
void Changing(const e2e::Session& session) {
  for (int value = 20; value < 23; ++value) {
    Put(fs::current_path() / "changing.h", "#define CHANGING " + std::to_string(value) + "\n");
    Case(session, "a header that changes", Source("#include \"./changing.h\"", "CHANGING"), "",
         value);
  }
}

void Elsewhere(const e2e::Session& session, const fs::path& root) {
  fs::current_path(root / "inner");
  Case(session, "from another directory", Source("#include \"../near.h\"", "NEAR"), "", 1);
  Case(session, "relative -I from there", Source("#include <angle.h>", "ANGLE + BELOW"),
       "-I ../include", 11000);
  fs::current_path(root);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  std::string pattern = "/tmp/e2e-includes-" + std::string(6, 'X');
  const fs::path root = mkdtemp(pattern.data());
  Lay(root);
  fs::current_path(root);

  Case(session, "./near.h", Source("#include \"./near.h\"", "NEAR"), "", 1);
  Case(session, "near.h with -I.", Source("#include \"near.h\"", "NEAR"), "-I.", 1);
  Case(session, "nested", Source("#include \"./outer.h\"", "MIDDLE + DEEP"), "", 110);
  Case(session, "relative -I", Source("#include <angle.h>", "ANGLE + BELOW"), "-Iinclude", 11000);
  Case(session, "absolute -I", Source("#include <angle.h>", "ANGLE + BELOW"),
       "-I " + (root / "include").string(), 11000);
  Case(session, "the first -I wins", Source("#include <angle.h>", "ANGLE + BELOW"),
       "-I second -I include", 11);
  Case(session, "by a macro", Source("#include HEADER", "NEAR"), "-I. -DHEADER=<near-2.h>", 2);
  Case(session, "by a macro made a string",
       Source("#define TEXT(x) #x\n#define EXPAND(x) TEXT(x)\n#include EXPAND(HEADER)", "NEAR"),
       "-DHEADER=./near-2.h", 2);
  Case(session, "by a macro of the source",
       Source("#define HEADER \"./near-2.h\"\n#include HEADER", "NEAR"), "", 2);
  Case(session, "by a condition",
       Source("#ifdef WANTED\n#include \"./near.h\"\n#else\n#include \"./near-2.h\"\n#endif",
              "NEAR"),
       "-DWANTED", 1);
  Case(session, "an absolute path",
       Source("#include \"" + (root / "near.h").string() + "\"", "NEAR"), "", 1);
  Case(
      session, "#if __has_include",
      Source("#if __has_include(\"./near.h\")\n#define GOT 5\n#else\n#define GOT 6\n#endif", "GOT"),
      "", 5);
  Missing(session);
  Changing(session);
  Elsewhere(session, root);
  fs::current_path("/");
  fs::remove_all(root);
  return e2e::Finish();
}
