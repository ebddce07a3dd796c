// SPDX-License-Identifier: Apache-2.0
// 100,000 objects of each kind alive at the same time, used while they are, and released in no
// order.
#include <algorithm>
#include <random>

#include "tests/e2e/programs/check.h"

namespace {

using e2e::Expect;
using e2e::Ok;

constexpr size_t kAlive = 100000;
constexpr size_t kStep = 997;  // which of them are looked at

template <typename T, typename Make, typename Use, typename Release>
void Live(const char* what, Make make, Use use, Release release) {
  std::vector<T> objects(kAlive);
  for (size_t i = 0; i < kAlive; ++i) objects[i] = make(i);
  size_t right = 0;
  for (size_t i = 0; i < kAlive; i += kStep) right += use(objects[i], i) ? 1U : 0U;
  std::shuffle(objects.begin(), objects.end(), std::mt19937(11));
  for (T object : objects) Ok(release(object));
  std::printf("%zu %s, %zu looked at\n", kAlive, what, right);
  Expect(right == (kAlive + kStep - 1) / kStep, "each is what it was made");
}

cl_uint FirstWord(const e2e::Session& session, cl_mem buffer) {
  return e2e::ReadAll<cl_uint>(session.queue, buffer, 1)[0];
}

void Memory(const e2e::Session& session) {
  Live<cl_mem>(
      "buffers",
      [&](size_t i) {
        auto value = static_cast<cl_uint>(i);
        return e2e::MakeBuffer(session.context, sizeof value, CL_MEM_COPY_HOST_PTR, &value);
      },
      [&](cl_mem buffer, size_t i) { return FirstWord(session, buffer) == i; }, clReleaseMemObject);

  std::vector<cl_uint> words(kAlive * 32);
  for (size_t i = 0; i < kAlive; ++i) words[i * 32] = static_cast<cl_uint>(i);
  cl_mem whole = e2e::MakeBuffer(session.context, words.size() * sizeof(cl_uint),
                                 CL_MEM_COPY_HOST_PTR, words.data());
  Live<cl_mem>(
      "sub-buffers",
      [&](size_t i) {
        const cl_buffer_region part = {.origin = i * 128, .size = 128};
        cl_int code = CL_SUCCESS;
        cl_mem sub =
            clCreateSubBuffer(whole, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &part, &code);
        Ok(code);
        return sub;
      },
      [&](cl_mem sub, size_t i) { return FirstWord(session, sub) == i; }, clReleaseMemObject);
  Ok(clReleaseMemObject(whole));

  Live<cl_mem>(
      "images",
      [&](size_t i) {
        const cl_image_format format = {.image_channel_order = CL_R,
                                        .image_channel_data_type = CL_UNSIGNED_INT32};
        cl_image_desc desc = {};
        desc.image_type = CL_MEM_OBJECT_IMAGE2D;
        desc.image_width = 1 + i % 3;
        desc.image_height = 1;
        cl_int code = CL_SUCCESS;
        cl_mem image =
            clCreateImage(session.context, CL_MEM_READ_WRITE, &format, &desc, nullptr, &code);
        Ok(code);
        return image;
      },
      [&](cl_mem image, size_t i) {
        size_t width = 0;
        Ok(clGetImageInfo(image, CL_IMAGE_WIDTH, sizeof width, &width, nullptr));
        return width == 1 + i % 3;
      },
      clReleaseMemObject);
}

void Others(const e2e::Session& session) {
  cl_program program = e2e::BuildProgram(
      session.context, session.device, "kernel void k(global uint* x, uint value) { *x = value; }");
  cl_mem buffer = e2e::MakeBuffer(session.context, sizeof(cl_uint));
  Live<cl_kernel>(
      "kernels",
      [&](size_t i) {
        cl_kernel kernel = e2e::MakeKernel(program, "k");
        e2e::SetArg(kernel, 0, buffer);
        e2e::SetArg(kernel, 1, static_cast<cl_uint>(i));
        return kernel;
      },
      [&](cl_kernel kernel, size_t i) {
        e2e::Launch(session.queue, kernel, 1);
        return FirstWord(session, buffer) == i;
      },
      clReleaseKernel);
  Ok(clReleaseMemObject(buffer));
  Ok(clReleaseProgram(program));

  Live<cl_event>(
      "user events", [&](size_t) { return e2e::MakeUserEvent(session.context); },
      [](cl_event event, size_t) {
        Ok(clSetUserEventStatus(event, CL_COMPLETE));
        return e2e::EventStatus(event) == CL_COMPLETE;
      },
      clReleaseEvent);
  Live<cl_event>(
      "commands",
      [&](size_t) {
        cl_event event = nullptr;
        Ok(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, &event));
        return event;
      },
      [](cl_event event, size_t) {
        Ok(clWaitForEvents(1, &event));
        return e2e::EventStatus(event) == CL_COMPLETE;
      },
      clReleaseEvent);
  Live<cl_sampler>(
      "samplers",
      [&](size_t i) {
        cl_int code = CL_SUCCESS;
        cl_sampler sampler = clCreateSampler(session.context, CL_FALSE,
                                             i % 2 == 0 ? CL_ADDRESS_CLAMP : CL_ADDRESS_NONE,
                                             CL_FILTER_NEAREST, &code);
        Ok(code);
        return sampler;
      },
      [](cl_sampler sampler, size_t i) {
        cl_addressing_mode mode = 0;
        Ok(clGetSamplerInfo(sampler, CL_SAMPLER_ADDRESSING_MODE, sizeof mode, &mode, nullptr));
        return mode == (i % 2 == 0 ? CL_ADDRESS_CLAMP : CL_ADDRESS_NONE);
      },
      clReleaseSampler);
  Live<cl_program>(
      "programs",
      [&](size_t i) {
        return e2e::MakeProgram(session.context,
                                ("kernel void p" + std::to_string(i) + "() {}").c_str());
      },
      [](cl_program one, size_t i) {
        char source[64] = {};
        Ok(clGetProgramInfo(one, CL_PROGRAM_SOURCE, sizeof source, source, nullptr));
        return std::string(source) == "kernel void p" + std::to_string(i) + "() {}";
      },
      clReleaseProgram);
}

}  // namespace

int main() {
  e2e::Begin();
  const e2e::Session session;
  Memory(session);
  Others(session);
  return e2e::Finish();
}
