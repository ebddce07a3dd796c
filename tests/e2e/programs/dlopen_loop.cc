// SPDX-License-Identifier: Apache-2.0
// A program that is not linked to OpenCL: it opens libOpenCL.so by name, computes, closes it, and
// does so again; it also closes it with objects alive.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/e2e/programs/names.h"

namespace {

// One opened library. The types come from the header, the functions from the library alone.
class Library {
 public:
  explicit Library(const char* name) : handle_(dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) Die(dlerror());
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (dlclose(handle_) != 0) Die(dlerror());
  }

  template <typename Function>
  Function* Find(const char* name, Function*) const {
    void* symbol = dlsym(handle_, name);
    if (symbol == nullptr) Die(dlerror());
    return reinterpret_cast<Function*>(symbol);
  }

  [[noreturn]] static void Die(const char* why) {
    std::printf("FAILED: %s\n", why);
    std::fflush(stdout);
    _exit(2);
  }

 private:
  void* handle_;
};

void Ok(cl_int code) {
  if (code != CL_SUCCESS) Library::Die(e2e::CodeName(code).c_str());
}

#define FIND(library, name) (library).Find(#name, static_cast<decltype(&(name))>(nullptr))

// Fills a buffer and reads it back, leaving its objects alive when told to.
int Compute(const Library& library, int value, bool releases) {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  cl_int code = CL_SUCCESS;
  Ok(FIND(library, clGetPlatformIDs)(1, &platform, nullptr));
  Ok(FIND(library, clGetDeviceIDs)(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr));
  cl_context context = FIND(library, clCreateContext)(nullptr, 1, &device, nullptr, nullptr, &code);
  Ok(code);
  cl_command_queue queue = FIND(library, clCreateCommandQueue)(context, device, 0, &code);
  Ok(code);
  cl_mem buffer = FIND(library, clCreateBuffer)(context, CL_MEM_READ_WRITE, 400, nullptr, &code);
  Ok(code);
  int seen[100] = {};
  Ok(FIND(library, clEnqueueFillBuffer)(queue, buffer, &value, sizeof value, 0, 400, 0, nullptr,
                                        nullptr));
  Ok(FIND(library, clEnqueueReadBuffer)(queue, buffer, CL_TRUE, 0, 400, seen, 0, nullptr, nullptr));
  if (releases) {
    Ok(FIND(library, clReleaseMemObject)(buffer));
    Ok(FIND(library, clReleaseCommandQueue)(queue));
    Ok(FIND(library, clReleaseContext)(context));
  }
  return seen[99];
}

}  // namespace

int main() {
  alarm(300);
  setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  bool right = true;
  for (const char* name : {"libOpenCL.so", "libOpenCL.so.1"}) {
    for (int round = 0; round < 8; ++round) {
      const Library library(name);
      const int seen = Compute(library, 100 + round, round != 7);
      std::printf("%s round %d: %d\n", name, round, seen);
      right = right && seen == 100 + round;
    }
  }
  const Library first("libOpenCL.so.1");
  const Library second("libOpenCL.so.1");
  std::printf("opened twice: %d %d\n", Compute(first, 1, true), Compute(second, 2, true));
  std::puts(right ? "all right" : "failures");
  return right ? 0 : 1;
}
