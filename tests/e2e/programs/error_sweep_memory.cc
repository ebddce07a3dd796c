// SPDX-License-Identifier: Apache-2.0
// Error sweep: buffers and sub-buffers, their creation and what they are asked.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;
using e2e::SweepScene;

constexpr size_t kBytes = 4096;

void CL_CALLBACK MemGone(cl_mem, void*) {}

struct FlagCase {
  const char* label;
  cl_mem_flags flags;
};

constexpr FlagCase kBadFlags[] = {
    {"read-write and read-only", CL_MEM_READ_WRITE | CL_MEM_READ_ONLY},
    {"read-write and write-only", CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY},
    {"read-only and write-only", CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY},
    {"host write-only and read-only", CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY},
    {"host write-only and no access", CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS},
    {"host read-only and no access", CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS},
    {"reserved bit", 1U << 6U},
    {"unknown bit", 1U << 20U},
    {"high bit", 1ULL << 40U},
    {"fine-grain memory", CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER},
    {"kernel read and write", CL_MEM_KERNEL_READ_AND_WRITE},
    {"all bits", ~cl_mem_flags{0}},
};

class BufferAttempts {
 public:
  explicit BufferAttempts(cl_context context) : context_(context) {}

  void Try(const char* what, cl_mem_flags flags, size_t bytes, void* host) const {
    cl_mem buffer = create_.Made(
        what, [&](cl_int* code) { return clCreateBuffer(context_, flags, bytes, host, code); });
    if (buffer != nullptr) Ok(clReleaseMemObject(buffer));
  }

  const Sweep& create() const { return create_; }

 private:
  cl_context context_;
  Sweep create_{"clCreateBuffer"};
};

void CreateBuffer(const e2e::Session& session) {
  const BufferAttempts attempts(session.context);
  std::vector<uint8_t> host(kBytes);
  cl_ulong most = 0;
  Ok(clGetDeviceInfo(session.device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, nullptr));
  attempts.create().Made("NULL context", [](cl_int* code) {
    return clCreateBuffer(nullptr, 0, kBytes, nullptr, code);
  });
  attempts.create().Made("no code wanted", [](cl_int*) {
    return clCreateBuffer(nullptr, 0, kBytes, nullptr, nullptr);
  });
  for (const auto& [label, flags] : kBadFlags) attempts.Try(label, flags, kBytes, nullptr);
  attempts.Try("size 0", 0, 0, nullptr);
  attempts.Try("one byte too large", 0, most + 1, nullptr);
  attempts.Try("far too large", 0, ~size_t{0}, nullptr);
  attempts.Try("use without a pointer", CL_MEM_USE_HOST_PTR, kBytes, nullptr);
  attempts.Try("copy without a pointer", CL_MEM_COPY_HOST_PTR, kBytes, nullptr);
  attempts.Try("a pointer without use or copy", CL_MEM_READ_WRITE, kBytes, host.data());
  attempts.Try("a pointer with alloc", CL_MEM_ALLOC_HOST_PTR, kBytes, host.data());
  attempts.Try("use and alloc", CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, kBytes, host.data());
  attempts.Try("use and copy", CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR, kBytes, host.data());
  attempts.Try("use of size 0", CL_MEM_USE_HOST_PTR, 0, host.data());
  attempts.Try("bad flags and size 0", CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, 0, nullptr);
  attempts.Try("right", CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, kBytes, host.data());
}

void CreateBufferWithProperties(const e2e::Session& session) {
  const Sweep create("clCreateBufferWithProperties");
  const cl_mem_properties unknown[] = {0x7777, 1, 0};
  const cl_mem_properties none[] = {0};
  const auto attempt = [&](const char* what, cl_context context,
                           const cl_mem_properties* properties, cl_mem_flags flags, size_t bytes) {
    cl_mem buffer = create.Made(what, [&](cl_int* code) {
      return clCreateBufferWithProperties(context, properties, flags, bytes, nullptr, code);
    });
    if (buffer != nullptr) Ok(clReleaseMemObject(buffer));
  };
  attempt("NULL context", nullptr, none, 0, kBytes);
  attempt("unknown property", session.context, unknown, 0, kBytes);
  attempt("bad flags", session.context, none, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, kBytes);
  attempt("size 0", session.context, nullptr, 0, 0);
  attempt("use without a pointer", session.context, none, CL_MEM_USE_HOST_PTR, kBytes);
  attempt("right", session.context, none, 0, kBytes);
}

