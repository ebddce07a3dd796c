// SPDX-License-Identifier: Apache-2.0
// Images over buffers, compilations with headers, pipes, and what is called when an object ends.
#include <algorithm>

#include "tests/random/enqueue.h"

namespace random_test {

void Play_create_image_of(World& world, Operands operands) {
  struct Format {
    cl_image_format format;
    size_t pixel_bytes;
  };
  const auto buffer = operands.Choose(world.memories);
  const auto format = operands.Choose<Format>(
      {{{CL_RGBA, CL_UNSIGNED_INT8}, 4}, {{CL_R, CL_UNSIGNED_INT32}, 4}, {{CL_RGBA, CL_FLOAT}, 16}},
      {{{77, CL_FLOAT}, 16}, {{CL_RGBA, 77}, 16}});
  // PoCL has no two-dimensional ones.
  const auto type = operands.Choose<cl_mem_object_type>(
      {CL_MEM_OBJECT_IMAGE1D_BUFFER}, {CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE1D, 77});
  const auto width = operands.Choose<size_t>({8, 16, 1}, {100000});
  const auto access = operands.Choose<cl_mem_flags>({0, CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY},
                                                    {CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY});
  if (!buffer || buffer->is_image()) return world.Line("(left out: no buffer)");
  if (world.IsPart(buffer->context->devices[0]))
    return world.Line("(left out: an image on a part of a device)");
  cl_image_desc desc = {};
  desc.image_type = type;
  desc.image_width = width;
  desc.image_height = type == CL_MEM_OBJECT_IMAGE2D ? 2 : 0;
  desc.mem_object = buffer->handle;
  if (buffer->is_part() && !buffer->whole->is_shared()) operands.AddFault();
  if (width * format.pixel_bytes > buffer->bytes) operands.AddFault();
  cl_int code = 77;
  cl_mem handle =
      clCreateImage(buffer->context->handle, access, &format.format, &desc, nullptr, &code);
  std::shared_ptr<Memory> image;
  if (handle != nullptr) {
    image = world.Adopt(world.memories, handle, "image");
    world.leaks = true;
    image->context = buffer->context;
    image->whole = buffer->whole ? buffer->whole : buffer;
    image->flags =
        access |
        (buffer->flags & (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS));
    image->type = type;
    image->extent[0] = width;
    image->pixel_bytes = format.pixel_bytes;
    image->bytes = width * format.pixel_bytes;
  }
  world.Line("clCreateImage({:#x}, {:#x} {:#x}, {:#x} {} of {}) = {} {}", access,
             format.format.image_channel_order, format.format.image_channel_data_type, type, width,
             buffer->name, operands.Code(code), NameOf(image));
}

void Play_create_pipe(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const auto flags = operands.Choose<cl_mem_flags>({0, CL_MEM_READ_WRITE, CL_MEM_HOST_NO_ACCESS},
                                                   {CL_MEM_READ_ONLY, cl_mem_flags{1} << 40U});
  const auto bytes = operands.Choose<cl_uint>({16, 4}, {0, 1U << 20U});
  const auto packets = operands.Choose<cl_uint>({64, 1}, {0});
  const auto size = operands.Choose<size_t>({sizeof(cl_uint)}, {1});
  cl_int code = 77;
  cl_mem pipe = clCreatePipe(HandleOf(context), flags, bytes, packets, nullptr, &code);
  world.Line("clCreatePipe({}, {:#x}, {}, {}) = {}{}", NameOf(context), flags, bytes, packets,
             operands.Code(code), pipe == nullptr ? "" : " a pipe");
  if (pipe != nullptr) clReleaseMemObject(pipe);
  const auto other = operands.Choose(world.memories);
  cl_uint value = 0;
  world.Line(
      "clGetPipeInfo({}) = {}", NameOf(other),
      operands.Code(clGetPipeInfo(HandleOf(other), CL_PIPE_PACKET_SIZE, size, &value, nullptr)));
}

namespace {

constexpr const char* kHeader = "#define NUMBER 4\n";
constexpr const char* kBrokenHeader = "#define NUMBER undeclared\n";
constexpr const char* kOuterHeader = "#include \"inner/number.h\"\n";
constexpr const char* kSource =
    "#include \"number.h\"\n"
    "kernel void lone(global int* x) { if (get_global_id(0) < 16) x[get_global_id(0)] = NUMBER; "
    "}\n";

cl_program Source(cl_context context, const char* text) {
  cl_int code = CL_SUCCESS;
  return clCreateProgramWithSource(context, 1, &text, nullptr, &code);
}

}  // namespace

void Play_compile_with_headers(World& world, Operands operands) {
  const auto context = operands.Choose(world.contexts);
  const char* text = operands.Choose<const char*>({kHeader, kOuterHeader}, {kBrokenHeader});
  const char* name = operands.Choose<const char*>({"number.h"}, {"other.h"});
  const auto count = operands.Choose<cl_uint>({2, 1}, {0});
  const bool has_programs = operands.Choose<bool>({true}, {false});
  const bool has_names = operands.Choose<bool>({true}, {false});
  const char* options = operands.Choose<const char*>({"", nullptr}, {"-not-an-option"});
  if (!context) return world.Line("(left out: no context)");
  if (count > 0 && (!has_programs || !has_names))
    return world.Line("(left out: PoCL does not survive headers without programs or names)");
  cl_program programs[2] = {Source(context->handle, text), Source(context->handle, kHeader)};
  const char* names[2] = {name, "inner/number.h"};
  const auto program = world.Adopt(world.programs, Source(context->handle, kSource), "program");
  program->context = context;
  program->has_source = true;
  program->is_built = true;
  const cl_int code = clCompileProgram(program->handle, 0, nullptr, options, count,
                                       has_programs ? programs : nullptr,
                                       has_names ? names : nullptr, nullptr, nullptr);
  world.Line("clCompileProgram({}, {}, {} headers{}{}, {} bytes as {}) = {}", program->name,
             options == nullptr ? "NULL" : options, count, has_programs ? "" : ", NULL",
             has_names ? "" : ", no names", std::string_view(text).size(), name,
             operands.Code(code));
  for (cl_program header : programs) clReleaseProgram(header);
}

namespace {

struct DestructionNote {
  std::shared_ptr<Destructions> journal;
  std::string name;
  unsigned number;
};

void Note(void* data) {
  const std::unique_ptr<DestructionNote> note(static_cast<DestructionNote*>(data));
  note->journal->Add(note->name, note->number);
}

void CL_CALLBACK MemoryGone(cl_mem, void* data) { Note(data); }
void CL_CALLBACK ContextGone(cl_context, void* data) { Note(data); }

}  // namespace

void Play_destructor(World& world, Operands operands) {
  const bool of_memory = !operands.Flag();
  const auto memory = of_memory ? operands.Choose(world.memories) : nullptr;
  const auto context = of_memory ? nullptr : operands.Choose(world.contexts);
  const bool no_function = operands.Choose<bool>({false}, {true});
  const std::string name = of_memory ? NameOf(memory) : NameOf(context);
  auto note = std::make_unique<DestructionNote>(
      DestructionNote{world.destructions, name, world.destructions->NextNumber()});
  const unsigned number = note->number;
  const cl_int code = of_memory
                          ? clSetMemObjectDestructorCallback(
                                HandleOf(memory), no_function ? nullptr : MemoryGone, note.get())
                          : clSetContextDestructorCallback(
                                HandleOf(context), no_function ? nullptr : ContextGone, note.get());
  world.Line("clSet{}DestructorCallback({}, {}{}) = {}", of_memory ? "MemObject" : "Context", name,
             number, no_function ? ", NULL" : "", operands.Code(code));
  if (code != CL_SUCCESS) return;
  (void)note.release();
  world.destructions->Expect();
}

}  // namespace random_test
