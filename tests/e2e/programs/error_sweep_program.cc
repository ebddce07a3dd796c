// SPDX-License-Identifier: Apache-2.0
// Error sweep: programs, their builds, compilations and links.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;
using e2e::SweepScene;

constexpr const char* kSource = "kernel void nothing(global int* x) { x[0] = 1; }";

void CL_CALLBACK Done(cl_program, void*) {}

void Drop(cl_program program) {
  if (program != nullptr) Ok(clReleaseProgram(program));
}

void FromSource(cl_context context) {
  const Sweep create("clCreateProgramWithSource");
  const char* strings[2] = {kSource, nullptr};
  const char* empty = "";
  const size_t zero = 0;
  const auto attempt = [&](const char* what, cl_context in, cl_uint count, const char** sources,
                           const size_t* lengths) {
    Drop(create.Made(what, [&](cl_int* code) {
      return clCreateProgramWithSource(in, count, sources, lengths, code);
    }));
  };
  attempt("NULL context", nullptr, 1, strings, nullptr);
  attempt("count 0", context, 0, strings, nullptr);
  // Left out: NULL strings, which PoCL 3.1 does not survive.
  attempt("a NULL string", context, 1, strings + 1, nullptr);
  attempt("a NULL string among others", context, 2, strings, nullptr);
  attempt("an empty string", context, 1, &empty, nullptr);
  attempt("an empty string with a length", context, 1, &empty, &zero);
  attempt("right", context, 1, strings, nullptr);
  create.Made("no code wanted", [&](cl_int*) {
    return clCreateProgramWithSource(context, 0, strings, nullptr, nullptr);
  });
}

void FromBinary(const e2e::Session& session) {
  const Sweep create("clCreateProgramWithBinary");
  const unsigned char garbage[64] = {1, 2, 3};
  const unsigned char* binary = garbage;
  const unsigned char* null_binary = nullptr;
  const size_t length = sizeof garbage;
  const size_t zero = 0;
  const cl_device_id null_device = nullptr;
  const auto attempt = [&](const char* what, cl_context in, cl_uint count,
                           const cl_device_id* devices, const size_t* lengths,
                           const unsigned char** binaries) {
    cl_int status = e2e::kUntouched;
    cl_program program = create.Made(what, [&](cl_int* code) {
      return clCreateProgramWithBinary(in, count, devices, lengths, binaries, &status, code);
    });
    std::printf("  binary status %s\n", e2e::SweepCode(status).c_str());
    Drop(program);
  };
  attempt("NULL context", nullptr, 1, &session.device, &length, &binary);
  attempt("no devices", session.context, 0, &session.device, &length, &binary);
  attempt("NULL devices", session.context, 1, nullptr, &length, &binary);
  attempt("a NULL device", session.context, 1, &null_device, &length, &binary);
  attempt("NULL lengths", session.context, 1, &session.device, nullptr, &binary);
  // Left out: NULL binaries, which PoCL 3.1 does not survive.
  attempt("a length of 0", session.context, 1, &session.device, &zero, &binary);
  attempt("a NULL binary", session.context, 1, &session.device, &length, &null_binary);
  attempt("garbage", session.context, 1, &session.device, &length, &binary);
  create.Made("garbage, no status wanted", [&](cl_int* code) {
    return clCreateProgramWithBinary(session.context, 1, &session.device, &length, &binary, nullptr,
                                     code);
  });
}

void BuiltIn(const e2e::Session& session) {
  const Sweep create("clCreateProgramWithBuiltInKernels");
  const auto attempt = [&](const char* what, cl_context in, cl_uint count,
                           const cl_device_id* devices, const char* names) {
    Drop(create.Made(what, [&](cl_int* code) {
      return clCreateProgramWithBuiltInKernels(in, count, devices, names, code);
    }));
  };
  attempt("NULL context", nullptr, 1, &session.device, "none");
  attempt("no devices", session.context, 0, &session.device, "none");
  attempt("NULL devices", session.context, 1, nullptr, "none");
  // Left out: a NULL device, which PoCL 3.1 does not survive.
  attempt("NULL names", session.context, 1, &session.device, nullptr);
  attempt("an unknown name", session.context, 1, &session.device, "nobody.knows.this");
}

