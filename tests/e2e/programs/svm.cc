// SPDX-License-Identifier: Apache-2.0
// Shared virtual memory, where the device has it: allocations, copies, fills, maps, kernels with
// pointers to and in it, buffers over it, and freeing by command. Only coarse-grained sharing is
// asked for, so memory is mapped whenever the program looks at it. A device that reports none is
// right to refuse. The output is the same for both.
#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kCount = 1000;
constexpr size_t kBytes = kCount * sizeof(int);

constexpr const char* kSource = R"(
kernel void twice(global int* x) { x[get_global_id(0)] *= 2; }

struct node { global struct node* next; int value; };
kernel void chase(global struct node* first, global int* sum) {
  int all = 0;
  for (global struct node* at = first; at; at = at->next) { all += at->value; at->value = -all; }
  *sum = all;
}
)";

int* Allocate(const e2e::Session& session, size_t count = kCount) {
  auto* memory = static_cast<int*>(clSVMAlloc(session.context, 0, count * sizeof(int), 0));
  Expect(memory != nullptr, "an allocation");
  return memory;
}

void Map(const e2e::Session& session, void* memory, size_t bytes,
         cl_map_flags flags = CL_MAP_READ | CL_MAP_WRITE) {
  Ok(clEnqueueSVMMap(session.queue, CL_TRUE, flags, memory, bytes, 0, nullptr, nullptr));
}

void Unmap(const e2e::Session& session, void* memory) {
  Ok(clEnqueueSVMUnmap(session.queue, memory, 0, nullptr, nullptr));
}

struct Kernels {
  cl_program program;
  cl_kernel twice;
  cl_kernel chase;

  explicit Kernels(const e2e::Session& session)
      : program(e2e::BuildProgram(session.context, session.device, kSource)),
        twice(e2e::MakeKernel(program, "twice")),
        chase(e2e::MakeKernel(program, "chase")) {}
  Kernels(const Kernels&) = delete;
  Kernels& operator=(const Kernels&) = delete;
  ~Kernels() {
    Ok(clReleaseKernel(twice));
    Ok(clReleaseKernel(chase));
    Ok(clReleaseProgram(program));
  }
};

