// SPDX-License-Identifier: Apache-2.0

#include <dlfcn.h>

#include "specs/toy/vendor/objects.h"

using namespace toy;  // NOLINT(google-build-using-namespace): this is the library

namespace {

std::string LibraryPath() {
  Dl_info info{};
  return dladdr(reinterpret_cast<void*>(&toyFlush), &info) != 0 ? info.dli_fname : "";
}

}  // namespace

TOY_EXPORT toy_status toyGetDevices(unsigned num_entries, toy_device* devices,
                                    unsigned* num_devices) {
  if ((devices == nullptr) != (num_entries == 0)) return TOY_BAD_VALUE;
  if (devices != nullptr) devices[0] = &the_device;
  if (num_devices != nullptr) *num_devices = 1;
  return TOY_OK;
}

TOY_EXPORT toy_status toyRetainDevice(toy_device device) {
  return device == nullptr ? TOY_BAD_DEVICE : TOY_OK;
}

TOY_EXPORT toy_status toyReleaseDevice(toy_device device) {
  return device == nullptr ? TOY_BAD_DEVICE : TOY_OK;
}

TOY_EXPORT toy_status toyGetDeviceInfo(toy_device device, toy_info name, size_t value_size,
                                       void* value, size_t* value_size_ret) {
  const std::scoped_lock locked(lock);
  const Asked asked{value_size, value, value_size_ret};
  if (device == nullptr) return TOY_BAD_DEVICE;
  switch (name) {
    case TOY_DEVICE_NAME:
      return asked.With(std::string("toy"));
    case TOY_DEVICE_FEATURES:
      return asked.With(std::string("launch functions_of_the_program addresses"));
    case TOY_DEVICE_MEMORY:
      return asked.With(kMemory);
    case TOY_DEVICE_ABILITIES:
      return asked.With(TOY_CAN_LAUNCH | TOY_CAN_CALL_THE_PROGRAM);
    case TOY_DEVICE_PARENT:
      return asked.With(toy_device{nullptr});
    case TOY_DEVICE_TEMPERATURE:
      return asked.With(++device->temperature);
    case TOY_DEVICE_LIBRARY:
      return asked.With(LibraryPath());
    default:
      return TOY_BAD_VALUE;
  }
}

TOY_EXPORT toy_status toySetLogger(toy_device device,
                                   void (*log)(const char* text, size_t length, void* data),
                                   void* data) {
  const std::scoped_lock locked(lock);
  if (device == nullptr) return TOY_BAD_DEVICE;
  device->log = log;
  device->log_data = data;
  return TOY_OK;
}

TOY_EXPORT toy_status toyOpenSensor(toy_device device, toy_sensor* sensor) {
  const std::scoped_lock locked(lock);
  if (device == nullptr) return TOY_BAD_DEVICE;
  if (sensor == nullptr) return TOY_BAD_VALUE;
  auto made = std::make_unique<toy_sensor_state>();
  *sensor = made.get();
  device->sensors[*sensor] = std::move(made);
  return TOY_OK;
}

TOY_EXPORT toy_status toyReadSensor(toy_sensor sensor, int* value) {
  const std::scoped_lock locked(lock);
  const auto found = the_device.sensors.find(sensor);
  if (found == the_device.sensors.end() || value == nullptr) return TOY_BAD_VALUE;
  *value = ++found->second->shown;
  return TOY_OK;
}

TOY_EXPORT toy_status toyCloseSensor(toy_sensor sensor) {
  const std::scoped_lock locked(lock);
  return the_device.sensors.erase(sensor) == 0 ? TOY_BAD_VALUE : TOY_OK;
}

TOY_EXPORT toy_status toyMeasure(toy_device device, void* data,
                                 void (*measured)(int temperature, void* data)) {
  if (device == nullptr) return TOY_BAD_DEVICE;
  if (measured == nullptr) return TOY_BAD_VALUE;
  std::thread([=] {
    int temperature = 0;
    {
      const std::scoped_lock locked(lock);
      temperature = device->temperature;
    }
    measured(temperature, data);
  }).detach();
  return TOY_OK;
}

namespace {

toy_status ResetDevice(toy_device device) {
  const std::scoped_lock locked(lock);
  if (device == nullptr) return TOY_BAD_DEVICE;
  device->temperature = 0;
  return TOY_OK;
}

}  // namespace

TOY_EXPORT void* toyFindFunction(const char* name) {
  if (name == nullptr) return nullptr;
  if (std::string_view(name) == "toyResetDevice") return reinterpret_cast<void*>(&ResetDevice);
  return nullptr;
}

TOY_EXPORT toy_status toySetLabels(toy_device device, const char** names) {
  std::string text = "labels";
  {
    const std::scoped_lock locked(lock);
    if (device == nullptr) return TOY_BAD_DEVICE;
    if (names == nullptr) return TOY_BAD_VALUE;
    for (; *names != nullptr; ++names) text += ' ' + std::string(*names);
  }
  Say(device, text);
  return TOY_OK;
}

TOY_EXPORT toy_status toyLaunchFunction(toy_queue queue, void (*function)(void* data), void* data) {
  if (queue == nullptr) return TOY_BAD_QUEUE;
  if (function == nullptr) return TOY_BAD_VALUE;
  const std::scoped_lock locked(lock);
  const auto run = [=] {
    function(data);
    return TOY_OK;
  };
  Enqueue(queue, {}, run, nullptr);
  return TOY_OK;
}

TOY_EXPORT const char* toyStatusText(toy_status status) {
  return status == TOY_OK ? "right" : status == TOY_NO_MEMORY ? "no memory" : "wrong";
}
