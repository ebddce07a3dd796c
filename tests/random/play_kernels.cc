// SPDX-License-Identifier: Apache-2.0
// Kernels, their arguments, and launches.
#include <cstring>

#include "tests/random/enqueue.h"
#include "tests/random/kernels.h"

namespace random_test {

namespace {

const char* ParametersOf(const Kernel& kernel) {
  for (const KernelShape& shape : kKernelShapes) {
    if (kernel.function == shape.name) return shape.parameters;
  }
  return "";
}

void SetObject(World& world, Operands& operands, Kernel& kernel, cl_uint index, char kind) {
  const auto memory = operands.Choose(world.memories);
  const auto sampler = operands.Choose(world.samplers);
  const auto bytes = operands.Choose<size_t>({sizeof(cl_mem)}, {4, 0, 16});
  const bool null = operands.Choose<bool>({false}, {true});
  const bool wants_image = kind == 'm';
  // The type of an object is not looked at.
  if (kind == 's' ? !sampler : !memory || memory->is_image() != wants_image)
    return world.Line("(left out: nothing fitting)");
  if (wants_image && memory->type != CL_MEM_OBJECT_IMAGE2D)
    return world.Line("(left out: nothing fitting)");
  if (kind == 's' && null) return world.Line("(left out: no sampler)");
  const void* handle = kind == 's' ? static_cast<const void*>(sampler->handle) : memory->handle;
  // Of another size than a pointer's, it need not be one.
  unsigned char room[16] = {};
  std::memcpy(room, &handle, sizeof handle);
  const cl_int code = clSetKernelArg(kernel.handle, index, bytes, null ? nullptr : room);
  world.Line("clSetKernelArg({}, {}, {}, {}) = {}", kernel.name, index, bytes,
             null          ? "NULL"
             : kind == 's' ? sampler->name
                           : memory->name,
             operands.Code(code));
  if (code != CL_SUCCESS) return;
  if (kind == 's') {
    kernel.samplers[index] = sampler;
  } else {
    kernel.memories[index] = null ? nullptr : memory;
  }
}

void SetValue(World& world, Operands& operands, Kernel& kernel, cl_uint index, char kind) {
  const size_t right = kind == 'i' ? 4 : kind == 'l' ? 8 : 16;
  const unsigned number = operands.Next();
  const auto bytes = operands.Choose<size_t>({right}, {1, right + 4, 0, size_t{1} << 40U});
  const bool null = operands.Choose<bool>({false}, {true});
  unsigned char value[32] = {};
  for (size_t i = 0; i < sizeof value; i += 4) {
    const float real = static_cast<float>(number);
    std::memcpy(value + i, kind == 'f' ? static_cast<const void*>(&real) : &number, 4);
  }
  if (kind == 'l') std::memset(value + 4, 0, 4);
  const cl_int code = clSetKernelArg(kernel.handle, index, bytes, null ? nullptr : value);
  world.Line("clSetKernelArg({}, {}, {}, {}) = {}", kernel.name, index, bytes,
             null ? "NULL" : std::to_string(number), operands.Code(code));
}

// Nothing that is gone, nothing that is NULL.
bool MayRun(const Kernel& kernel) {
  for (const auto& [index, memory] : kernel.memories) {
    if (!memory || memory->references == 0) return false;
  }
  for (const auto& [index, sampler] : kernel.samplers) {
    if (sampler->references == 0) return false;
  }
  return true;
}

void TouchAll(Enqueue& enqueue, const Kernel& kernel) {
  for (const auto& [index, memory] : kernel.memories) {
    enqueue.Touch(memory);
  }
}

}  // namespace

void Play_create_kernel(World& world, Operands operands) {
  const auto program = operands.Choose(world.programs);
  const char* name = operands.Choose<const char*>(
      {"fill", "add", "wide", "shared", "sampled", "shaped", "lone"}, {"absent", ""});
  // PoCL looks for kernels in what was never built.
  if (program && !program->is_built) return world.Line("(left out: never built)");
  cl_int code = 77;
  cl_kernel handle = clCreateKernel(HandleOf(program), name, &code);
  std::shared_ptr<Kernel> kernel;
  if (handle != nullptr) {
    kernel = world.Adopt(world.kernels, handle, "kernel");
    kernel->program = program;
    kernel->function = name;
    ++program->kernels;
  }
  world.Line("clCreateKernel({}, {}) = {} {}", NameOf(program), name, operands.Code(code),
             NameOf(kernel));
}

void Play_clone_kernel(World& world, Operands operands) {
  const auto source = operands.Choose(world.kernels);
  cl_int code = 77;
  cl_kernel handle = clCloneKernel(HandleOf(source), &code);
  std::shared_ptr<Kernel> kernel;
  if (handle != nullptr) {
    kernel = world.Adopt(world.kernels, handle, "kernel");
    kernel->program = source->program;
    kernel->function = source->function;
    kernel->memories = source->memories;
    kernel->samplers = source->samplers;
    ++kernel->program->kernels;
  }
  world.Line("clCloneKernel({}) = {} {}", NameOf(source), operands.Code(code), NameOf(kernel));
}

void Play_set_arg(World& world, Operands operands) {
  const auto kernel = operands.Choose(world.kernels);
  const auto index = operands.Choose<cl_uint>({0, 1, 2}, {7, ~0U});
  if (!kernel) {
    const cl_int value = 1;
    const cl_int code = clSetKernelArg(nullptr, index, sizeof value, &value);
    return world.Line("clSetKernelArg(NULL, {}) = {}", index, operands.Code(code));
  }
  const char* parameters = ParametersOf(*kernel);
  const char kind = index < std::strlen(parameters) ? parameters[index] : 'i';
  if (kind == 'b' || kind == 'm' || kind == 's')
    return SetObject(world, operands, *kernel, index, kind);
  if (kind != 'L') return SetValue(world, operands, *kernel, index, kind);
  const auto bytes = operands.Choose<size_t>({64, 256}, {0});
  const bool value = operands.Choose<bool>({false}, {true});
  const cl_int code = clSetKernelArg(kernel->handle, index, bytes, value ? &bytes : nullptr);
  world.Line("clSetKernelArg({}, {}, {}, {}) = {}", kernel->name, index, bytes,
             value ? "a value" : "NULL", operands.Code(code));
}

void Play_svm_arg(World& world, Operands operands) {
  const auto kernel = operands.Choose(world.kernels);
  const auto index = operands.Choose<cl_uint>({0, 1, 2}, {7, ~0U});
  const auto memory = operands.Choose(world.shared_memories);
  const size_t offset = operands.Choose<size_t>({0, 16}, {});
  if (!kernel || !memory) return world.Line("(left out: nothing fitting)");
  const char* parameters = ParametersOf(*kernel);
  const char kind = index < std::strlen(parameters) ? parameters[index] : 'i';
  // Only what is no pointer is looked at.
  if (kind == 'm' || kind == 's' || kind == 'L' || memory->context != kernel->program->context)
    return world.Line("(left out: nothing fitting)");
  const cl_int code = clSetKernelArgSVMPointer(kernel->handle, index, memory->address + offset);
  if (kind != 'b') operands.AddFault();
  world.Line("clSetKernelArgSVMPointer({}, {}, {} + {}) = {}", kernel->name, index, memory->name,
             offset, operands.Code(code));
  if (code == CL_SUCCESS) kernel->memories[index] = memory;
}

void Play_exec_info(World& world, Operands operands) {
  const auto kernel = operands.Choose(world.kernels);
  const auto memory = operands.Choose(world.shared_memories);
  const auto name = operands.Choose<cl_kernel_exec_info>({CL_KERNEL_EXEC_INFO_SVM_PTRS}, {77});
  const auto bytes = operands.Choose<size_t>({sizeof(void*)}, {0, 3});
  const bool null = operands.Choose<bool>({false}, {true});
  if (!memory) return world.Line("(left out: nothing fitting)");
  const void* pointers[1] = {memory->address};
  const cl_int code = clSetKernelExecInfo(HandleOf(kernel), name, bytes,
                                          null ? nullptr : static_cast<const void*>(pointers));
  world.Line("clSetKernelExecInfo({}, {:#x}, {}, {}) = {}", NameOf(kernel), name, bytes,
             null ? "NULL" : memory->name, operands.Code(code));
}

void Play_launch(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto kernel = operands.Choose(world.kernels);
  const auto dimensions = operands.Choose<cl_uint>({1, 2}, {0, 4});
  const auto items = operands.Choose<size_t>({16, 64}, {0});
  const auto group = operands.Choose<size_t>({0, 8}, {7, 100000});
  const bool offset = operands.Choose<bool>({false, false, false, true}, {});
  const bool no_items = operands.Choose<bool>({false}, {true});
  // PoCL does not survive a NULL kernel, and does not look at the wait list.
  if (!kernel || enqueue.list_is_wrong())
    return world.Line("(left out: no kernel, or a wrong wait list)");
  if (!MayRun(*kernel)) return world.Line("(left out: an argument is gone)");
  TouchAll(enqueue, *kernel);
  if (!enqueue.Prepare(false)) return;
  const size_t offsets[3] = {4, 0, 0};
  const size_t global[3] = {items, 2, 1};
  const size_t local[3] = {group, 1, 1};
  const cl_int code = clEnqueueNDRangeKernel(
      enqueue.queue(), kernel->handle, dimensions, offset ? offsets : nullptr,
      no_items ? nullptr : global, group == 0 ? nullptr : local, enqueue.count(), enqueue.list(),
      enqueue.event());
  enqueue.Done(fmt::format("clEnqueueNDRangeKernel({} {}, {}, {}{}, {}", kernel->name,
                           kernel->function, dimensions, items,
                           offset     ? " from 4"
                           : no_items ? " NULL"
                                      : "",
                           group),
               code);
}

void Play_task(World& world, Operands operands) {
  Enqueue enqueue(world, operands);
  const auto kernel = operands.Choose(world.kernels);
  if (!kernel || enqueue.list_is_wrong())
    return world.Line("(left out: no kernel, or a wrong wait list)");
  if (!MayRun(*kernel)) return world.Line("(left out: an argument is gone)");
  TouchAll(enqueue, *kernel);
  if (!enqueue.Prepare(false)) return;
  const cl_int code = clEnqueueTask(enqueue.queue(), kernel->handle, enqueue.count(),
                                    enqueue.list(), enqueue.event());
  enqueue.Done(fmt::format("clEnqueueTask({} {}", kernel->name, kernel->function), code);
}

}  // namespace random_test
