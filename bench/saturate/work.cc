// SPDX-License-Identifier: Apache-2.0
#include "bench/saturate/work.h"

#include <numeric>
#include <vector>

namespace bench {
namespace {

constexpr size_t kGroupItems = 32;
// Many small groups, so that units which are disturbed leave some of theirs to the others.
constexpr size_t kGroupsPerUnit = 32;

// One step is the linear congruential generator of 'Numerical Recipes': each needs the one before,
// and no compiler shortens the loop.
constexpr char kSource[] = R"(
kernel void work(global uint* numbers, uint loops) {
  uint number = numbers[get_global_id(0)];
  for (uint i = 0; i < loops; ++i) number = number * 1664525u + 1013904223u;
  numbers[get_global_id(0)] = number;
}
)";

// x -> factor * x + term, modulo 2^32. Many steps are a map of this kind again, which is how the
// host knows their result without taking them.
struct Affine {
  std::uint32_t factor = 1;
  std::uint32_t term = 0;

  std::uint32_t Of(std::uint32_t x) const { return factor * x + term; }
  Affine After(const Affine& first) const { return {factor * first.factor, Of(first.term)}; }
};

Affine Steps(std::uint64_t count) {
  Affine all;
  Affine power{.factor = 1664525, .term = 1013904223};
  for (; count != 0; count >>= 1U) {
    if ((count & 1U) != 0) all = power.After(all);
    power = power.After(power);
  }
  return all;
}

size_t ItemsFor(const Device& device) {
  cl_uint units = 0;
  Ok(clGetDeviceInfo(device.id(), CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, nullptr));
  return units * kGroupsPerUnit * kGroupItems;
}

}  // namespace

Work::Work(const Device& device, std::uint32_t loops)
    : device_(device),
      items_(ItemsFor(device)),
      program_(device.Build(kSource)),
      buffer_(device.MakeBuffer(items_ * sizeof(cl_uint))) {
  cl_int code = CL_SUCCESS;
  kernel_ = clCreateKernel(program_, "work", &code);
  Ok(code);
  Ok(clSetKernelArg(kernel_, 0, kHandleBytes, &buffer_));
  SetLoops(loops);
  std::vector<cl_uint> numbers(items_);
  std::iota(numbers.begin(), numbers.end(), 0U);
  Ok(clEnqueueWriteBuffer(device_.queue(), buffer_, CL_TRUE, 0, items_ * sizeof(cl_uint),
                          numbers.data(), 0, nullptr, nullptr));
  Launch(nullptr);
  device_.Finish();
}

Work::~Work() {
  Ok(clReleaseMemObject(buffer_));
  Ok(clReleaseKernel(kernel_));
  Ok(clReleaseProgram(program_));
}

void Work::SetLoops(std::uint32_t loops) {
  loops_ = loops;
  Ok(clSetKernelArg(kernel_, 1, sizeof loops_, &loops_));
}

void Work::Launch(cl_event* event) {
  Ok(clEnqueueNDRangeKernel(device_.queue(), kernel_, 1, nullptr, &items_, &kGroupItems, 0, nullptr,
                            event));
  steps_ += loops_;
  ++launches_;
}

bool Work::ResultsAreRight() const {
  std::vector<cl_uint> numbers(items_);
  Ok(clEnqueueReadBuffer(device_.queue(), buffer_, CL_TRUE, 0, items_ * sizeof(cl_uint),
                         numbers.data(), 0, nullptr, nullptr));
  const Affine steps = Steps(steps_);
  for (cl_uint item = 0; item < items_; ++item) {
    if (numbers[item] != steps.Of(item)) {
      std::fprintf(stderr, "saturate: number %u is %u instead of %u after %llu kernels\n", item,
                   numbers[item], steps.Of(item), static_cast<unsigned long long>(launches_));
      return false;
    }
  }
  return true;
}

}  // namespace bench
