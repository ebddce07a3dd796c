// SPDX-License-Identifier: Apache-2.0
// Kernel arguments of every kind: scalars and vectors of all widths, structs, local memory, NULL
// memory, constant memory, and that an argument keeps the value of its last setting.
#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr const char* kSource = R"(
kernel void scalars(global double* out, char c, uchar uc, short s, ushort us, int i, uint ui, long l,
                    ulong ul, float f, double d) {
  out[0] = c; out[1] = uc; out[2] = s; out[3] = us; out[4] = i; out[5] = ui;
  out[6] = (double)l; out[7] = (double)ul; out[8] = f; out[9] = d;
}
kernel void vectors(global float* out, float2 a, int4 b, float8 c, uchar16 d) {
  out[0] = a.x + a.y; out[1] = b.x + b.y + b.z + b.w; out[2] = c.s0 + c.s7; out[3] = d.s0 + d.sf;
}
typedef struct { int number; float parts[3]; char letter; long tail; } Record;
kernel void record(global float* out, Record r) {
  out[0] = r.number; out[1] = r.parts[0] + r.parts[2]; out[2] = r.letter; out[3] = r.tail;
}
kernel void reverse(global int* data, local int* room, local char* more) {
  const size_t at = get_local_id(0), last = get_local_size(0) - 1;
  room[at] = data[get_global_id(0)];
  more[at] = 1;
  barrier(CLK_LOCAL_MEM_FENCE);
  data[get_global_id(0)] = room[last - at] * more[at];
}
kernel void maybe(global int* out, global const int* in) { out[0] = in ? in[0] : -1; }
kernel void fixed(global int* out, constant int* table) { out[get_global_id(0)] = table[get_global_id(0)]; }
kernel void many(global int* out, int a, int b, int c, int d, int e, int f, int g, int h, int i, int j,
                 int k, int l, int m, int n, int o) {
  out[0] = a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 + k * 11 + l * 12 +
           m * 13 + n * 14 + o * 15;
}
)";

struct Record {
  cl_int number;
  cl_float parts[3];
  cl_char letter;
  cl_long tail;
};

class Args {
 public:
  explicit Args(const e2e::Session& session)
      : session_(session),
        program_(e2e::BuildProgram(session.context, session.device, kSource)),
        out_(e2e::MakeBuffer(session.context, 4096)) {}
  Args(const Args&) = delete;
  Args& operator=(const Args&) = delete;
  ~Args() {
    Ok(clReleaseMemObject(out_));
    Ok(clReleaseProgram(program_));
  }

  void Scalars() {
    cl_kernel kernel = Kernel("scalars");
    e2e::SetArg(kernel, 1, cl_char{-5});
    e2e::SetArg(kernel, 2, cl_uchar{200});
    e2e::SetArg(kernel, 3, cl_short{-3000});
    e2e::SetArg(kernel, 4, cl_ushort{60000});
    e2e::SetArg(kernel, 5, cl_int{-70000});
    e2e::SetArg(kernel, 6, cl_uint{4000000000});
    e2e::SetArg(kernel, 7, cl_long{-5000000000});
    e2e::SetArg(kernel, 8, cl_ulong{9000000000});
    e2e::SetArg(kernel, 9, cl_float{1.5F});
    e2e::SetArg(kernel, 10, cl_double{-2.25});
    Show<double>("scalars", kernel, 10);
  }

  void Vectors() {
    cl_kernel kernel = Kernel("vectors");
    e2e::SetArg(kernel, 1, cl_float2{{1, 2}});
    e2e::SetArg(kernel, 2, cl_int4{{1, 20, 300, 4000}});
    e2e::SetArg(kernel, 3, cl_float8{{1, 2, 3, 4, 5, 6, 7, 8}});
    cl_uchar16 bytes = {};
    bytes.s[0] = 100;
    bytes.s[15] = 55;
    e2e::SetArg(kernel, 4, bytes);
    Show<float>("vectors", kernel, 4);
  }

  void Structs() {
    cl_kernel kernel = Kernel("record");
    e2e::SetArg(kernel, 1, Record{7, {1, 2, 30}, 'x', -9});
    Show<float>("struct", kernel, 4);
  }

  void Local() {
    cl_kernel kernel = Kernel("reverse");
    std::vector<int> data(64);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<int>(i);
    Ok(clEnqueueWriteBuffer(session_.queue, out_, CL_TRUE, 0, 64 * sizeof(int), data.data(), 0,
                            nullptr, nullptr));
    Ok(clSetKernelArg(kernel, 1, 16 * sizeof(int), nullptr));
    Ok(clSetKernelArg(kernel, 2, 16, nullptr));
    const size_t global = 64;
    const size_t local = 16;
    Ok(clEnqueueNDRangeKernel(session_.queue, kernel, 1, nullptr, &global, &local, 0, nullptr,
                              nullptr));
    const auto seen = e2e::ReadAll<int>(session_.queue, out_, 64);
    std::printf("local:");
    for (size_t i = 0; i < 64; ++i) {
      std::printf(" %d", seen[i]);
      Expect(seen[i] == static_cast<int>(i / 16 * 16 + 15 - i % 16), "reversed in each group");
    }
    std::puts("");
    Ok(clReleaseKernel(kernel));
  }

