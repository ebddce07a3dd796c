// SPDX-License-Identifier: Apache-2.0
// Error sweep: kernels, their arguments and what they are asked.
#include <CL/cl_ext.h>

#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;
using e2e::SweepScene;

constexpr const char* kSource = R"(
kernel void every(global int* memory, int number, float4 vector, local int* room, constant int* table,
                long wide, char byte) {
  room[0] = number + (int)wide + byte;
  memory[0] = room[0] + table[0] + (int)vector.x;
}
kernel void pixels(read_only image2d_t image, sampler_t how, global uint4* out) {
  out[0] = read_imageui(image, how, (int2)(0, 0));
}
kernel void nothing() {}
)";

void Drop(cl_kernel kernel) {
  if (kernel != nullptr) Ok(clReleaseKernel(kernel));
}

void Create(const e2e::Session& session, cl_program program) {
  const Sweep create("clCreateKernel");
  cl_program raw = e2e::MakeProgram(session.context, kSource);
  const auto attempt = [&](const char* what, cl_program of, const char* name) {
    Drop(create.Made(what, [&](cl_int* code) { return clCreateKernel(of, name, code); }));
  };
  attempt("NULL program", nullptr, "every");
  attempt("NULL name", program, nullptr);
  attempt("an unknown name", program, "nobody");
  attempt("an empty name", program, "");
  attempt("a name in another case", program, "Every");
  attempt("a program not built", raw, "every");
  attempt("right", program, "every");
  create.Made("no code wanted",
              [&](cl_int*) { return clCreateKernel(program, "nobody", nullptr); });
  const Sweep in_program("clCreateKernelsInProgram");
  cl_kernel kernels[4] = {};
  cl_uint count = 0;
  in_program("NULL program", clCreateKernelsInProgram(nullptr, 4, kernels, &count));
  in_program("a program not built", clCreateKernelsInProgram(raw, 4, kernels, &count));
  in_program("too little room", clCreateKernelsInProgram(program, 2, kernels, &count));
  in_program("room for none", clCreateKernelsInProgram(program, 0, kernels, &count));
  in_program("count wanted", clCreateKernelsInProgram(program, 0, nullptr, &count));
  in_program("nothing wanted", clCreateKernelsInProgram(program, 0, nullptr, nullptr));
  Ok(clReleaseProgram(raw));
}

class Args {
 public:
  explicit Args(cl_kernel kernel) : kernel_(kernel) {}

  void Try(const char* what, cl_uint index, size_t bytes, const void* value) const {
    sweep_(what, clSetKernelArg(kernel_, index, bytes, value));
  }

 private:
  cl_kernel kernel_;
  Sweep sweep_{"clSetKernelArg"};
};

void Arguments(const SweepScene& scene, cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "every");
  const Args args(kernel);
  const uint8_t bytes[64] = {};
  const cl_mem null_memory = nullptr;
  Args(nullptr).Try("NULL kernel", 0, sizeof(cl_mem), &scene.buffer);
  args.Try("an index too large", 7, sizeof(cl_mem), &scene.buffer);
  args.Try("an index far too large", ~cl_uint{0}, sizeof(cl_mem), &scene.buffer);
  args.Try("memory: right", 0, sizeof(cl_mem), &scene.buffer);
  args.Try("memory: too small", 0, sizeof(cl_mem) - 4, &scene.buffer);
  args.Try("memory: too large", 0, sizeof(cl_mem) + 8, bytes);
  args.Try("memory: size 0", 0, 0, &scene.buffer);
  args.Try("memory: a NULL object", 0, sizeof(cl_mem), &null_memory);
  args.Try("memory: no value", 0, sizeof(cl_mem), nullptr);
  args.Try("memory: of another context", 0, sizeof(cl_mem), &scene.foreign_buffer);
  args.Try("number: right", 1, 4, bytes);
  args.Try("number: too small", 1, 3, bytes);
  args.Try("number: too large", 1, 8, bytes);
  args.Try("number: size 0", 1, 0, bytes);
  args.Try("number: no value", 1, 4, nullptr);
  args.Try("number: nothing", 1, 0, nullptr);
  args.Try("vector: right", 2, 16, bytes);
  args.Try("vector: too small", 2, 12, bytes);
  args.Try("vector: too large", 2, 32, bytes);
  args.Try("local: right", 3, 64, nullptr);
  args.Try("local: a value", 3, 64, bytes);
  args.Try("local: size 0", 3, 0, nullptr);
  args.Try("local: too large", 3, size_t{1} << 40U, nullptr);
  args.Try("constant: right", 4, sizeof(cl_mem), &scene.buffer);
  args.Try("constant: a NULL object", 4, sizeof(cl_mem), &null_memory);
  args.Try("constant: too small", 4, 4, &scene.buffer);
  args.Try("long: right", 5, 8, bytes);
  args.Try("long: of four bytes", 5, 4, bytes);
  args.Try("char: right", 6, 1, bytes);
  args.Try("char: of four bytes", 6, 4, bytes);
  Ok(clReleaseKernel(kernel));
}

void ImageArguments(cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "pixels");
  const Args args(kernel);
  const cl_mem null_memory = nullptr;
  const cl_sampler null_sampler = nullptr;
  args.Try("image: a NULL object", 0, sizeof(cl_mem), &null_memory);
  args.Try("image: no value", 0, sizeof(cl_mem), nullptr);
  args.Try("image: too small", 0, 4, &null_memory);
  args.Try("sampler: a NULL object", 1, sizeof(cl_sampler), &null_sampler);
  args.Try("sampler: no value", 1, sizeof(cl_sampler), nullptr);
  args.Try("sampler: too small", 1, 4, &null_sampler);
  Ok(clReleaseKernel(kernel));
}

