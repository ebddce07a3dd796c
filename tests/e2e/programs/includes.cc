// SPDX-License-Identifier: Apache-2.0
// Everything a build reads is the program's own file: "./x.h" relative to its working directory,
// headers that include headers, -I relative and absolute, absolute paths, an include named by a
// macro, __has_include. And what it says of them speaks of the program's own paths and lines.
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
  Put(root / "next" / "angle.h", "#include_next <angle.h>\n#define NEXT 100000\n");
  Put(root / "asked" / "only.h", "");
  Put(root / "bad.h", "\n\n  #error this is bad\n");
  Put(root / "once.h", "#pragma once\nconstant int once = 8;\n");
  Put(root / "self.h", "constant char file[] = __FILE__;\nconstant int line = __LINE__;\n");
  fs::create_directory(root / "empty");
  fs::create_directory_symlink(root / "include", root / "link");
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

std::string Has(const std::string& name) {
  return Source("#if __has_include(" + name + ")\n#define GOT 5\n#else\n#define GOT 6\n#endif",
                "GOT");
}

void Absolute(const e2e::Session& session, const fs::path& root) {
  const std::string near = (root / "near-2.h").string();
  Case(session, "an absolute path", Source("#include \"" + near + "\"", "NEAR"), "", 2);
  Case(session, "in angle brackets", Source("#include <" + near + ">", "NEAR"), "", 2);
  Case(session, "of a header that includes others",
       Source("#include \"" + (root / "outer.h").string() + "\"", "MIDDLE + DEEP"), "", 110);
  Case(session, "by a macro", Source("#define HEADER \"" + near + "\"\n#include HEADER", "NEAR"),
       "", 2);
  Case(session, "by -D", Source("#include HEADER // this", "NEAR"), "-DHEADER=<" + near + ">", 2);
  Case(session, "by a directory in -D",
       Source("#define TEXT(x) #x\n#define EXPAND(x) TEXT(x)\n#include EXPAND(ROOT/near-2.h)",
              "NEAR"),
       "-DROOT=" + root.string(), 2);
  Case(session, "through a link", Source("#include <angle.h>", "ANGLE + BELOW"),
       "-I" + (root / "link").string(), 11000);
  Case(session, "by ways that lead back",
       Source("#include \"" + (root / "empty/../inner/../near-2.h").string() + "\"", "NEAR"), "",
       2);
  Case(session, "from above the root",
       Source("#include \"../../../../../../../../../../../.." + near + "\"", "NEAR"), "", 2);
}

void Asked(const e2e::Session& session, const fs::path& root) {
  const std::string only = (root / "asked/only.h").string();
  Case(session, "__has_include", Has("\"./near.h\""), "", 5);
  Case(session, "of what is named only there", Has("\"asked/only.h\""), "", 5);
  Case(session, "with -I", Has("<only.h>"), "-Iasked", 5);
  Case(session, "of an absolute path", Has("<" + only + ">"), "", 5);
  Case(session, "of a macro", Has("HEADER"), "-DHEADER=<" + only + ">", 5);
  Case(session, "of what is absent", Has("\"absent.h\""), "", 6);
  Case(session, "of an absent absolute path", Has("<" + (root / "absent.h").string() + ">"), "", 6);
  Case(session, "of a directory", Has("<" + (root / "asked").string() + ">"), "", 6);
  fs::remove(only);
  Case(session, "of what is gone", Has("<" + only + ">"), "", 6);
  Put(only, "");
  Case(session, "of what is back", Has("<" + only + ">"), "", 5);
}

// What a second directory has shows when the first has it no longer.
void Searched(const e2e::Session& session, const fs::path& root) {
  const std::string source = Source("#include <angle.h>", "ANGLE + BELOW");
  Case(session, "#include_next", Source("#include <angle.h>", "ANGLE + BELOW + NEXT"),
       "-Inext -Iinclude", 111000);
  Case(session, "twice by two names",
       Source("#include \"./once.h\"\n#include \"" + (root / "once.h").string() + "\"", "once"), "",
       8);
  fs::rename(root / "second/angle.h", root / "second/hidden.h");
  Case(session, "the second -I when the first has none", source, "-I second -I include", 11000);
  fs::rename(root / "second/hidden.h", root / "second/angle.h");
}

