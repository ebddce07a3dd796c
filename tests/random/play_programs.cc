// SPDX-License-Identifier: Apache-2.0
// Programs and how they come to be built.
#include <cstring>

#include "tests/random/kernels.h"
#include "tests/random/world.h"

namespace random_test {

namespace {

constexpr const char* kSources[] = {
    kKernelSource,
    "kernel void lone(global int* x) { if (get_global_id(0) < 16) x[get_global_id(0)] = NUMBER; "
    "}\n",
};
constexpr const char* kBrokenSource = "kernel void broken(global int* x) { x[0] = undeclared; }\n";

struct BuildNote {
  World* world;
  std::string what;
};

void CL_CALLBACK BuildCallback(cl_program, void* data) {
  const std::unique_ptr<BuildNote> note(static_cast<BuildNote*>(data));
  note->world->CallbackRan(note->what);
}

std::shared_ptr<Program> AdoptProgram(World& world, cl_program handle,
                                      const std::shared_ptr<Context>& context) {
  if (handle == nullptr) return nullptr;
  auto program = world.Adopt(world.programs, handle, "program");
  program->context = context;
  return program;
}

const char* ChooseOptions(Operands& operands) {
  return operands.Choose<const char*>({"-DNUMBER=3", "", nullptr},
                                      {"-not-an-option", "-DNUMBER=undeclared"});
}

const char* Shown(const char* text) { return text == nullptr ? "NULL" : text; }

}  // namespace

void Play_create_program(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const char* source =
      operands.Choose<const char*>({kSources[0], kSources[0], kSources[1]}, {kBrokenSource, ""});
  const bool in_two = operands.Flag();
  const auto count = operands.Choose<cl_uint>({in_two ? 2U : 1U}, {0});
  const bool build = operands.Choose<bool>({true, false}, {});
  const size_t half = std::strlen(source) / 2;
  const char* parts[2] = {source, source + half};
  const size_t lengths[2] = {in_two ? half : 0, 0};
  cl_int code = 77;
  const auto program = AdoptProgram(
      world, clCreateProgramWithSource(HandleOf(context), count, parts, lengths, &code), context);
  world.Line("clCreateProgramWithSource({}, {}, {} bytes) = {} {}", NameOf(context), count,
             std::strlen(source), operands.Code(code), NameOf(program));
  if (!program) return;
  program->has_source = true;
  if (!build) return;
  const cl_int build_code =
      clBuildProgram(program->handle, 0, nullptr, "-DNUMBER=3", nullptr, nullptr);
  program->is_built = true;
  world.Line("clBuildProgram({}) = {}", program->name, operands.Code(build_code));
}

void Play_build_program(World& world, Operands operands) {
  const auto program = operands.Choose(world.programs);
  const char* options = ChooseOptions(operands);
  const auto devices = operands.Choose<cl_uint>({0, 1}, {});
  const bool calls_back = operands.Choose<bool>({false, true}, {});
  const bool user_data_alone = operands.Choose<bool>({false}, {true});
  const bool own_devices = !operands.Flag();
  const auto* list = program && own_devices ? &program->context->devices : &world.devices;
  auto note = std::make_unique<BuildNote>(BuildNote{&world, "built " + NameOf(program)});
  if (calls_back && user_data_alone) return world.Line("(left out: both)");
  const cl_int code = clBuildProgram(
      HandleOf(program), devices, devices == 0 ? nullptr : list->data(), options,
      calls_back ? BuildCallback : nullptr, calls_back || user_data_alone ? note.get() : nullptr);
  if (program) program->is_built = true;
  world.Line("clBuildProgram({}, {}, {}{}) = {}", NameOf(program), devices, Shown(options),
             calls_back        ? ", callback"
             : user_data_alone ? ", user data alone"
                               : "",
             operands.Code(code));
  // PoCL calls it for every build of a program, also for one that it refuses.
  if (!calls_back || !program) return;
  (void)note.release();
  world.ExpectCallback();
}

void Play_compile_program(World& world, Operands operands) {
  const auto program = operands.Choose(world.programs);
  const char* options = ChooseOptions(operands);
  const cl_int code = clCompileProgram(HandleOf(program), 0, nullptr, options, 0, nullptr, nullptr,
                                       nullptr, nullptr);
  if (program) program->is_built = true;
  world.Line("clCompileProgram({}, {}) = {}", NameOf(program), Shown(options), operands.Code(code));
}

void Play_link_program(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto input = operands.Choose(world.programs);
  const char* options =
      operands.Choose<const char*>({"", nullptr, "-create-library"}, {"-not-an-option"});
  // PoCL does not survive NULL among the inputs.
  if (!input || !context) return world.Line("(left out: nothing to link)");
  cl_int code = 77;
  cl_program handle = clLinkProgram(context->handle, 0, nullptr, options, 1, &input->handle,
                                    nullptr, nullptr, &code);
  const auto program = AdoptProgram(world, handle, context);
  if (program) program->is_built = true;
  world.Line("clLinkProgram({}, {}, {}) = {} {}", context->name, input->name, Shown(options),
             operands.Code(code), NameOf(program));
}

// A program from another's binary.
void Play_reload_program(World& world, Operands operands) {
  const auto source = operands.Choose(world.programs);
  const auto context = operands.Choose(world.contexts);
  const bool cut = operands.Choose<bool>({false}, {true});
  if (!source || !context || context->devices.size() != 1 || source->context->devices.size() != 1) {
    return world.Line("(left out: no program of one device)");
  }
  size_t bytes = 0;
  cl_int code =
      clGetProgramInfo(source->handle, CL_PROGRAM_BINARY_SIZES, sizeof bytes, &bytes, nullptr);
  world.Line("size of {}'s binary: {} {}", source->name, CodeName(code),
             bytes > 0 ? "some" : "none");
  if (code != CL_SUCCESS || bytes == 0) return;
  std::vector<unsigned char> binary(bytes);
  unsigned char* at = binary.data();
  code = clGetProgramInfo(source->handle, CL_PROGRAM_BINARIES, sizeof at, static_cast<void*>(&at),
                          nullptr);
  world.Line("{}'s binary: {}", source->name, CodeName(code));
  if (cut) binary[0] ^= 1U;
  const unsigned char* binaries[1] = {binary.data()};
  cl_int status = 77;
  const auto program =
      AdoptProgram(world,
                   clCreateProgramWithBinary(context->handle, 1, context->devices.data(), &bytes,
                                             binaries, &status, &code),
                   context);
  world.Line("clCreateProgramWithBinary({}{}) = {} {} {}", context->name, cut ? ", damaged" : "",
             CodeName(code), CodeName(status), NameOf(program));
}

}  // namespace random_test