void Commands(const e2e::Session& session) {
  auto* a = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 0));
  auto* b = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 64));
  Expect(a != nullptr && b != nullptr, "two allocations");
  const int value = 5;
  Ok(clEnqueueSVMMemFill(session.queue, a, &value, sizeof value, kBytes, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, b, a, kBytes, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, b, kBytes, 0, nullptr,
                     nullptr));
  Expect(b[0] == 5 && b[kCount - 1] == 5, "filled and copied");
  b[kCount - 1] = 50;
  Ok(clEnqueueSVMUnmap(session.queue, b, 0, nullptr, nullptr));
  cl_program program = e2e::BuildProgram(session.context, session.device, kSource);
  cl_kernel kernel = e2e::MakeKernel(program, "twice");
  Ok(clSetKernelArgSVMPointer(kernel, 0, b));
  e2e::Launch(session.queue, kernel, kCount);
  Ok(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ, b, kBytes, 0, nullptr, nullptr));
  Expect(b[0] == 10 && b[kCount - 1] == 100, "a kernel saw the memory");
  Ok(clEnqueueSVMUnmap(session.queue, b, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  clSVMFree(session.context, b);
  clSVMFree(session.context, a);
}

// What the program stores as a pointer, a kernel follows.
struct Node {
  Node* next;
  int value;
};

void List(const e2e::Session& session, const Kernels& kernels) {
  constexpr int kNodes = 100;
  Node* nodes[kNodes];
  for (Node*& node : nodes) {
    node = static_cast<Node*>(clSVMAlloc(session.context, 0, sizeof(Node), 0));
    Expect(node != nullptr, "a node");
  }
  for (int i = 0; i < kNodes; ++i) {
    Map(session, nodes[i], sizeof(Node), CL_MAP_WRITE_INVALIDATE_REGION);
    *nodes[i] = {.next = i + 1 < kNodes ? nodes[i + 1] : nullptr, .value = i + 1};
    Unmap(session, nodes[i]);
  }
  int* sum = Allocate(session, 1);
  Ok(clSetKernelArgSVMPointer(kernels.chase, 0, nodes[0]));
  Ok(clSetKernelArgSVMPointer(kernels.chase, 1, sum));
  void* all[kNodes - 1];
  for (int i = 1; i < kNodes; ++i) all[i - 1] = nodes[i];
  Ok(clSetKernelExecInfo(kernels.chase, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof all, all));
  e2e::Launch(session.queue, kernels.chase, 1);
  Map(session, sum, sizeof(int), CL_MAP_READ);
  std::printf("sum of the list: %d\n", *sum);
  Unmap(session, sum);
  Map(session, nodes[3], sizeof(Node), CL_MAP_READ);
  Expect(nodes[3]->value == -10 && nodes[3]->next == nodes[4], "a kernel wrote to the list");
  Unmap(session, nodes[3]);
  Ok(clFinish(session.queue));
  for (Node* node : nodes) clSVMFree(session.context, node);
  clSVMFree(session.context, sum);
}

// Copies between the program's own memory and shared memory, whole and from the middle.
void HostCopies(const e2e::Session& session) {
  int* memory = Allocate(session);
  std::vector<int> source(kCount);
  for (size_t i = 0; i < kCount; ++i) source[i] = static_cast<int>(3 * i);
  std::vector<int> back(kCount, -1);
  cl_event event = nullptr;
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, memory, source.data(), kBytes, 0, nullptr,
                        nullptr));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_FALSE, back.data(), memory + 100, 400, 0, nullptr,
                        &event));
  Ok(clWaitForEvents(1, &event));
  Expect(back[0] == 300 && back[99] == 597 && back[100] == -1, "from the middle");
  Ok(clReleaseEvent(event));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_FALSE, memory + 500, source.data() + 1, 400, 0, nullptr,
                        nullptr));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, back.data(), memory, kBytes, 0, nullptr, nullptr));
  Expect(back[499] == 1497 && back[500] == 3 && back[599] == 300 && back[600] == 1800,
         "into the middle");
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, source.data(), back.data(), 40, 0, nullptr,
                        nullptr));
  Expect(source[9] == 27, "between two of the program's own");
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, memory + 10, memory, 40, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMemcpy(session.queue, CL_TRUE, back.data(), memory + 10, 40, 0, nullptr, nullptr));
  Expect(back[9] == 27, "between two of one allocation");
  clSVMFree(session.context, memory);
}

void Fills(const e2e::Session& session) {
  int* memory = Allocate(session, 64);
  const uint8_t byte = 0x11;
  const uint64_t words[2] = {0x0123456789abcdef, 42};
  Ok(clEnqueueSVMMemFill(session.queue, memory, &byte, 1, 256, 0, nullptr, nullptr));
  Ok(clEnqueueSVMMemFill(session.queue, memory + 8, words, 16, 64, 0, nullptr, nullptr));
  Map(session, memory, 256, CL_MAP_READ);
  std::printf("filled: %016llx\n", static_cast<unsigned long long>(e2e::Checksum(memory, 256)));
  Expect(memory[7] == 0x11111111 && memory[10] == 42 && memory[24] == 0x11111111, "fills");
  Unmap(session, memory);
  Ok(clFinish(session.queue));
  clSVMFree(session.context, memory);
}