class PartAttempts {
 public:
  explicit PartAttempts(cl_context context) : context_(context) {}

  void Try(const char* what, cl_mem_flags parent_flags, cl_mem_flags flags,
           cl_buffer_region region = {0, 1024}) const {
    cl_mem parent = e2e::MakeBuffer(context_, kBytes, parent_flags);
    Report(what, parent, flags, CL_BUFFER_CREATE_TYPE_REGION, &region);
    Ok(clReleaseMemObject(parent));
  }

  void Report(const char* what, cl_mem parent, cl_mem_flags flags, cl_buffer_create_type type,
              const cl_buffer_region* region) const {
    cl_mem part = create_.Made(
        what, [&](cl_int* code) { return clCreateSubBuffer(parent, flags, type, region, code); });
    if (part != nullptr) Ok(clReleaseMemObject(part));
  }

  const Sweep& create() const { return create_; }

 private:
  cl_context context_;
  Sweep create_{"clCreateSubBuffer"};
};

void SubBufferFlags(const PartAttempts& attempts) {
  for (const auto& [label, flags] : kBadFlags) attempts.Try(label, CL_MEM_READ_WRITE, flags);
  attempts.Try("read-write of write-only", CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE);
  attempts.Try("read-only of write-only", CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY);
  attempts.Try("write-only of write-only", CL_MEM_WRITE_ONLY, CL_MEM_WRITE_ONLY);
  attempts.Try("read-write of read-only", CL_MEM_READ_ONLY, CL_MEM_READ_WRITE);
  attempts.Try("write-only of read-only", CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY);
  attempts.Try("use", CL_MEM_READ_WRITE, CL_MEM_USE_HOST_PTR);
  attempts.Try("alloc", CL_MEM_READ_WRITE, CL_MEM_ALLOC_HOST_PTR);
  attempts.Try("copy", CL_MEM_READ_WRITE, CL_MEM_COPY_HOST_PTR);
  attempts.Try("host read-only of host write-only", CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY);
  attempts.Try("host write-only of host read-only", CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY);
  attempts.Try("host read-only of host no access", CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_READ_ONLY);
  attempts.Try("host write-only of host no access", CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_WRITE_ONLY);
  attempts.Try("host no access of host read-only", CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_NO_ACCESS);
}

void CreateSubBuffer(const e2e::Session& session) {
  const PartAttempts attempts(session.context);
  const cl_buffer_region right = {0, 1024};
  cl_mem parent = e2e::MakeBuffer(session.context, kBytes);
  attempts.Report("NULL buffer", nullptr, 0, CL_BUFFER_CREATE_TYPE_REGION, &right);
  attempts.Report("unknown type", parent, 0, 0x7777, &right);
  attempts.Report("no region", parent, 0, CL_BUFFER_CREATE_TYPE_REGION, nullptr);
  attempts.create().Made("no code wanted", [&](cl_int*) {
    return clCreateSubBuffer(parent, 0, 0x7777, &right, nullptr);
  });
  attempts.Try("size 0", 0, 0, {0, 0});
  attempts.Try("origin past the end", 0, 0, {kBytes, 1});
  attempts.Try("size past the end", 0, 0, {0, kBytes + 1});
  attempts.Try("end past the end", 0, 0, {2048, 2049});
  // Left out: an origin and size whose sum overflows. PoCL 3.1 makes a part past the whole's end.
  attempts.Try("unaligned by 1", 0, 0, {1, 1024});
  attempts.Try("unaligned by 64", 0, 0, {64, 1024});
  attempts.Try("aligned to 128", 0, 0, {128, 1024});
  attempts.Try("odd size", 0, 0, {128, 3});
  SubBufferFlags(attempts);
  cl_int code = CL_SUCCESS;
  cl_mem part = clCreateSubBuffer(parent, 0, CL_BUFFER_CREATE_TYPE_REGION, &right, &code);
  Ok(code);
  attempts.Report("a part of a part", part, 0, CL_BUFFER_CREATE_TYPE_REGION, &right);
  Ok(clReleaseMemObject(part));
  Ok(clReleaseMemObject(parent));
}