  void NullMemory() {
    cl_kernel kernel = Kernel("maybe");
    cl_mem none = nullptr;
    Ok(clSetKernelArg(kernel, 1, sizeof(cl_mem), &none));
    e2e::Launch(session_.queue, kernel, 1);
    std::printf("pointer to a NULL object: %d\n", First());
    int value = 33;
    cl_mem some = e2e::MakeBuffer(session_.context, sizeof value, CL_MEM_COPY_HOST_PTR, &value);
    e2e::SetArg(kernel, 1, some);
    e2e::Launch(session_.queue, kernel, 1);
    std::printf("an object: %d\n", First());
    Ok(clSetKernelArg(kernel, 1, sizeof(cl_mem), nullptr));
    e2e::Launch(session_.queue, kernel, 1);
    std::printf("a NULL pointer: %d\n", First());
    Ok(clReleaseMemObject(some));
    Ok(clReleaseKernel(kernel));
  }

  void Constant() {
    cl_kernel kernel = Kernel("fixed");
    int table[8] = {1, 1, 2, 3, 5, 8, 13, 21};
    cl_mem memory = e2e::MakeBuffer(session_.context, sizeof table,
                                    CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, table);
    e2e::SetArg(kernel, 1, memory);
    e2e::Launch(session_.queue, kernel, 8);
    Ok(clReleaseMemObject(memory));  // The launch keeps it.
    const auto seen = e2e::ReadAll<int>(session_.queue, out_, 8);
    Expect(std::memcmp(seen.data(), table, sizeof table) == 0, "constant memory");
    std::printf("constant: ... %d\n", seen[7]);
    Ok(clReleaseKernel(kernel));
  }

  // Each launch takes the arguments as they are at its call.
  void Latest() {
    cl_kernel kernel = Kernel("many");
    for (cl_uint i = 1; i < 16; ++i) e2e::SetArg(kernel, i, cl_int{1});
    cl_mem outs[10];
    for (int round = 0; round < 10; ++round) {
      outs[round] = e2e::MakeBuffer(session_.context, sizeof(int));
      e2e::SetArg(kernel, 0, outs[round]);
      e2e::SetArg(kernel, 15, cl_int{1000});
      e2e::SetArg(kernel, 15, cl_int{round});
      e2e::Launch(session_.queue, kernel, 1);
    }
    for (cl_mem out : outs) {
      std::printf("latest: %d\n", e2e::ReadAll<int>(session_.queue, out, 1)[0]);
      Ok(clReleaseMemObject(out));
    }
    Ok(clReleaseKernel(kernel));
  }

  void Clones() {
    cl_kernel kernel = Kernel("many");
    for (cl_uint i = 1; i < 16; ++i) e2e::SetArg(kernel, i, cl_int{2});
    cl_int code = CL_SUCCESS;
    cl_kernel clone = clCloneKernel(kernel, &code);
    Ok(code);
    for (cl_uint i = 1; i < 16; ++i) e2e::SetArg(kernel, i, cl_int{3});
    e2e::Launch(session_.queue, clone, 1);
    std::printf("clone: %d\n", First());
    e2e::Launch(session_.queue, kernel, 1);
    std::printf("original: %d\n", First());
    Ok(clReleaseKernel(clone));
    Ok(clReleaseKernel(kernel));
  }

 private:
  cl_kernel Kernel(const char* name) {
    cl_kernel kernel = e2e::MakeKernel(program_, name);
    e2e::SetArg(kernel, 0, out_);
    return kernel;
  }

  int First() { return e2e::ReadAll<int>(session_.queue, out_, 1)[0]; }

  template <typename T>
  void Show(const char* label, cl_kernel kernel, size_t count) {
    e2e::Launch(session_.queue, kernel, 1);
    std::printf("%s:", label);
    for (const T value : e2e::ReadAll<T>(session_.queue, out_, count)) {
      std::printf(" %.10g", static_cast<double>(value));
    }
    std::puts("");
    Ok(clReleaseKernel(kernel));
  }

  const e2e::Session& session_;
  cl_program program_;
  cl_mem out_;
};

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Args args(session);
  args.Scalars();
  args.Vectors();
  args.Structs();
  args.Local();
  args.NullMemory();
  args.Constant();
  args.Latest();
  args.Clones();
  return e2e::Finish();
}