std::string ProgramText(cl_program program) {
  size_t bytes = 0;
  Ok(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, nullptr, &bytes));
  std::string text(bytes, '\0');
  Ok(clGetProgramInfo(program, CL_PROGRAM_SOURCE, bytes, text.data(), nullptr));
  return text.c_str();
}

// The program finds its own text, paths and lines again.
void ReadBack(const e2e::Session& session, const fs::path& root) {
  const std::string self = (root / "self.h").string();
  const std::string includes = "#include \"" + self + "\"";
  const std::string compared =
      "constant char wanted[] = \"" + self +
      "\";\nint same() { int i = 0; while (file[i] && file[i] == wanted[i]) "
      "++i; return file[i] == wanted[i]; }\n";
  const std::string source = Source(includes + "\n" + compared, "10 * same() + line");
  Case(session, "__FILE__ and __LINE__", source, "", 12);
  cl_program program = e2e::MakeProgram(session.context, source.c_str());
  const std::string options = "-I " + root.string() + " -DX=1";
  Ok(clBuildProgram(program, 1, &session.device, options.c_str(), nullptr, nullptr));
  Expect(ProgramText(program) == source, "the source");
  size_t bytes = 0;
  std::string seen(options.size() + 100, '\0');
  Ok(clGetProgramBuildInfo(program, session.device, CL_PROGRAM_BUILD_OPTIONS, seen.size(),
                           seen.data(), &bytes));
  Expect(seen.c_str() == options, "the options");
  Ok(clReleaseProgram(program));

  for (const std::string& name : {(root / "bad.h").string(), std::string("./bad.h")}) {
    cl_program bad =
        e2e::MakeProgram(session.context, Source("#include \"" + name + "\"", "1").c_str());
    e2e::ExpectCode(clBuildProgram(bad, 1, &session.device, "", nullptr, nullptr),
                    CL_BUILD_PROGRAM_FAILURE, "a header with an error");
    const std::string log = e2e::BuildLog(bad, session.device);
    Expect(log.find(name + ":3:4: this is bad") != std::string::npos, log.c_str());
    Ok(clReleaseProgram(bad));
  }
}

// What a header that is a program names in turn.
void Compiled(const e2e::Session& session, const fs::path& root) {
  const std::string header = "#include \"" + (root / "near-2.h").string() + "\"\n" +
                             "#if __has_include(\"asked/only.h\")\n#define GOT 5\n#endif\n";
  cl_program headers[] = {e2e::MakeProgram(session.context, header.c_str())};
  const char* names[] = {"given.h"};
  cl_program object =
      e2e::MakeProgram(session.context, Source("#include \"given.h\"", "10 * GOT + NEAR").c_str());
  Ok(clCompileProgram(object, 1, &session.device, "", 1, headers, names, nullptr, nullptr));
  cl_int code = CL_SUCCESS;
  cl_program program =
      clLinkProgram(session.context, 1, &session.device, "", 1, &object, nullptr, nullptr, &code);
  Ok(code);
  const int answer = Run(session, program);
  std::printf("by a header that is a program: %d\n", answer);
  Expect(answer == 52, "a header that is a program");
  for (cl_program used : {program, object, headers[0]}) Ok(clReleaseProgram(used));
}

// PoCL has no -include; the option comes back in the log as it was.
void Forced(const e2e::Session& session, const fs::path& root) {
  cl_program program = e2e::MakeProgram(session.context, Source("", "NEAR").c_str());
  for (const char* option : {"-include ", "--include "}) {
    e2e::ExpectCode(clBuildProgram(program, 1, &session.device,
                                   (option + (root / "near.h").string()).c_str(), nullptr, nullptr),
                    CL_INVALID_BUILD_OPTIONS, option);
  }
  Ok(clReleaseProgram(program));
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
  Absolute(session, root);
  Asked(session, root);
  Searched(session, root);
  ReadBack(session, root);
  Compiled(session, root);
  Forced(session, root);
  Missing(session);
  Changing(session);
  Elsewhere(session, root);
  fs::current_path("/");
  fs::remove_all(root);
  return e2e::Finish();
}
