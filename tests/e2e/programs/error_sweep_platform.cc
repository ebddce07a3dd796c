// SPDX-License-Identifier: Apache-2.0
// Error sweep: platforms, devices, contexts and command queues.
#include "tests/e2e/programs/sweep.h"

namespace {

using e2e::Ok;
using e2e::Sweep;
using e2e::SweepInfo;

void CL_CALLBACK Notify(const char*, const void*, size_t, void*) {}
void CL_CALLBACK ContextGone(cl_context, void*) {}

void Platforms(cl_platform_id platform) {
  const Sweep ids("clGetPlatformIDs");
  cl_platform_id room[4] = {};
  cl_uint count = 77;
  ids("room for none", clGetPlatformIDs(0, room, nullptr));
  ids("room for none, count wanted", clGetPlatformIDs(0, room, &count));
  ids("nothing wanted", clGetPlatformIDs(0, nullptr, nullptr));
  ids("room that is not there", clGetPlatformIDs(1, nullptr, nullptr));
  ids("room that is not there, count wanted", clGetPlatformIDs(1, nullptr, &count));
  const Sweep info("clGetPlatformInfo");
  SweepInfo(
      info,
      {E2E_INFO(CL_PLATFORM_NAME), E2E_INFO(CL_PLATFORM_PROFILE), E2E_INFO(CL_PLATFORM_VERSION),
       E2E_INFO(CL_PLATFORM_VENDOR), E2E_INFO(CL_PLATFORM_EXTENSIONS),
       E2E_INFO(CL_PLATFORM_HOST_TIMER_RESOLUTION), E2E_INFO(CL_PLATFORM_NUMERIC_VERSION),
       E2E_INFO(CL_PLATFORM_EXTENSIONS_WITH_VERSION), E2E_INFO(CL_DEVICE_NAME)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetPlatformInfo(platform, name, bytes, value, bytes_ret);
      });
  char text[256];
  info("NULL platform", clGetPlatformInfo(nullptr, CL_PLATFORM_NAME, sizeof text, text, nullptr));
  info("NULL platform, unknown name", clGetPlatformInfo(nullptr, 1, sizeof text, text, nullptr));
}

void DeviceIds(cl_platform_id platform) {
  const Sweep ids("clGetDeviceIDs");
  cl_device_id room[4] = {};
  cl_uint count = 77;
  ids("NULL platform", clGetDeviceIDs(nullptr, CL_DEVICE_TYPE_ALL, 4, room, &count));
  ids("type 0", clGetDeviceIDs(platform, 0, 4, room, &count));
  ids("unknown type", clGetDeviceIDs(platform, 1U << 10U, 4, room, &count));
  ids("type with unknown bits",
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_CPU | (1U << 20U), 4, room, &count));
  ids("room for none", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, room, &count));
  ids("nothing wanted", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, nullptr));
  ids("room that is not there", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, nullptr, nullptr));
  ids("room that is not there, count wanted",
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, nullptr, &count));
  for (const cl_device_type type :
       {CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ACCELERATOR, CL_DEVICE_TYPE_CUSTOM}) {
    ids("none of this type", clGetDeviceIDs(platform, type, 4, room, &count));
  }
}