// Of a part of an allocation, with events, and while nothing has been done yet.
void Maps(const e2e::Session& session, const Kernels& kernels) {
  int* memory = Allocate(session);
  Map(session, memory, kBytes, CL_MAP_WRITE_INVALIDATE_REGION);
  for (size_t i = 0; i < kCount; ++i) memory[i] = static_cast<int>(i);
  Unmap(session, memory);
  // A pointer into the middle is an argument like any other.
  Ok(clSetKernelArgSVMPointer(kernels.twice, 0, memory + 10));
  cl_event gate = e2e::MakeUserEvent(session.context);
  const size_t items = 10;
  Ok(clEnqueueNDRangeKernel(session.queue, kernels.twice, 1, nullptr, &items, nullptr, 1, &gate,
                            nullptr));
  cl_event mapped = nullptr;
  Ok(clEnqueueSVMMap(session.queue, CL_FALSE, CL_MAP_READ | CL_MAP_WRITE, memory + 5, 80, 0,
                     nullptr, &mapped));
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clWaitForEvents(1, &mapped));
  Expect(memory[5] == 5 && memory[9] == 9 && memory[10] == 20 && memory[19] == 38, "twice");
  memory[20] = 1000;
  cl_event unmapped = nullptr;
  Ok(clEnqueueSVMUnmap(session.queue, memory + 5, 0, nullptr, &unmapped));
  Ok(clWaitForEvents(1, &unmapped));
  cl_command_type types[2] = {};
  Ok(clGetEventInfo(mapped, CL_EVENT_COMMAND_TYPE, sizeof types[0], &types[0], nullptr));
  Ok(clGetEventInfo(unmapped, CL_EVENT_COMMAND_TYPE, sizeof types[1], &types[1], nullptr));
  std::printf("commands: %s, %s\n", e2e::CommandName(types[0]).c_str(),
              e2e::CommandName(types[1]).c_str());
  // What was mapped for reading only is not taken back.
  Map(session, memory, kBytes, CL_MAP_READ);
  std::printf("mapped: %016llx\n", static_cast<unsigned long long>(e2e::Checksum(memory, kBytes)));
  Unmap(session, memory);
  for (cl_event event : {gate, mapped, unmapped}) Ok(clReleaseEvent(event));
  Ok(clFinish(session.queue));
  clSVMFree(session.context, memory);
}

// A buffer over shared memory and the memory are one for kernels.
void Buffers(const e2e::Session& session, const Kernels& kernels) {
  int* memory = Allocate(session);
  Map(session, memory, kBytes, CL_MAP_WRITE);
  for (size_t i = 0; i < kCount; ++i) memory[i] = 1;
  cl_mem buffer = e2e::MakeBuffer(session.context, 400, CL_MEM_USE_HOST_PTR, memory + 100);
  Unmap(session, memory);
  e2e::SetArg(kernels.twice, 0, buffer);
  e2e::Launch(session.queue, kernels.twice, 100);
  Ok(clSetKernelArgSVMPointer(kernels.twice, 0, memory + 150));
  e2e::Launch(session.queue, kernels.twice, 100);
  const std::vector<int> seen = e2e::ReadAll<int>(session.queue, buffer, 100);
  Expect(seen[0] == 2 && seen[49] == 2 && seen[50] == 4, "the buffer has what both wrote");
  cl_int error = CL_SUCCESS;
  auto* view = static_cast<int*>(clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, CL_MAP_WRITE, 0,
                                                    400, 0, nullptr, nullptr, &error));
  Ok(error);
  Expect(view == memory + 100, "the buffer is mapped where the memory is");
  view[1] = 77;
  Ok(clEnqueueUnmapMemObject(session.queue, buffer, view, 0, nullptr, nullptr));
  Map(session, memory, kBytes, CL_MAP_READ);
  Expect(memory[99] == 1 && memory[101] == 77 && memory[199] == 4 && memory[200] == 2, "as one");
  Unmap(session, memory);
  void* host = nullptr;
  cl_mem_flags flags = 0;
  Ok(clGetMemObjectInfo(buffer, CL_MEM_HOST_PTR, sizeof host, &host, nullptr));
  Ok(clGetMemObjectInfo(buffer, CL_MEM_FLAGS, sizeof flags, &flags, nullptr));
  Expect(host == memory + 100, "CL_MEM_HOST_PTR");
  std::printf("flags: %llx\n", static_cast<unsigned long long>(flags));
  // A copy is none of it.
  Map(session, memory, kBytes, CL_MAP_WRITE);
  memory[0] = 5;
  cl_mem copy = e2e::MakeBuffer(session.context, 40, CL_MEM_COPY_HOST_PTR, memory);
  memory[0] = 6;
  Unmap(session, memory);
  Expect(e2e::ReadAll<int>(session.queue, copy, 1)[0] == 5, "CL_MEM_COPY_HOST_PTR");
  Ok(clReleaseMemObject(copy));
  Ok(clReleaseMemObject(buffer));
  Ok(clFinish(session.queue));
  clSVMFree(session.context, memory);
}

