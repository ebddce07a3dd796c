// SPDX-License-Identifier: Apache-2.0
// Error sweep: pipes, shared virtual memory, native kernels, sub-devices, timers and what else a
// device may lack. Only cases whose answer does not depend on whether it does.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepScene;

void CL_CALLBACK Nothing(void*) {}

void Pipes(const SweepScene& scene) {
  const Sweep create("clCreatePipe");
  const auto attempt = [&](const char* what, cl_context context, cl_mem_flags flags,
                           cl_uint packet_bytes, cl_uint packets) {
    cl_mem pipe = create.Made(what, [&](cl_int* code) {
      return clCreatePipe(context, flags, packet_bytes, packets, nullptr, code);
    });
    if (pipe != nullptr) Ok(clReleaseMemObject(pipe));
  };
  attempt("NULL context", nullptr, 0, 4, 4);
  attempt("packets of size 0", scene.session.context, 0, 0, 4);
  attempt("no packets", scene.session.context, 0, 4, 0);
  attempt("bad flags", scene.session.context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 4, 4);
  attempt("right", scene.session.context, CL_MEM_READ_WRITE, 4, 4);
  const Sweep info("clGetPipeInfo");
  cl_uint value = 0;
  info("NULL", clGetPipeInfo(nullptr, CL_PIPE_PACKET_SIZE, sizeof value, &value, nullptr));
  info("a buffer", clGetPipeInfo(scene.buffer, CL_PIPE_PACKET_SIZE, sizeof value, &value, nullptr));
}

void SharedMemory(const SweepScene& scene) {
  cl_context context = scene.session.context;
  const struct {
    const char* what;
    cl_context context;
    cl_svm_mem_flags flags;
    size_t bytes;
    cl_uint alignment;
  } allocations[] = {
      {"NULL context", nullptr, 0, 64, 0},
      {"size 0", context, 0, 0, 0},
      {"far too large", context, 0, ~size_t{0} / 2, 0},
      {"bad flags", context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 64, 0},
      {"atomics without fine grain", context, CL_MEM_SVM_ATOMICS, 64, 0},
      {"alignment of 3", context, 0, 64, 3},
      {"alignment too large", context, 0, 64, 1U << 20U},
  };
  for (const auto& it : allocations) {
    void* pointer = clSVMAlloc(it.context, it.flags, it.bytes, it.alignment);
    std::printf("clSVMAlloc | %s | %s\n", it.what, pointer == nullptr ? "NULL" : "memory");
    if (pointer != nullptr) clSVMFree(context, pointer);
  }
  clSVMFree(context, nullptr);
  uint8_t bytes[64] = {};
  Sweep("clEnqueueSVMMemcpy")("NULL queue", clEnqueueSVMMemcpy(nullptr, CL_TRUE, bytes, bytes + 32,
                                                               8, 0, nullptr, nullptr));
  Sweep("clEnqueueSVMMemFill")(
      "NULL queue", clEnqueueSVMMemFill(nullptr, bytes, bytes + 32, 1, 8, 0, nullptr, nullptr));
  Sweep("clEnqueueSVMMap")(
      "NULL queue", clEnqueueSVMMap(nullptr, CL_TRUE, CL_MAP_READ, bytes, 8, 0, nullptr, nullptr));
  Sweep("clEnqueueSVMUnmap")("NULL queue", clEnqueueSVMUnmap(nullptr, bytes, 0, nullptr, nullptr));
  void* pointers[1] = {bytes};
  Sweep("clEnqueueSVMFree")(
      "NULL queue", clEnqueueSVMFree(nullptr, 1, pointers, nullptr, nullptr, 0, nullptr, nullptr));
  const void* constant[1] = {bytes};
  Sweep("clEnqueueSVMMigrateMem")(
      "NULL queue", clEnqueueSVMMigrateMem(nullptr, 1, constant, nullptr, 0, 0, nullptr, nullptr));
}