void Build(const e2e::Session& session) {
  const Sweep build("clBuildProgram");
  cl_program program = e2e::MakeProgram(session.context, kSource);
  int data = 0;
  const auto attempt = [&](const char* what, cl_program built, cl_uint count,
                           const cl_device_id* devices, const char* options) {
    build(what, clBuildProgram(built, count, devices, options, nullptr, nullptr));
  };
  attempt("NULL program", nullptr, 1, &session.device, "");
  attempt("devices without count", program, 0, &session.device, "");
  attempt("count without devices", program, 1, nullptr, "");
  // Left out: a NULL device, here and in compilations. PoCL 3.1 does not survive it.
  build("user data without a function",
        clBuildProgram(program, 1, &session.device, "", nullptr, &data));
  for (const char* options : {"-not-an-option", "-cl-std=CL9.9", "--", "-create-library", "-x"}) {
    const std::string what = std::string("options ") + options;
    attempt(what.c_str(), program, 1, &session.device, options);
  }
  attempt("right", program, 1, &session.device, "-cl-fast-relaxed-math -w");
  cl_kernel kernel = e2e::MakeKernel(program, "nothing");
  attempt("with a kernel attached", program, 1, &session.device, "");
  Ok(clReleaseKernel(kernel));
  attempt("with no kernel attached any more", program, 1, &session.device, "");
  Ok(clReleaseProgram(program));
  program = e2e::MakeProgram(session.context, "this is not a program");
  attempt("not a program", program, 1, &session.device, "");
  Ok(clReleaseProgram(program));
}

