// SPDX-License-Identifier: Apache-2.0
// Separate compilation: headers given as programs, objects linked into a library and an
// executable, and the logs of compilations and links that fail.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kHeader = "#define BASE 40\nint helper(int value);\n";
constexpr const char* kNested = "#include \"base.h\"\n#define TWICE(x) ((x) * 2)\n";
constexpr const char* kHelper =
    "#include <dir/nested.h>\nint helper(int value) { return TWICE(value) + BASE; }\n";
constexpr const char* kMain =
    "#include \"base.h\"\n"
    "kernel void answer(global int* out) { out[0] = helper(OPTION); }\n";

struct Headers {
  cl_program programs[2];
  const char* names[2] = {"base.h", "dir/nested.h"};

  explicit Headers(cl_context context)
      : programs{e2e::MakeProgram(context, kHeader), e2e::MakeProgram(context, kNested)} {}
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() {
    for (cl_program program : programs) Ok(clReleaseProgram(program));
  }
};

cl_int BinaryType(cl_program program, cl_device_id device) {
  cl_program_binary_type type = 77;
  Ok(clGetProgramBuildInfo(program, device, CL_PROGRAM_BINARY_TYPE, sizeof type, &type, nullptr));
  return static_cast<cl_int>(type);
}

cl_program Compile(const e2e::Session& session, const Headers& headers, const char* source,
                   const char* options) {
  cl_program program = e2e::MakeProgram(session.context, source);
  const cl_int code = clCompileProgram(program, 1, &session.device, options, 2, headers.programs,
                                       const_cast<const char**>(headers.names), nullptr, nullptr);
  if (code != CL_SUCCESS) std::puts(e2e::BuildLog(program, session.device).c_str());
  Ok(code);
  std::printf("compiled: binary type %d\n", BinaryType(program, session.device));
  return program;
}

cl_program Link(const e2e::Session& session, const char* label, const char* options,
                const std::vector<cl_program>& inputs) {
  cl_int code = CL_SUCCESS;
  cl_program program =
      clLinkProgram(session.context, 1, &session.device, options,
                    static_cast<cl_uint>(inputs.size()), inputs.data(), nullptr, nullptr, &code);
  Ok(code);
  std::printf("%s: binary type %d\n", label, BinaryType(program, session.device));
  return program;
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

void Whole(const e2e::Session& session, const Headers& headers) {
  cl_program helper = Compile(session, headers, kHelper, "");
  cl_program main = Compile(session, headers, kMain, "-DOPTION=1");
  cl_program executable = Link(session, "executable", "", {main, helper});
  std::printf("answer: %d\n", Run(session, executable));

  cl_program library = Link(session, "library", "-create-library", {helper});
  cl_program other = Compile(session, headers, kMain, "-DOPTION=10");
  cl_program from_library = Link(session, "executable with a library", "", {other, library});
  std::printf("answer: %d\n", Run(session, from_library));
  for (cl_program program : {helper, main, executable, library, other, from_library}) {
    Ok(clReleaseProgram(program));
  }
}

void BadSource(const e2e::Session& session, const Headers& headers) {
  cl_program program = e2e::MakeProgram(session.context, "kernel void broken( {");
  e2e::ExpectCode(
      clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr),
      CL_COMPILE_PROGRAM_FAILURE, "a source that does not parse");
  Expect(!e2e::BuildLog(program, session.device).empty(), "has a log");
  Ok(clReleaseProgram(program));
  program = e2e::MakeProgram(session.context, "#include \"other.h\"\n");
  e2e::ExpectCode(clCompileProgram(program, 1, &session.device, "", 2, headers.programs,
                                   const_cast<const char**>(headers.names), nullptr, nullptr),
                  CL_COMPILE_PROGRAM_FAILURE, "a header that is not among those given");
  Ok(clReleaseProgram(program));
}

struct Note {
  cl_program program = nullptr;
  std::atomic<int> calls = 0;  // counted last
};

void CL_CALLBACK Done(cl_program program, void* user_data) {
  auto* note = static_cast<Note*>(user_data);
  note->program = program;
  note->calls.fetch_add(1);
}