void NativeKernels(const SweepScene& scene) {
  const Sweep native("clEnqueueNativeKernel");
  int data = 0;
  native("NULL queue", clEnqueueNativeKernel(nullptr, Nothing, &data, sizeof data, 0, nullptr,
                                             nullptr, 0, nullptr, nullptr));
  native("NULL function", clEnqueueNativeKernel(scene.session.queue, nullptr, &data, sizeof data, 0,
                                                nullptr, nullptr, 0, nullptr, nullptr));
  const auto attempt = [&](const char* what, void* values, size_t bytes, cl_uint count) {
    native(what, clEnqueueNativeKernel(scene.session.queue, Nothing, values, bytes, count,
                                       &scene.buffer, nullptr, 0, nullptr, nullptr));
  };
  attempt("a size without values", nullptr, 8, 0);
  attempt("values without a size", &data, 0, 0);
  attempt("objects without values", nullptr, 0, 1);
}

void SubDevices(cl_device_id device) {
  const Sweep create("clCreateSubDevices");
  const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
  const cl_device_partition_property too_many[] = {CL_DEVICE_PARTITION_EQUALLY, 100000, 0};
  const cl_device_partition_property unknown[] = {0x7777, 1, 0};
  const cl_device_partition_property domain[] = {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN,
                                                 CL_DEVICE_AFFINITY_DOMAIN_NUMA, 0};
  cl_uint count = 0;
  create("NULL device", clCreateSubDevices(nullptr, equally, 0, nullptr, &count));
  create("NULL properties", clCreateSubDevices(device, nullptr, 0, nullptr, &count));
  create("unknown property", clCreateSubDevices(device, unknown, 0, nullptr, &count));
  create("more units than there are", clCreateSubDevices(device, too_many, 0, nullptr, &count));
  create("by a domain that is not there", clCreateSubDevices(device, domain, 0, nullptr, &count));
  const cl_device_partition_property too_large[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, 100000,
                                                    CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
  create("by counts, more than there are",
         clCreateSubDevices(device, too_large, 0, nullptr, &count));
  cl_device_id part = nullptr;
  const cl_device_partition_property one[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1,
                                              CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
  create("by counts, one", clCreateSubDevices(device, one, 1, &part, &count));
  if (part == nullptr) return;  // A device of one unit cannot be divided.
  create("a part of one unit", clCreateSubDevices(part, equally, 0, nullptr, &count));
  Ok(clReleaseDevice(part));
}

void Timers(const e2e::Session& session) {
  cl_ulong device_time = 0;
  cl_ulong host_time = 0;
  const Sweep both("clGetDeviceAndHostTimer");
  both("NULL device", clGetDeviceAndHostTimer(nullptr, &device_time, &host_time));
  both("NULL times", clGetDeviceAndHostTimer(session.device, nullptr, nullptr));
  both("right", clGetDeviceAndHostTimer(session.device, &device_time, &host_time));
  const Sweep host("clGetHostTimer");
  host("NULL device", clGetHostTimer(nullptr, &host_time));
  host("NULL time", clGetHostTimer(session.device, nullptr));
  host("right", clGetHostTimer(session.device, &host_time));
  const Sweep default_queue("clSetDefaultDeviceCommandQueue");
  default_queue("NULL context",
                clSetDefaultDeviceCommandQueue(nullptr, session.device, session.queue));
  default_queue("NULL device",
                clSetDefaultDeviceCommandQueue(session.context, nullptr, session.queue));
  default_queue("NULL queue",
                clSetDefaultDeviceCommandQueue(session.context, session.device, nullptr));
  default_queue("a queue of the host",
                clSetDefaultDeviceCommandQueue(session.context, session.device, session.queue));
  const Sweep property("clSetCommandQueueProperty");
  property("NULL queue",
           clSetCommandQueueProperty(nullptr, CL_QUEUE_PROFILING_ENABLE, CL_TRUE, nullptr));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  Timers(scene.session);
  SubDevices(scene.session.device);
  NativeKernels(scene);
  SharedMemory(scene);
  Pipes(scene);
  return e2e::Finish();
}