constexpr std::initializer_list<e2e::InfoName> kDeviceNames = {
    E2E_INFO(CL_DEVICE_NAME),
    E2E_INFO(CL_DEVICE_TYPE),
    E2E_INFO(CL_DEVICE_VENDOR_ID),
    E2E_INFO(CL_DEVICE_MAX_COMPUTE_UNITS),
    E2E_INFO(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS),
    E2E_INFO(CL_DEVICE_MAX_WORK_GROUP_SIZE),
    E2E_INFO(CL_DEVICE_MAX_WORK_ITEM_SIZES),
    E2E_INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR),
    E2E_INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF),
    E2E_INFO(CL_DEVICE_MAX_CLOCK_FREQUENCY),
    E2E_INFO(CL_DEVICE_ADDRESS_BITS),
    E2E_INFO(CL_DEVICE_MAX_MEM_ALLOC_SIZE),
    E2E_INFO(CL_DEVICE_IMAGE_SUPPORT),
    E2E_INFO(CL_DEVICE_MAX_PARAMETER_SIZE),
    E2E_INFO(CL_DEVICE_MEM_BASE_ADDR_ALIGN),
    E2E_INFO(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE),
    E2E_INFO(CL_DEVICE_SINGLE_FP_CONFIG),
    E2E_INFO(CL_DEVICE_DOUBLE_FP_CONFIG),
    E2E_INFO(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE),
    E2E_INFO(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE),
    E2E_INFO(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE),
    E2E_INFO(CL_DEVICE_GLOBAL_MEM_SIZE),
    E2E_INFO(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE),
    E2E_INFO(CL_DEVICE_MAX_CONSTANT_ARGS),
    E2E_INFO(CL_DEVICE_LOCAL_MEM_TYPE),
    E2E_INFO(CL_DEVICE_LOCAL_MEM_SIZE),
    E2E_INFO(CL_DEVICE_ERROR_CORRECTION_SUPPORT),
    E2E_INFO(CL_DEVICE_PROFILING_TIMER_RESOLUTION),
    E2E_INFO(CL_DEVICE_ENDIAN_LITTLE),
    E2E_INFO(CL_DEVICE_AVAILABLE),
    E2E_INFO(CL_DEVICE_COMPILER_AVAILABLE),
    E2E_INFO(CL_DEVICE_LINKER_AVAILABLE),
    E2E_INFO(CL_DEVICE_EXECUTION_CAPABILITIES),
    E2E_INFO(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES),
    E2E_INFO(CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES),
    E2E_INFO(CL_DEVICE_VENDOR),
    E2E_INFO(CL_DRIVER_VERSION),
    E2E_INFO(CL_DEVICE_PROFILE),
    E2E_INFO(CL_DEVICE_VERSION),
    E2E_INFO(CL_DEVICE_EXTENSIONS),
    E2E_INFO(CL_DEVICE_PLATFORM),
    E2E_INFO(CL_DEVICE_HOST_UNIFIED_MEMORY),
    E2E_INFO(CL_DEVICE_OPENCL_C_VERSION),
    E2E_INFO(CL_DEVICE_BUILT_IN_KERNELS),
    E2E_INFO(CL_DEVICE_PARENT_DEVICE),
    E2E_INFO(CL_DEVICE_PARTITION_MAX_SUB_DEVICES),
    E2E_INFO(CL_DEVICE_PARTITION_PROPERTIES),
    E2E_INFO(CL_DEVICE_PARTITION_AFFINITY_DOMAIN),
    E2E_INFO(CL_DEVICE_PARTITION_TYPE),
    E2E_INFO(CL_DEVICE_REFERENCE_COUNT),
    E2E_INFO(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC),
    E2E_INFO(CL_DEVICE_PRINTF_BUFFER_SIZE),
    E2E_INFO(CL_DEVICE_SVM_CAPABILITIES),
    E2E_INFO(CL_DEVICE_NUMERIC_VERSION),
    E2E_INFO(CL_DEVICE_EXTENSIONS_WITH_VERSION),
    E2E_INFO(CL_DEVICE_ILS_WITH_VERSION),
    E2E_INFO(CL_DEVICE_OPENCL_C_ALL_VERSIONS),
    E2E_INFO(CL_DEVICE_OPENCL_C_FEATURES),
    E2E_INFO(CL_DEVICE_IL_VERSION),
    E2E_INFO(CL_DEVICE_MAX_NUM_SUB_GROUPS),
    E2E_INFO(CL_DEVICE_PIPE_SUPPORT),
    E2E_INFO(CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED),
    E2E_INFO(CL_PLATFORM_NAME)};

void DeviceInfo(cl_device_id device) {
  const Sweep info("clGetDeviceInfo");
  SweepInfo(info, kDeviceNames, [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
    return clGetDeviceInfo(device, name, bytes, value, bytes_ret);
  });
  char text[256];
  info("NULL device", clGetDeviceInfo(nullptr, CL_DEVICE_NAME, sizeof text, text, nullptr));
  const Sweep retain("clRetainDevice");
  retain("NULL", clRetainDevice(nullptr));
  retain("a root device", clRetainDevice(device));
  const Sweep release("clReleaseDevice");
  release("NULL", clReleaseDevice(nullptr));
  release("a root device", clReleaseDevice(device));
}

