// SPDX-License-Identifier: Apache-2.0
#pragma once

// The objects that the rows work with. Whatever goes wrong ends the program: there is nothing to
// measure then.

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace bench {

inline void Ok(cl_int code, std::source_location at = std::source_location::current()) {
  if (code == CL_SUCCESS) return;
  std::fprintf(stderr, "bench: OpenCL error %d at %s:%u\n", code, at.file_name(), at.line());
  std::_Exit(1);
}

inline constexpr size_t kHandleBytes = sizeof(cl_mem);  // As clSetKernelArg wants it.

// The first device, a context and an in-order queue.
class Device {
 public:
  Device() {
    cl_platform_id platform = nullptr;
    cl_int code = CL_SUCCESS;
    Ok(clGetPlatformIDs(1, &platform, nullptr));
    Ok(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &id_, nullptr));
    context_ = clCreateContext(nullptr, 1, &id_, nullptr, nullptr, &code);
    Ok(code);
    queue_ = clCreateCommandQueue(context_, id_, 0, &code);
    Ok(code);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() {
    Ok(clReleaseCommandQueue(queue_));
    Ok(clReleaseContext(context_));
  }

  cl_device_id id() const { return id_; }
  cl_context context() const { return context_; }
  cl_command_queue queue() const { return queue_; }

  cl_mem MakeBuffer(size_t bytes) const {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(context_, CL_MEM_READ_WRITE, bytes, nullptr, &code);
    Ok(code);
    return buffer;
  }

  cl_program Build(const char* source) const {
    cl_int code = CL_SUCCESS;
    cl_program program = clCreateProgramWithSource(context_, 1, &source, nullptr, &code);
    Ok(code);
    Ok(clBuildProgram(program, 1, &id_, "", nullptr, nullptr));
    return program;
  }

  void Finish() const { Ok(clFinish(queue_)); }

 private:
  cl_device_id id_ = nullptr;
  cl_context context_ = nullptr;
  cl_command_queue queue_ = nullptr;
};

// A kernel that does nothing, with one argument, launched once so that it is compiled.
class EmptyKernel {
 public:
  explicit EmptyKernel(const Device& device)
      : device_(device),
        program_(device.Build("kernel void empty(global int* x, int n) {}")),
        buffer_(device.MakeBuffer(4096)) {
    cl_int code = CL_SUCCESS;
    kernel_ = clCreateKernel(program_, "empty", &code);
    Ok(code);
    Ok(clSetKernelArg(kernel_, 0, kHandleBytes, &buffer_));
    SetNumber(0);
    Launch();
    device_.Finish();
  }
  EmptyKernel(const EmptyKernel&) = delete;
  EmptyKernel& operator=(const EmptyKernel&) = delete;
  ~EmptyKernel() {
    Ok(clReleaseMemObject(buffer_));
    Ok(clReleaseKernel(kernel_));
    Ok(clReleaseProgram(program_));
  }

  void SetNumber(cl_int number) const { Ok(clSetKernelArg(kernel_, 1, sizeof number, &number)); }

  void Launch() const {
    const size_t one = 1;
    Ok(clEnqueueNDRangeKernel(device_.queue(), kernel_, 1, nullptr, &one, nullptr, 0, nullptr,
                              nullptr));
  }

  cl_program program() const { return program_; }

 private:
  const Device& device_;
  cl_program program_;
  cl_mem buffer_;
  cl_kernel kernel_ = nullptr;
};

}  // namespace bench