void Compile(const e2e::Session& session) {
  const Sweep compile("clCompileProgram");
  cl_program program = e2e::MakeProgram(session.context, kSource);
  cl_program header = e2e::MakeProgram(session.context, "#define X 1\n");
  const char* name = "x.h";
  int data = 0;
  compile("NULL program",
          clCompileProgram(nullptr, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  compile("devices without count",
          clCompileProgram(program, 0, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  compile("count without devices",
          clCompileProgram(program, 1, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr));
  compile("headers without count",
          clCompileProgram(program, 1, &session.device, "", 0, &header, &name, nullptr, nullptr));
  // Left out: a count without headers or names, and a NULL header. PoCL 3.1 does not survive them.
  compile("names without headers",
          clCompileProgram(program, 1, &session.device, "", 0, nullptr, &name, nullptr, nullptr));
  compile("user data without a function",
          clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr, &data));
  compile("bad options", clCompileProgram(program, 1, &session.device, "-not-an-option", 0, nullptr,
                                          nullptr, nullptr, nullptr));
  compile("right",
          clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  Ok(clReleaseProgram(header));
  Ok(clReleaseProgram(program));
}

// A program of the binary of another.
cl_program FromBinaryOf(const e2e::Session& session, cl_program built) {
  size_t bytes = 0;
  Ok(clGetProgramInfo(built, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, nullptr));
  std::vector<unsigned char> room(bytes);
  unsigned char* binary = room.data();
  Ok(clGetProgramInfo(built, CL_PROGRAM_BINARIES, sizeof binary, &binary, nullptr));
  const unsigned char* constant = binary;
  cl_int code = CL_SUCCESS;
  cl_program program = clCreateProgramWithBinary(session.context, 1, &session.device, &bytes,
                                                 &constant, nullptr, &code);
  Ok(code);
  return program;
}

void CompileWhatCannotBe(const e2e::Session& session) {
  const Sweep compile("clCompileProgram");
  const auto attempt = [&](const char* what, cl_program program) {
    compile(what, clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr,
                                   nullptr));
  };
  cl_program broken = e2e::MakeProgram(session.context, "this is not a program");
  attempt("not a program", broken);
  cl_program built = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(built, "nothing");
  attempt("with a kernel attached", built);
  Ok(clReleaseKernel(kernel));
  cl_program binary = FromBinaryOf(session, built);
  attempt("of a binary", binary);
  for (cl_program program : {broken, built, binary}) Ok(clReleaseProgram(program));
}

cl_program Compiled(const e2e::Session& session, const char* source) {
  cl_program program = e2e::MakeProgram(session.context, source);
  Ok(clCompileProgram(program, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  return program;
}

void LinkWhatCannotBe(const e2e::Session& session) {
  const Sweep link("clLinkProgram");
  const auto attempt = [&](const char* what, const cl_device_id* device, cl_uint count,
                           const cl_program* programs) {
    Drop(link.Made(what, [&](cl_int* code) {
      return clLinkProgram(session.context, 1, device, "", count, programs, nullptr, nullptr, code);
    }));
  };
  const cl_device_id null_device = nullptr;
  cl_program lacking = Compiled(session,
                                "int nowhere(int);\n"
                                "kernel void calls(global int* x) { x[0] = nowhere(1); }");
  cl_program twins[2] = {Compiled(session, kSource), Compiled(session, kSource)};
  attempt("NULL device", &null_device, 1, twins);
  attempt("a function that is nowhere", &session.device, 1, &lacking);
  attempt("a kernel twice", &session.device, 2, twins);
  for (cl_program program : {lacking, twins[0], twins[1]}) Ok(clReleaseProgram(program));
}

void Link(const SweepScene& scene) {
  const Sweep link("clLinkProgram");
  const e2e::Session& session = scene.session;
  cl_program raw = e2e::MakeProgram(session.context, kSource);
  cl_program compiled = e2e::MakeProgram(session.context, kSource);
  cl_program foreign = e2e::MakeProgram(scene.other.context, kSource);
  Ok(clCompileProgram(compiled, 1, &session.device, "", 0, nullptr, nullptr, nullptr, nullptr));
  int data = 0;
  const auto attempt = [&](const char* what, cl_context in, cl_uint count,
                           const cl_device_id* devices, const char* options, cl_uint inputs,
                           const cl_program* programs, void* user_data) {
    Drop(link.Made(what, [&](cl_int* code) {
      return clLinkProgram(in, count, devices, options, inputs, programs, nullptr, user_data, code);
    }));
  };
  const cl_device_id* device = &session.device;
  attempt("NULL context", nullptr, 1, device, "", 1, &compiled, nullptr);
  attempt("devices without count", session.context, 0, device, "", 1, &compiled, nullptr);
  attempt("count without devices", session.context, 1, nullptr, "", 1, &compiled, nullptr);
  attempt("no programs", session.context, 1, device, "", 0, &compiled, nullptr);
  attempt("NULL programs", session.context, 1, device, "", 1, nullptr, nullptr);
  // Left out: a NULL program among the inputs. PoCL 3.1 does not survive it.
  attempt("a program of another context", session.context, 1, device, "", 1, &foreign, nullptr);
  attempt("a program not compiled", session.context, 1, device, "", 1, &raw, nullptr);
  attempt("user data without a function", session.context, 1, device, "", 1, &compiled, &data);
  attempt("bad options", session.context, 1, device, "-not-an-option", 1, &compiled, nullptr);
  attempt("right", session.context, 1, device, "", 1, &compiled, nullptr);
  for (cl_program program : {raw, compiled, foreign}) Ok(clReleaseProgram(program));
}

void Info(const e2e::Session& session) {
  cl_program raw = e2e::MakeProgram(session.context, kSource);
  cl_program built = e2e::BuildProgram(session.context, session.device, kSource);
  const Sweep info("clGetProgramInfo");
  SweepInfo(info,
            {E2E_INFO(CL_PROGRAM_NUM_DEVICES), E2E_INFO(CL_PROGRAM_REFERENCE_COUNT),
             E2E_INFO(CL_PROGRAM_CONTEXT), E2E_INFO(CL_PROGRAM_DEVICES),
             E2E_INFO(CL_PROGRAM_SOURCE), E2E_INFO(CL_PROGRAM_BINARY_SIZES),
             E2E_INFO(CL_PROGRAM_NUM_KERNELS), E2E_INFO(CL_PROGRAM_KERNEL_NAMES),
             E2E_INFO(CL_PROGRAM_IL), E2E_INFO(CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT),
             E2E_INFO(CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT), E2E_INFO(CL_KERNEL_NUM_ARGS)},
            [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
              return clGetProgramInfo(built, name, bytes, value, bytes_ret);
            });
  size_t value = 0;
  info("NULL program",
       clGetProgramInfo(nullptr, CL_PROGRAM_NUM_DEVICES, sizeof value, &value, nullptr));
  for (const auto& [label, name] :
       {E2E_INFO(CL_PROGRAM_NUM_KERNELS), E2E_INFO(CL_PROGRAM_KERNEL_NAMES),
        E2E_INFO(CL_PROGRAM_BINARY_SIZES)}) {
    const std::string what = std::string("not built: ") + label;
    info(what.c_str(), clGetProgramInfo(raw, name, 0, nullptr, &value));
  }
  const Sweep build_info("clGetProgramBuildInfo");
  SweepInfo(
      build_info,
      {E2E_INFO(CL_PROGRAM_BUILD_STATUS), E2E_INFO(CL_PROGRAM_BUILD_OPTIONS),
       E2E_INFO(CL_PROGRAM_BUILD_LOG), E2E_INFO(CL_PROGRAM_BINARY_TYPE),
       E2E_INFO(CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE), E2E_INFO(CL_PROGRAM_NUM_DEVICES)},
      [&](cl_uint name, size_t bytes, void* text, size_t* bytes_ret) {
        return clGetProgramBuildInfo(built, session.device, name, bytes, text, bytes_ret);
      });
  build_info("NULL program", clGetProgramBuildInfo(nullptr, session.device, CL_PROGRAM_BUILD_STATUS,
                                                   sizeof value, &value, nullptr));
  build_info("NULL device", clGetProgramBuildInfo(built, nullptr, CL_PROGRAM_BUILD_STATUS,
                                                  sizeof value, &value, nullptr));
  Ok(clReleaseProgram(raw));
  Ok(clReleaseProgram(built));
}

void Others(const e2e::Session& session) {
  cl_context context = session.context;
  Sweep("clRetainProgram")("NULL", clRetainProgram(nullptr));
  Sweep("clReleaseProgram")("NULL", clReleaseProgram(nullptr));
  const Sweep unload("clUnloadPlatformCompiler");
  unload("NULL", clUnloadPlatformCompiler(nullptr));
  unload("right", clUnloadPlatformCompiler(e2e::FirstPlatform()));
  Sweep("clUnloadCompiler")("right", clUnloadCompiler());
  cl_program program = e2e::BuildProgram(context, session.device, kSource);
  const Sweep constant("clSetProgramSpecializationConstant");
  const int value = 1;
  constant("NULL program", clSetProgramSpecializationConstant(nullptr, 0, sizeof value, &value));
  constant("not from IL", clSetProgramSpecializationConstant(program, 0, sizeof value, &value));
  const Sweep release("clSetProgramReleaseCallback");
  release("NULL program", clSetProgramReleaseCallback(nullptr, Done, nullptr));
  release("NULL function", clSetProgramReleaseCallback(program, nullptr, nullptr));
  release("any", clSetProgramReleaseCallback(program, Done, nullptr));
  const Sweep il("clCreateProgramWithIL");
  const char words[8] = {};
  const struct {
    const char* what;
    cl_context context;
    const void* words;
    size_t bytes;
  } cases[] = {{"NULL context", nullptr, words, 8},
               {"NULL IL", context, nullptr, 8},
               {"length 0", context, words, 0},
               {"garbage", context, words, 8}};
  for (const auto& it : cases) {
    Drop(il.Made(it.what, [&](cl_int* code) {
      return clCreateProgramWithIL(it.context, it.words, it.bytes, code);
    }));
  }
  Ok(clReleaseProgram(program));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  FromSource(scene.session.context);
  FromBinary(scene.session);
  BuiltIn(scene.session);
  Build(scene.session);
  Compile(scene.session);
  CompileWhatCannotBe(scene.session);
  Link(scene);
  LinkWhatCannotBe(scene.session);
  Info(scene.session);
  Others(scene.session);
  return e2e::Finish();
}