void Migrations(const e2e::Session& session) {
  int* a = Allocate(session);
  int* b = Allocate(session);
  const void* pointers[2] = {a, b + 1};
  const size_t sizes[2] = {0, 100};
  cl_event event = nullptr;
  Ok(clEnqueueSVMMigrateMem(session.queue, 2, pointers, nullptr, CL_MIGRATE_MEM_OBJECT_HOST, 0,
                            nullptr, nullptr));
  Ok(clEnqueueSVMMigrateMem(session.queue, 2, pointers, sizes, 0, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  Ok(clReleaseEvent(event));
  clSVMFree(session.context, a);
  clSVMFree(session.context, b);
}

// Many of many sizes, freed in another order than they came.
void Churn(const e2e::Session& session) {
  std::vector<uint8_t*> live(200, nullptr);
  uint32_t state = 1;
  int wrong = 0;
  for (int round = 0; round < 2000; ++round) {
    state = state * 1664525U + 1013904223U;
    const size_t at = (state >> 8) % live.size();
    const size_t bytes = 1 + (state >> 12) % (round % 10 == 0 ? 300000 : 3000);
    if (live[at] != nullptr) {
      Map(session, live[at], 1, CL_MAP_READ);
      wrong += live[at][0] != at ? 1 : 0;
      clSVMFree(session.context, live[at]);
    }
    live[at] = static_cast<uint8_t*>(clSVMAlloc(session.context, 0, bytes, 0));
    const auto value = static_cast<uint8_t>(at);
    Ok(clEnqueueSVMMemFill(session.queue, live[at], &value, 1, bytes, 0, nullptr, nullptr));
  }
  Ok(clFinish(session.queue));
  for (uint8_t* memory : live) clSVMFree(session.context, memory);
  std::printf("churn: %d wrong\n", wrong);
}

std::atomic<cl_uint> g_freed = 0;

void CL_CALLBACK Free(cl_command_queue, cl_uint count, void** pointers, void* user_data) {
  for (cl_uint i = 0; i < count; ++i) clSVMFree(static_cast<cl_context>(user_data), pointers[i]);
  g_freed += count;
}

void FreeByCommand(const e2e::Session& session) {
  void* pointers[3] = {};
  for (void*& pointer : pointers) pointer = clSVMAlloc(session.context, 0, 100, 0);
  cl_event event = nullptr;
  Ok(clEnqueueSVMFree(session.queue, 3, pointers, Free, session.context, 0, nullptr, &event));
  Ok(clWaitForEvents(1, &event));
  for (int i = 0; i < 60000 && g_freed < 3; ++i) usleep(1000);
  Expect(g_freed == 3, "freed by command");
  Ok(clReleaseEvent(event));
  // Without a function, and behind what still uses it.
  void* more[2] = {Allocate(session), Allocate(session)};
  const int one = 1;
  Ok(clEnqueueSVMMemFill(session.queue, more[0], &one, sizeof one, kBytes, 0, nullptr, nullptr));
  Ok(clEnqueueSVMFree(session.queue, 2, more, nullptr, nullptr, 0, nullptr, nullptr));
  Ok(clFinish(session.queue));
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_device_svm_capabilities capabilities = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_SVM_CAPABILITIES, sizeof capabilities, &capabilities,
                     nullptr));
  if ((capabilities & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER) == 0) {
    void* refused = clSVMAlloc(session.context, CL_MEM_READ_WRITE, kBytes, 0);
    Expect(refused == nullptr, "no allocation where there is none");
    return e2e::Finish();
  }
  Commands(session);
  {
    const Kernels kernels(session);
    List(session, kernels);
    Maps(session, kernels);
    Buffers(session, kernels);
  }
  HostCopies(session);
  Fills(session);
  Migrations(session);
  Churn(session);
  FreeByCommand(session);
  return e2e::Finish();
}
