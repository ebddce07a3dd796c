// SPDX-License-Identifier: Apache-2.0
// Buffers that are large enough to be shared rather than copied when they are mapped: of every kind
// of flags, what is said of them, and that kernels, transfers and maps see the same bytes.
#include <unistd.h>

#include <atomic>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kBytes = 300000;

uint8_t* Map(cl_command_queue queue, cl_mem buffer, cl_map_flags flags, size_t at, size_t bytes,
             cl_bool blocking = CL_TRUE) {
  cl_int code = CL_SUCCESS;
  void* mapped =
      clEnqueueMapBuffer(queue, buffer, blocking, flags, at, bytes, 0, nullptr, nullptr, &code);
  Ok(code);
  return static_cast<uint8_t*>(mapped);
}

void Unmap(cl_command_queue queue, cl_mem buffer, void* mapped) {
  Ok(clEnqueueUnmapMemObject(queue, buffer, mapped, 0, nullptr, nullptr));
}

template <class T>
T Info(cl_mem memory, cl_mem_info what) {
  T value{};
  Ok(clGetMemObjectInfo(memory, what, sizeof value, &value, nullptr));
  return value;
}

// Not its references: PoCL's own end a while after the command.
void Print(const char* label, cl_mem memory) {
  std::printf("%s: flags %#llx, %zu bytes, host pointer %s, offset %zu\n", label,
              static_cast<unsigned long long>(Info<cl_mem_flags>(memory, CL_MEM_FLAGS)),
              Info<size_t>(memory, CL_MEM_SIZE),
              Info<void*>(memory, CL_MEM_HOST_PTR) == nullptr ? "none" : "given",
              Info<size_t>(memory, CL_MEM_OFFSET));
}

cl_mem SubBuffer(cl_mem buffer, size_t at, size_t bytes, cl_mem_flags flags = 0) {
  const cl_buffer_region region = {at, bytes};
  cl_int code = CL_SUCCESS;
  cl_mem part = clCreateSubBuffer(buffer, flags, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
  Ok(code);
  return part;
}

constexpr const char* kIncrement = R"(
kernel void increment(global uchar* bytes) { bytes[get_global_id(0)] += 1; }
)";

// All that touches a buffer, in turn; `data` is what it holds.
void Use(const e2e::Session& session, cl_kernel kernel, cl_mem buffer, std::vector<uint8_t> data) {
  cl_command_queue queue = session.queue;
  uint8_t* mapped = Map(queue, buffer, CL_MAP_READ, 0, data.size());
  Expect(std::memcmp(mapped, data.data(), data.size()) == 0, "the map shows the buffer");
  Unmap(queue, buffer, mapped);

  mapped = Map(queue, buffer, CL_MAP_READ | CL_MAP_WRITE, 1000, 5000);
  for (size_t i = 0; i < 5000; ++i) mapped[i] = data[1000 + i] = static_cast<uint8_t>(i * 7);
  Unmap(queue, buffer, mapped);
  e2e::SetArg(kernel, 0, buffer);
  e2e::Launch(queue, kernel, data.size());
  for (uint8_t& byte : data) ++byte;
  Expect(e2e::ReadAll<uint8_t>(queue, buffer, data.size()) == data, "the kernel saw the map");

  const std::vector<uint8_t> fresh = e2e::Pattern(4000, 3);
  Ok(clEnqueueWriteBuffer(queue, buffer, CL_FALSE, 70000, fresh.size(), fresh.data(), 0, nullptr,
                          nullptr));
  std::memcpy(data.data() + 70000, fresh.data(), fresh.size());
  const uint8_t filler = 0x21;
  Ok(clEnqueueFillBuffer(queue, buffer, &filler, 1, 90000, 100, 0, nullptr, nullptr));
  std::memset(data.data() + 90000, filler, 100);
  mapped = Map(queue, buffer, CL_MAP_READ, 60000, 40000, CL_FALSE);
  Ok(clFinish(queue));
  Expect(std::memcmp(mapped, data.data() + 60000, 40000) == 0,
         "a map after writes, not waited for");
  Unmap(queue, buffer, mapped);

  mapped = Map(queue, buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, data.size());
  data = e2e::Pattern(data.size(), 9);
  std::memcpy(mapped, data.data(), data.size());
  Unmap(queue, buffer, mapped);
  e2e::Launch(queue, kernel, data.size());
  for (uint8_t& byte : data) ++byte;
  const auto seen = e2e::ReadAll<uint8_t>(queue, buffer, data.size());
  Expect(seen == data, "an invalidating map and a kernel");
  e2e::PrintChecksum("used", seen.data(), seen.size());
  Ok(clFinish(queue));
}