void CreateContext(cl_platform_id platform, cl_device_id device) {
  const Sweep create("clCreateContext");
  int data = 0;
  const auto attempt = [&](const char* what, const cl_context_properties* properties, cl_uint count,
                           const cl_device_id* devices, bool notifies, void* user_data) {
    cl_context context = create.Made(what, [&](cl_int* code) {
      return clCreateContext(properties, count, devices, notifies ? Notify : nullptr, user_data,
                             code);
    });
    if (context != nullptr) Ok(clReleaseContext(context));
  };
  const auto the_platform = reinterpret_cast<cl_context_properties>(platform);
  const cl_context_properties right[] = {CL_CONTEXT_PLATFORM, the_platform, 0};
  const cl_context_properties null_platform[] = {CL_CONTEXT_PLATFORM, 0, 0};
  const cl_context_properties unknown[] = {0x7777, 1, 0};
  const cl_context_properties twice[] = {CL_CONTEXT_PLATFORM, the_platform, CL_CONTEXT_PLATFORM,
                                         the_platform, 0};
  const cl_context_properties late[] = {CL_CONTEXT_PLATFORM, the_platform, 0x7777, 1, 0};
  const cl_context_properties sync[] = {CL_CONTEXT_INTEROP_USER_SYNC, CL_TRUE, 0};
  const cl_context_properties empty[] = {0};
  const cl_device_id null_device = nullptr;
  const cl_device_id mixed[] = {device, nullptr};
  attempt("no devices", right, 0, &device, false, nullptr);
  attempt("NULL devices", right, 1, nullptr, false, nullptr);
  attempt("no devices at all", right, 0, nullptr, false, nullptr);
  attempt("a NULL device", right, 1, &null_device, false, nullptr);
  attempt("a NULL device among others", right, 2, mixed, false, nullptr);
  attempt("user data without a function", right, 1, &device, false, &data);
  attempt("a NULL platform", null_platform, 1, &device, false, nullptr);
  attempt("an unknown property", unknown, 1, &device, false, nullptr);
  attempt("an unknown property after a known", late, 1, &device, false, nullptr);
  attempt("a property twice", twice, 1, &device, false, nullptr);
  attempt("interop sync", sync, 1, &device, false, nullptr);
  attempt("an empty property list", empty, 1, &device, true, nullptr);
  create.Made("no code wanted", [&](cl_int*) {
    return clCreateContext(unknown, 1, &device, nullptr, nullptr, nullptr);
  });
}

void CreateContextFromType(cl_platform_id platform) {
  const Sweep create("clCreateContextFromType");
  const auto the_platform = reinterpret_cast<cl_context_properties>(platform);
  const cl_context_properties right[] = {CL_CONTEXT_PLATFORM, the_platform, 0};
  const cl_context_properties null_platform[] = {CL_CONTEXT_PLATFORM, 0, 0};
  const cl_context_properties unknown[] = {CL_CONTEXT_PLATFORM, the_platform, 0x7777, 1, 0};
  const auto attempt = [&](const char* what, const cl_context_properties* properties,
                           cl_device_type type, void* user_data) {
    cl_int code = e2e::kUntouched;
    cl_context context = clCreateContextFromType(properties, type, nullptr, user_data, &code);
    create.Line(what, code, "");  // PoCL returns a context beside some errors.
    if (code == CL_SUCCESS) Ok(clReleaseContext(context));
  };
  int data = 0;
  attempt("type 0", right, 0, nullptr);
  attempt("unknown type", right, 1U << 20U, nullptr);
  attempt("no GPU", right, CL_DEVICE_TYPE_GPU, nullptr);
  attempt("no accelerator", right, CL_DEVICE_TYPE_ACCELERATOR, nullptr);
  attempt("user data without a function", right, CL_DEVICE_TYPE_CPU, &data);
  attempt("a NULL platform", null_platform, CL_DEVICE_TYPE_CPU, nullptr);
  attempt("an unknown property", unknown, CL_DEVICE_TYPE_CPU, nullptr);
}

void Context(const e2e::Session& session) {
  const Sweep info("clGetContextInfo");
  // PoCL writes the size of CL_CONTEXT_PROPERTIES unchecked: never ask for it without one.
  SweepInfo(
      info,
      {E2E_INFO(CL_CONTEXT_NUM_DEVICES), E2E_INFO(CL_CONTEXT_REFERENCE_COUNT),
       E2E_INFO(CL_CONTEXT_DEVICES), E2E_INFO(CL_CONTEXT_PROPERTIES), E2E_INFO(CL_DEVICE_NAME)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetContextInfo(session.context, name, bytes, value, bytes_ret);
      });
  cl_uint value = 0;
  info("NULL context",
       clGetContextInfo(nullptr, CL_CONTEXT_NUM_DEVICES, sizeof value, &value, nullptr));
  Sweep("clRetainContext")("NULL", clRetainContext(nullptr));
  Sweep("clReleaseContext")("NULL", clReleaseContext(nullptr));
  const Sweep destructor("clSetContextDestructorCallback");
  destructor("NULL context", clSetContextDestructorCallback(nullptr, ContextGone, nullptr));
  destructor("NULL function", clSetContextDestructorCallback(session.context, nullptr, nullptr));
}