void Info(cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "every");
  const Sweep info("clGetKernelInfo");
  SweepInfo(info,
            {E2E_INFO(CL_KERNEL_NUM_ARGS), E2E_INFO(CL_KERNEL_FUNCTION_NAME),
             E2E_INFO(CL_KERNEL_REFERENCE_COUNT), E2E_INFO(CL_KERNEL_CONTEXT),
             E2E_INFO(CL_KERNEL_PROGRAM), E2E_INFO(CL_KERNEL_ATTRIBUTES),
             E2E_INFO(CL_KERNEL_WORK_GROUP_SIZE)},
            [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
              return clGetKernelInfo(kernel, name, bytes, value, bytes_ret);
            });
  size_t value = 0;
  info("NULL kernel", clGetKernelInfo(nullptr, CL_KERNEL_NUM_ARGS, sizeof value, &value, nullptr));
  const Sweep arg("clGetKernelArgInfo");
  SweepInfo(arg,
            {E2E_INFO(CL_KERNEL_ARG_ADDRESS_QUALIFIER), E2E_INFO(CL_KERNEL_ARG_ACCESS_QUALIFIER),
             E2E_INFO(CL_KERNEL_ARG_TYPE_NAME), E2E_INFO(CL_KERNEL_ARG_TYPE_QUALIFIER),
             E2E_INFO(CL_KERNEL_ARG_NAME), E2E_INFO(CL_KERNEL_NUM_ARGS)},
            [&](cl_uint name, size_t bytes, void* text, size_t* bytes_ret) {
              return clGetKernelArgInfo(kernel, 1, name, bytes, text, bytes_ret);
            });
  arg("NULL kernel", clGetKernelArgInfo(nullptr, 0, CL_KERNEL_ARG_NAME, 0, nullptr, &value));
  arg("an index too large", clGetKernelArgInfo(kernel, 7, CL_KERNEL_ARG_NAME, 0, nullptr, &value));
  Ok(clReleaseKernel(kernel));
}

void InfoNotKept(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "every");
  size_t bytes = 0;
  Sweep("clGetKernelArgInfo")(
      "built without it", clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_NAME, 0, nullptr, &bytes));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
}

void GroupInfo(const e2e::Session& session, cl_program program) {
  cl_kernel kernel = e2e::MakeKernel(program, "every");
  const Sweep info("clGetKernelWorkGroupInfo");
  SweepInfo(
      info,
      {E2E_INFO(CL_KERNEL_WORK_GROUP_SIZE), E2E_INFO(CL_KERNEL_COMPILE_WORK_GROUP_SIZE),
       E2E_INFO(CL_KERNEL_LOCAL_MEM_SIZE), E2E_INFO(CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE),
       E2E_INFO(CL_KERNEL_PRIVATE_MEM_SIZE), E2E_INFO(CL_KERNEL_GLOBAL_WORK_SIZE),
       E2E_INFO(CL_KERNEL_NUM_ARGS)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetKernelWorkGroupInfo(kernel, session.device, name, bytes, value, bytes_ret);
      });
  size_t value = 0;
  info("NULL kernel", clGetKernelWorkGroupInfo(nullptr, session.device, CL_KERNEL_WORK_GROUP_SIZE,
                                               sizeof value, &value, nullptr));
  info("NULL device", clGetKernelWorkGroupInfo(kernel, nullptr, CL_KERNEL_WORK_GROUP_SIZE,
                                               sizeof value, &value, nullptr));
  const Sweep sub("clGetKernelSubGroupInfo");
  const size_t local = 8;
  sub("NULL kernel",
      clGetKernelSubGroupInfo(nullptr, session.device, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
                              sizeof local, &local, sizeof value, &value, nullptr));
  sub("NULL device",
      clGetKernelSubGroupInfo(kernel, nullptr, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
                              sizeof local, &local, sizeof value, &value, nullptr));
  sub("right",
      clGetKernelSubGroupInfo(kernel, session.device, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
                              sizeof local, &local, sizeof value, &value, nullptr));
  // Left out: a kernel. PoCL 3.1 does not have this function.
  Sweep("clGetKernelSubGroupInfoKHR")(
      "NULL kernel",
      clGetKernelSubGroupInfoKHR(nullptr, session.device, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
                                 sizeof local, &local, sizeof value, &value, nullptr));
  Ok(clReleaseKernel(kernel));
}

void Others() {
  Sweep("clRetainKernel")("NULL", clRetainKernel(nullptr));
  Sweep("clReleaseKernel")("NULL", clReleaseKernel(nullptr));
  const Sweep clone("clCloneKernel");
  clone.Made("NULL", [](cl_int* code) { return clCloneKernel(nullptr, code); });
  const Sweep exec("clSetKernelExecInfo");
  const cl_bool yes = CL_TRUE;
  exec("NULL kernel",
       clSetKernelExecInfo(nullptr, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof yes, &yes));
  const Sweep svm("clSetKernelArgSVMPointer");
  svm("NULL kernel", clSetKernelArgSVMPointer(nullptr, 0, nullptr));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  cl_program program = e2e::BuildProgram(scene.session.context, scene.session.device, kSource,
                                         "-cl-kernel-arg-info");
  Create(scene.session, program);
  Arguments(scene, program);
  ImageArguments(program);
  Info(program);
  InfoNotKept(scene.session);
  GroupInfo(scene.session, program);
  Others();
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