void EveryKind(const e2e::Session& session, cl_kernel kernel) {
  const struct {
    const char* label;
    cl_mem_flags flags;
  } kinds[] = {{"plain", 0},
               {"read-write", CL_MEM_READ_WRITE},
               {"allocated", CL_MEM_ALLOC_HOST_PTR},
               {"allocated and filled", CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR},
               {"filled", CL_MEM_COPY_HOST_PTR},
               {"own memory", CL_MEM_USE_HOST_PTR}};
  for (const auto& kind : kinds) {
    std::vector<uint8_t> data = e2e::Pattern(kBytes, 1);
    const bool given = (kind.flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR)) != 0;
    cl_mem buffer =
        e2e::MakeBuffer(session.context, kBytes, kind.flags, given ? data.data() : nullptr);
    Print(kind.label, buffer);
    if (!given) {
      Ok(clEnqueueWriteBuffer(session.queue, buffer, CL_TRUE, 0, kBytes, data.data(), 0, nullptr,
                              nullptr));
    }
    Use(session, kernel, buffer, data);
    Print(kind.label, buffer);
    Ok(clReleaseMemObject(buffer));
  }
}

// What only the host, or only the device, may touch.
void Restricted(const e2e::Session& session) {
  for (const cl_mem_flags flags :
       {cl_mem_flags{CL_MEM_HOST_READ_ONLY}, cl_mem_flags{CL_MEM_HOST_WRITE_ONLY},
        cl_mem_flags{CL_MEM_HOST_NO_ACCESS}, cl_mem_flags{CL_MEM_READ_ONLY},
        cl_mem_flags{CL_MEM_WRITE_ONLY | CL_MEM_ALLOC_HOST_PTR}}) {
    cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, flags);
    Print("restricted", buffer);
    for (const cl_map_flags how : {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_WRITE_INVALIDATE_REGION}) {
      cl_int code = CL_SUCCESS;
      void* mapped = clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, how, 0, kBytes, 0, nullptr,
                                        nullptr, &code);
      std::printf("map %llu: %s\n", static_cast<unsigned long long>(how),
                  e2e::CodeName(code).c_str());
      if (mapped != nullptr) Unmap(session.queue, buffer, mapped);
    }
    Ok(clFinish(session.queue));
    Ok(clReleaseMemObject(buffer));
  }
}

void Refused(const e2e::Session& session) {
  std::vector<uint8_t> data(kBytes);
  const struct {
    cl_mem_flags flags;
    size_t bytes;
    bool given;
  } kinds[] = {{CL_MEM_COPY_HOST_PTR, kBytes, false},
               {CL_MEM_USE_HOST_PTR, kBytes, false},
               {0, kBytes, true},
               {CL_MEM_ALLOC_HOST_PTR, kBytes, true},
               {CL_MEM_ALLOC_HOST_PTR | CL_MEM_USE_HOST_PTR, kBytes, true},
               {CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR, kBytes, true},
               {CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, kBytes, false},
               {cl_mem_flags{1} << 40, kBytes, false},
               {0, SIZE_MAX, false},
               {CL_MEM_ALLOC_HOST_PTR, SIZE_MAX / 2, false}};
  for (const auto& kind : kinds) {
    cl_int code = CL_SUCCESS;
    cl_mem buffer = clCreateBuffer(session.context, kind.flags, kind.bytes,
                                   kind.given ? data.data() : nullptr, &code);
    std::printf("flags %#llx, data %s: %s\n", static_cast<unsigned long long>(kind.flags),
                kind.given ? "given" : "not given", e2e::CodeName(code).c_str());
    if (buffer != nullptr) Ok(clReleaseMemObject(buffer));
  }
}

void Parts(const e2e::Session& session, cl_kernel kernel) {
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 4);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes,
                                  CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR, data.data());
  cl_mem part = SubBuffer(buffer, 4096, 200000);
  cl_mem other = SubBuffer(buffer, 131072, 100000, CL_MEM_HOST_READ_ONLY);
  Print("a part", part);
  Print("another", other);
  Print("the whole", buffer);
  uint8_t* mapped = Map(session.queue, part, CL_MAP_READ | CL_MAP_WRITE, 10, 1000);
  Expect(std::memcmp(mapped, data.data() + 4106, 1000) == 0, "a map of a part");
  std::memset(mapped, 5, 1000);
  std::memset(data.data() + 4106, 5, 1000);
  Unmap(session.queue, part, mapped);
  e2e::SetArg(kernel, 0, part);
  e2e::Launch(session.queue, kernel, 200000);
  for (size_t i = 0; i < 200000; ++i) ++data[4096 + i];
  mapped = Map(session.queue, other, CL_MAP_READ, 0, 100000);
  Expect(std::memcmp(mapped, data.data() + 131072, 100000) == 0, "the parts overlap");
  Unmap(session.queue, other, mapped);
  Ok(clFinish(session.queue));
  Ok(clReleaseMemObject(buffer));  // Its parts keep it.
  Use(session, kernel, part, {data.begin() + 4096, data.begin() + 204096});
  Ok(clReleaseMemObject(part));
  Ok(clReleaseMemObject(other));
}