void CreateQueue(const e2e::Session& session) {
  const Sweep create("clCreateCommandQueueWithProperties");
  const auto attempt = [&](const char* what, cl_context context, cl_device_id device,
                           std::vector<cl_queue_properties> properties) {
    properties.push_back(0);
    cl_command_queue queue = create.Made(what, [&](cl_int* code) {
      return clCreateCommandQueueWithProperties(context, device, properties.data(), code);
    });
    if (queue != nullptr) Ok(clReleaseCommandQueue(queue));
  };
  attempt("NULL context", nullptr, session.device, {});
  attempt("NULL device", session.context, nullptr, {});
  attempt("unknown property", session.context, session.device, {0x7777, 1});
  attempt("unknown bits", session.context, session.device, {CL_QUEUE_PROPERTIES, 1U << 20U});
  // Left out: a queue on the device. PoCL 3.1 ends the process ("unimplemented").
  attempt("default, not on device", session.context, session.device,
          {CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE_DEFAULT});
  attempt("a size, not on device", session.context, session.device, {CL_QUEUE_SIZE, 4096});
  attempt("right", session.context, session.device, {CL_QUEUE_PROPERTIES, 3});
  const Sweep older("clCreateCommandQueue");
  const auto attempt_older = [&](const char* what, cl_context context, cl_device_id device,
                                 cl_command_queue_properties properties) {
    cl_command_queue queue = older.Made(what, [&](cl_int* code) {
      return clCreateCommandQueue(context, device, properties, code);
    });
    if (queue != nullptr) Ok(clReleaseCommandQueue(queue));
  };
  attempt_older("NULL context", nullptr, session.device, 0);
  attempt_older("NULL device", session.context, nullptr, 0);
  attempt_older("unknown bits", session.context, session.device, 1U << 20U);
  attempt_older("on device", session.context, session.device, CL_QUEUE_ON_DEVICE);
  older.Made("no code wanted",
             [](cl_int*) { return clCreateCommandQueue(nullptr, nullptr, 0, nullptr); });
}

void Queue(const e2e::Session& session) {
  const Sweep info("clGetCommandQueueInfo");
  SweepInfo(
      info,
      {E2E_INFO(CL_QUEUE_CONTEXT), E2E_INFO(CL_QUEUE_DEVICE), E2E_INFO(CL_QUEUE_REFERENCE_COUNT),
       E2E_INFO(CL_QUEUE_PROPERTIES), E2E_INFO(CL_QUEUE_SIZE), E2E_INFO(CL_QUEUE_DEVICE_DEFAULT),
       E2E_INFO(CL_QUEUE_PROPERTIES_ARRAY), E2E_INFO(CL_CONTEXT_DEVICES)},
      [&](cl_uint name, size_t bytes, void* value, size_t* bytes_ret) {
        return clGetCommandQueueInfo(session.queue, name, bytes, value, bytes_ret);
      });
  cl_context value = nullptr;
  info("NULL queue",
       clGetCommandQueueInfo(nullptr, CL_QUEUE_CONTEXT, sizeof value, &value, nullptr));
  Sweep("clRetainCommandQueue")("NULL", clRetainCommandQueue(nullptr));
  Sweep("clReleaseCommandQueue")("NULL", clReleaseCommandQueue(nullptr));
  Sweep("clFlush")("NULL", clFlush(nullptr));
  Sweep("clFinish")("NULL", clFinish(nullptr));
}

}  // namespace

int main() {
  e2e::Begin();
  cl_platform_id platform = e2e::FirstPlatform();
  cl_device_id device = e2e::FirstDevice();
  Platforms(platform);
  DeviceIds(platform);
  DeviceInfo(device);
  CreateContext(platform, device);
  CreateContextFromType(platform);
  const e2e::Session session;
  Context(session);
  CreateQueue(session);
  Queue(session);
  return e2e::Finish();
}
