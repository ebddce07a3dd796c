// SPDX-License-Identifier: Apache-2.0
// Error sweep: sharing with OpenGL and EGL. Nothing here has a context of either, so only the
// handles can be wrong. Left out is what PoCL 3.1 lacks (it ends the process): the EGL functions
// and clCreateEventFromGLsyncKHR in a context, buffers and renderbuffers, and what a GL object is.
#include <CL/cl_egl.h>
#include <CL/cl_gl.h>

#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepScene;

constexpr cl_GLenum kTexture2d = 0x0DE1;
constexpr cl_GLenum kTexture3d = 0x806F;

// make(context, code) is the call.
template <typename Make>
void Creations(const char* function, Make make) {
  Sweep(function).Made("NULL context", [&](cl_int* code) { return make(nullptr, code); });
}

template <typename Make>
void CreationsInContext(const char* function, cl_context context, Make make) {
  Creations(function, make);
  Sweep(function).Made("no context of OpenGL", [&](cl_int* code) { return make(context, code); });
}

void CreateFromGl(cl_context context) {
  Creations("clCreateFromGLBuffer", [](cl_context in, cl_int* code) {
    return clCreateFromGLBuffer(in, CL_MEM_READ_WRITE, 1, code);
  });
  Creations("clCreateFromGLRenderbuffer", [](cl_context in, cl_int* code) {
    return clCreateFromGLRenderbuffer(in, CL_MEM_READ_WRITE, 1, code);
  });
  CreationsInContext("clCreateFromGLTexture", context, [](cl_context in, cl_int* code) {
    return clCreateFromGLTexture(in, CL_MEM_READ_WRITE, kTexture2d, 0, 1, code);
  });
  CreationsInContext("clCreateFromGLTexture2D", context, [](cl_context in, cl_int* code) {
    return clCreateFromGLTexture2D(in, CL_MEM_READ_WRITE, kTexture2d, 0, 1, code);
  });
  CreationsInContext("clCreateFromGLTexture3D", context, [](cl_context in, cl_int* code) {
    return clCreateFromGLTexture3D(in, CL_MEM_READ_WRITE, kTexture3d, 0, 1, code);
  });
  Creations("clCreateEventFromGLsyncKHR", [](cl_context in, cl_int* code) {
    return clCreateEventFromGLsyncKHR(in, nullptr, code);
  });
}

void UseOfGl(const SweepScene& scene) {
  size_t bytes = 0;
  const cl_mem* buffer = &scene.buffer;
  cl_command_queue queue = scene.session.queue;
  Sweep("clGetGLObjectInfo")("NULL object", clGetGLObjectInfo(nullptr, nullptr, nullptr));
  Sweep("clGetGLTextureInfo")(
      "NULL object", clGetGLTextureInfo(nullptr, CL_GL_TEXTURE_TARGET, 0, nullptr, &bytes));
  const Sweep acquire("clEnqueueAcquireGLObjects");
  acquire("NULL queue", clEnqueueAcquireGLObjects(nullptr, 1, buffer, 0, nullptr, nullptr));
  acquire("a plain buffer", clEnqueueAcquireGLObjects(queue, 1, buffer, 0, nullptr, nullptr));
  const Sweep release("clEnqueueReleaseGLObjects");
  release("NULL queue", clEnqueueReleaseGLObjects(nullptr, 1, buffer, 0, nullptr, nullptr));
  release("a plain buffer", clEnqueueReleaseGLObjects(queue, 1, buffer, 0, nullptr, nullptr));
  Sweep("clGetGLContextInfoKHR")(
      "NULL properties",
      clGetGLContextInfoKHR(nullptr, CL_CURRENT_DEVICE_FOR_GL_CONTEXT_KHR, 0, nullptr, &bytes));
}

void Egl(const SweepScene& scene) {
  Creations("clCreateFromEGLImageKHR", [](cl_context in, cl_int* code) {
    return clCreateFromEGLImageKHR(in, nullptr, nullptr, CL_MEM_READ_WRITE, nullptr, code);
  });
  Creations("clCreateEventFromEGLSyncKHR", [](cl_context in, cl_int* code) {
    return clCreateEventFromEGLSyncKHR(in, nullptr, nullptr, code);
  });
  Sweep("clEnqueueAcquireEGLObjectsKHR")(
      "NULL queue", clEnqueueAcquireEGLObjectsKHR(nullptr, 1, &scene.buffer, 0, nullptr, nullptr));
  Sweep("clEnqueueReleaseEGLObjectsKHR")(
      "NULL queue", clEnqueueReleaseEGLObjectsKHR(nullptr, 1, &scene.buffer, 0, nullptr, nullptr));
}

}  // namespace

int main() {
  e2e::Begin();
  const SweepScene scene;
  CreateFromGl(scene.session.context);
  UseOfGl(scene);
  Egl(scene);
  return e2e::Finish();
}