void ImageOver(const e2e::Session& session) {
  std::vector<uint8_t> data = e2e::Pattern(kBytes, 6);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes,
                                  CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR, data.data());
  const cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
  cl_image_desc desc = {};
  desc.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER;
  desc.image_width = 10000;
  desc.buffer = buffer;
  cl_int code = CL_SUCCESS;
  cl_mem image = clCreateImage(session.context, 0, &format, &desc, nullptr, &code);
  std::printf("an image over a buffer: %s\n", e2e::CodeName(code).c_str());
  if (code == CL_SUCCESS) {
    Print("the image", image);
    const size_t origin[3] = {100, 0, 0};
    const size_t region[3] = {1000, 1, 1};
    std::vector<uint8_t> seen(4000);
    Ok(clEnqueueReadImage(session.queue, image, CL_TRUE, origin, region, 0, 0, seen.data(), 0,
                          nullptr, nullptr));
    Expect(std::memcmp(seen.data(), data.data() + 400, seen.size()) == 0, "it shows the buffer");
    size_t pitch = 0;
    void* mapped = clEnqueueMapImage(session.queue, image, CL_TRUE, CL_MAP_WRITE, origin, region,
                                     &pitch, nullptr, 0, nullptr, nullptr, &code);
    Ok(code);
    std::memset(mapped, 3, 4000);
    std::memset(data.data() + 400, 3, 4000);
    Unmap(session.queue, image, mapped);
    Ok(clReleaseMemObject(image));
  }
  Expect(e2e::ReadAll<uint8_t>(session.queue, buffer, kBytes) == data, "and the other way");
  Ok(clReleaseMemObject(buffer));
}

bool Becomes(const std::atomic<int>& count, int wanted) {
  for (int i = 0; i < 10000 && count != wanted; ++i) usleep(1000);
  return count == wanted;
}

void CL_CALLBACK CountEnd(cl_mem, void* count) { ++*static_cast<std::atomic<int>*>(count); }

// Released while a kernel still works on it, and mapped; made and released many times over.
void Ends(const e2e::Session& session, cl_kernel kernel) {
  std::atomic<int> ended = 0;
  cl_event gate = e2e::MakeUserEvent(session.context);
  cl_mem buffer = e2e::MakeBuffer(session.context, kBytes, CL_MEM_ALLOC_HOST_PTR);
  Ok(clSetMemObjectDestructorCallback(buffer, CountEnd, &ended));
  e2e::SetArg(kernel, 0, buffer);
  const size_t items = kBytes;
  Ok(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &items, nullptr, 1, &gate, nullptr));
  Ok(clReleaseMemObject(buffer));
  Ok(clSetUserEventStatus(gate, CL_COMPLETE));
  Ok(clFinish(session.queue));
  Ok(clReleaseEvent(gate));
  cl_mem small = e2e::MakeBuffer(session.context, 64);
  e2e::SetArg(kernel, 0, small);
  Ok(clReleaseMemObject(small));
  for (int round = 0; round < 300; ++round) {
    cl_mem one = e2e::MakeBuffer(session.context, size_t{4} << 20, CL_MEM_ALLOC_HOST_PTR);
    Ok(clSetMemObjectDestructorCallback(one, CountEnd, &ended));
    uint8_t* mapped = Map(session.queue, one, CL_MAP_WRITE, 0, size_t{4} << 20);
    mapped[round] = mapped[(size_t{4} << 20) - 1] = 1;
    Unmap(session.queue, one, mapped);
    Ok(clReleaseMemObject(one));
  }
  Ok(clFinish(session.queue));
  Expect(Becomes(ended, 301), "every buffer's end was told");
  std::vector<cl_mem> many;
  for (int i = 0; i < 700; ++i) {  // more than are shared
    many.push_back(e2e::MakeBuffer(session.context, size_t{2} << 20, CL_MEM_ALLOC_HOST_PTR));
    uint8_t* mapped = Map(session.queue, many.back(), CL_MAP_WRITE, 0, 1000);
    std::memset(mapped, i, 1000);
    Unmap(session.queue, many.back(), mapped);
  }
  for (int i = 0; i < 700; ++i) {
    uint8_t byte = 0;
    Ok(clEnqueueReadBuffer(session.queue, many[static_cast<size_t>(i)], CL_TRUE, 999, 1, &byte, 0,
                           nullptr, nullptr));
    Expect(byte == static_cast<uint8_t>(i), "each has its own");
    Ok(clReleaseMemObject(many[static_cast<size_t>(i)]));
  }
  std::puts("ends");
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  cl_program program = e2e::BuildProgram(session.context, session.device, kIncrement);
  cl_kernel kernel = e2e::MakeKernel(program, "increment");
  EveryKind(session, kernel);
  Restricted(session);
  Refused(session);
  Parts(session, kernel);
  ImageOver(session);
  Ends(session, kernel);
  Ok(clReleaseKernel(kernel));
  Ok(clReleaseProgram(program));
  return e2e::Finish();
}