void Info(const e2e::Session& session) {
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes);
  const Sweep info("clGetMemObjectInfo");
  SweepInfo(
      info,
      {E2E_INFO(CL_MEM_TYPE), E2E_INFO(CL_MEM_FLAGS), E2E_INFO(CL_MEM_SIZE),
       E2E_INFO(CL_MEM_HOST_PTR), E2E_INFO(CL_MEM_MAP_COUNT), E2E_INFO(CL_MEM_REFERENCE_COUNT),
       E2E_INFO(CL_MEM_CONTEXT), E2E_INFO(CL_MEM_ASSOCIATED_MEMOBJECT), E2E_INFO(CL_MEM_OFFSET),
       E2E_INFO(CL_MEM_USES_SVM_POINTER), E2E_INFO(CL_MEM_PROPERTIES), E2E_INFO(CL_IMAGE_WIDTH)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetMemObjectInfo(buffer, name, bytes, value, bytes_ret);
      });
  size_t value = 0;
  info("NULL object", clGetMemObjectInfo(nullptr, CL_MEM_SIZE, sizeof value, &value, nullptr));
  const Sweep image("clGetImageInfo");
  image("NULL object", clGetImageInfo(nullptr, CL_IMAGE_WIDTH, sizeof value, &value, nullptr));
  image("a buffer", clGetImageInfo(buffer, CL_IMAGE_WIDTH, sizeof value, &value, nullptr));
  const Sweep pipe("clGetPipeInfo");
  pipe("NULL object", clGetPipeInfo(nullptr, CL_PIPE_PACKET_SIZE, 4, &value, nullptr));
  Sweep("clRetainMemObject")("NULL", clRetainMemObject(nullptr));
  Sweep("clReleaseMemObject")("NULL", clReleaseMemObject(nullptr));
  const Sweep destructor("clSetMemObjectDestructorCallback");
  destructor("NULL object", clSetMemObjectDestructorCallback(nullptr, MemGone, nullptr));
  destructor("NULL function", clSetMemObjectDestructorCallback(buffer, nullptr, nullptr));
  Ok(clReleaseMemObject(buffer));
}

void Migrate(const SweepScene& scene) {
  const Sweep migrate("clEnqueueMigrateMemObjects");
  cl_command_queue queue = scene.session.queue;
  const cl_mem null_object = nullptr;
  const cl_mem mixed[2] = {scene.buffer, nullptr};
  const auto attempt = [&](const char* what, cl_command_queue on, cl_uint count,
                           const cl_mem* objects, cl_mem_migration_flags flags) {
    migrate(what, clEnqueueMigrateMemObjects(on, count, objects, flags, 0, nullptr, nullptr));
  };
  attempt("NULL queue", nullptr, 1, &scene.buffer, 0);
  attempt("no objects", queue, 0, &scene.buffer, 0);
  attempt("objects not there", queue, 1, nullptr, 0);
  attempt("a NULL object", queue, 1, &null_object, 0);
  attempt("a NULL object among others", queue, 2, mixed, 0);
  attempt("an object of another context", queue, 1, &scene.foreign_buffer, 0);
  attempt("unknown flags", queue, 1, &scene.buffer, 1U << 10U);
  e2e::SweepWaitLists(migrate, scene, [&](cl_uint count, const cl_event* list, cl_event* event) {
    return clEnqueueMigrateMemObjects(queue, 1, &scene.buffer, 0, count, list, event);
  });
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  CreateBuffer(scene.session);
  CreateBufferWithProperties(scene.session);
  CreateSubBuffer(scene.session);
  Info(scene.session);
  Migrate(scene);
  return e2e::Finish();
}