void WithCallbacks(const e2e::Session& session) {
  Note compiled;
  Note linked;
  cl_program source =
      e2e::MakeProgram(session.context, "kernel void answer(global int* out) { out[0] = 77; }");
  Ok(clCompileProgram(source, 1, &session.device, "", 0, nullptr, nullptr, Done, &compiled));
  for (int i = 0; i < 60000 && compiled.calls == 0; ++i) usleep(1000);
  Expect(compiled.program == source, "the compilation's callback got its program");
  cl_int code = CL_SUCCESS;
  cl_program executable =
      clLinkProgram(session.context, 1, &session.device, "", 1, &source, Done, &linked, &code);
  Ok(code);
  for (int i = 0; i < 60000 && linked.calls == 0; ++i) usleep(1000);
  Expect(linked.program == executable, "the link's callback got the new program");
  std::printf("callbacks: %d and %d, answer %d\n", compiled.calls.load(), linked.calls.load(),
              Run(session, executable));
  Ok(clReleaseProgram(source));
  Ok(clReleaseProgram(executable));
}

// What a program does with a callback whose link failed: it reads the log, as long as it can.
struct Failure {
  cl_device_id device = nullptr;
  bool program = false;
  cl_int info = 77;
  cl_uint references = 0;
  cl_int log = 77;
  std::atomic<int> calls = 0;  // counted last
};

void CL_CALLBACK Failed(cl_program program, void* user_data) {
  auto* failure = static_cast<Failure*>(user_data);
  failure->program = program != nullptr;
  if (program != nullptr) {
    size_t bytes = 0;
    failure->info = clGetProgramInfo(program, CL_PROGRAM_REFERENCE_COUNT, sizeof(cl_uint),
                                     &failure->references, nullptr);
    failure->log =
        clGetProgramBuildInfo(program, failure->device, CL_PROGRAM_BUILD_LOG, 0, nullptr, &bytes);
  }
  failure->calls.fetch_add(1);
}

void TryToLink(const e2e::Session& session, const char* what, const char* options,
               const std::vector<cl_program>& inputs) {
  Failure failure;
  failure.device = session.device;
  cl_int code = CL_SUCCESS;
  cl_program program =
      clLinkProgram(session.context, 1, &session.device, options,
                    static_cast<cl_uint>(inputs.size()), inputs.data(), Failed, &failure, &code);
  Expect(program == nullptr, "no program");
  for (int i = 0; i < 60000 && failure.calls == 0; ++i) usleep(1000);
  std::printf("%s: %s, %d calls", what, e2e::CodeName(code).c_str(), failure.calls.load());
  if (failure.program) {
    std::printf(" with a program: %s, %u references, log %s", e2e::CodeName(failure.info).c_str(),
                failure.references, e2e::CodeName(failure.log).c_str());
  }
  std::puts("");
}

void FailingLinks(const e2e::Session& session) {
  cl_program raw = e2e::MakeProgram(session.context, kHeader);
  cl_program object = e2e::MakeProgram(session.context, "kernel void a(global int* x) { *x = 1; }");
  cl_program needy = e2e::MakeProgram(
      session.context, "int missing(int); kernel void b(global int* x) { *x = missing(1); }");
  for (cl_program program : {object, needy}) {
    Ok(clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  }
  TryToLink(session, "a program not compiled", "", {raw});
  TryToLink(session, "something missing", "", {needy});
  TryToLink(session, "the same twice", "", {object, object});
  TryToLink(session, "an unknown option", "-not-an-option", {object});
  Failure failure;
  cl_int code = CL_SUCCESS;
  Expect(clLinkProgram(nullptr, 1, &session.device, "", 1, &object, Failed, &failure, &code) ==
             nullptr,
         "no context, no program");
  usleep(20000);
  std::printf("no context: %s, %d calls\n", e2e::CodeName(code).c_str(), failure.calls.load());
  for (cl_program program : {raw, object, needy}) Ok(clReleaseProgram(program));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  const Headers headers(session.context);
  Whole(session, headers);
  BadSource(session, headers);
  WithCallbacks(session);
  FailingLinks(session);
  return e2e::Finish();
}
