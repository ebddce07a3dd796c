// SPDX-License-Identifier: Apache-2.0
#pragma once

// A small accelerator's library, which exists to try Lapis on: the pages of docs/lapis speak of it.
// It has one of each thing that C libraries of accelerators have, under the names that they have
// there, and nothing else.
//
// Functions return a status, or take a last `error` that may be NULL. Objects are counted. Commands
// of one queue run in their order, each after the events that it waits for; a command's own event,
// if it is asked for, is a new object.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int toy_status;
#define TOY_OK 0
#define TOY_BAD_VALUE (-1)
#define TOY_BAD_DEVICE (-2)
#define TOY_BAD_QUEUE (-3)
#define TOY_BAD_BUFFER (-4)
#define TOY_BAD_KERNEL (-5)
#define TOY_BAD_EVENT (-6)
#define TOY_BAD_ADDRESS (-7)
#define TOY_NO_MEMORY (-8)
#define TOY_LOST (-9)
#define TOY_UNSUPPORTED (-10)

typedef struct toy_device_object* toy_device;
typedef struct toy_queue_object* toy_queue;
typedef struct toy_buffer_object* toy_buffer;
typedef struct toy_kernel_object* toy_kernel;
typedef struct toy_event_object* toy_event;
typedef unsigned toy_info;
typedef intptr_t toy_properties;

// Devices: always there; counting them does nothing.

toy_status toyGetDevices(unsigned num_entries, toy_device* devices, unsigned* num_devices);
toy_status toyRetainDevice(toy_device device);
toy_status toyReleaseDevice(toy_device device);

#define TOY_DEVICE_NAME 1         // char[]
#define TOY_DEVICE_FEATURES 2     // char[], words with blanks between them
#define TOY_DEVICE_MEMORY 3       // size_t, bytes
#define TOY_DEVICE_ABILITIES 4    // unsigned, TOY_CAN_...
#define TOY_DEVICE_PARENT 5       // toy_device, or NULL
#define TOY_DEVICE_TEMPERATURE 6  // int, another one each time
#define TOY_DEVICE_LIBRARY 7      // char[], the path of the library's file
#define TOY_CAN_LAUNCH 1U
#define TOY_CAN_CALL_THE_PROGRAM 2U  // run functions of the program's as commands
toy_status toyGetDeviceInfo(toy_device device, toy_info name, size_t value_size, void* value,
                            size_t* value_size_ret);

// Queues. `properties`: keys and values, up to a key 0; or NULL.

#define TOY_QUEUE_PRIORITY 1  // a number
#define TOY_QUEUE_BEHIND 2    // a toy_queue: this one's commands run after what is in that one now
toy_queue toyCreateQueue(toy_device device, const toy_properties* properties, toy_status* error);
toy_status toyRetainQueue(toy_queue queue);
toy_status toyReleaseQueue(toy_queue queue);
toy_status toyFlush(toy_queue queue);
toy_status toyFinish(toy_queue queue);

#define TOY_QUEUE_DEVICE 1    // toy_device
#define TOY_QUEUE_COMMANDS 2  // unsigned, how many have not ended
toy_status toyGetQueueInfo(toy_queue queue, toy_info name, size_t value_size, void* value,
                           size_t* value_size_ret);

// Buffers. `host`: with TOY_COPY the first contents, with TOY_USE the memory itself, otherwise
// NULL.

#define TOY_COPY 1U
#define TOY_USE 2U
toy_buffer toyCreateBuffer(toy_device device, unsigned flags, size_t size, void* host,
                           toy_status* error);
toy_status toyRetainBuffer(toy_buffer buffer);
toy_status toyReleaseBuffer(toy_buffer buffer);
// `ended`: when nothing uses the buffer any more. Called once.
toy_status toySetBufferEnd(toy_buffer buffer, void (*ended)(toy_buffer buffer, void* data),
                           void* data);

typedef struct toy_part {
  toy_buffer buffer;
  size_t offset;
  size_t size;
} toy_part;
// A buffer that is a part of another one.
toy_buffer toyCreatePart(const toy_part* part, toy_status* error);

toy_status toyWrite(toy_queue queue, toy_buffer buffer, int blocking, size_t offset, size_t size,
                    const void* data, unsigned num_waits, const toy_event* waits, toy_event* event);
toy_status toyRead(toy_queue queue, toy_buffer buffer, int blocking, size_t offset, size_t size,
                   void* data, unsigned num_waits, const toy_event* waits, toy_event* event);
// A box of bytes: `region` and `origin` are three numbers each; `origin` and the pitches say where
// it lies in `data`.
toy_status toyWriteBox(toy_queue queue, toy_buffer buffer, const size_t* region,
                       const size_t* origin, size_t row_pitch, size_t slice_pitch,
                       const void* data);

#define TOY_MAP_READ 1U
#define TOY_MAP_WRITE 2U
void* toyMap(toy_queue queue, toy_buffer buffer, unsigned flags, size_t offset, size_t size,
             toy_status* error);
void* toyMapBox(toy_queue queue, toy_buffer buffer, unsigned flags, const size_t* region,
                const size_t* origin, size_t* row_pitch, size_t* slice_pitch, toy_status* error);
toy_status toyUnmap(toy_queue queue, toy_buffer buffer, void* address);

// Kernels. Their text is one or more pieces; its words are operations: "add", "twice".

toy_kernel toyCreateKernel(toy_device device, unsigned count, const char** pieces,
                           const size_t* lengths, toy_status* error);
toy_status toyRetainKernel(toy_kernel kernel);
toy_status toyReleaseKernel(toy_kernel kernel);
// `built`: may be NULL; then the call waits.
toy_status toyBuildKernel(toy_kernel kernel, const char* options,
                          void (*built)(toy_kernel kernel, void* data), void* data);
// `value`: a toy_buffer for the argument 0, bytes for others.
toy_status toySetArgument(toy_kernel kernel, unsigned index, size_t size, const void* value);
toy_status toyLaunch(toy_queue queue, toy_kernel kernel, size_t items, unsigned num_waits,
                     const toy_event* waits, toy_event* event);

#define TOY_KERNEL_TEXT 1         // char[]
#define TOY_KERNEL_BUILD_LOG 2    // char[], says where the library lies
#define TOY_KERNEL_IMAGE_SIZES 3  // size_t[], one for each device
#define TOY_KERNEL_IMAGES 4       // unsigned char*[], the program's memory, one for each device
#define TOY_KERNEL_DEVICES 5      // toy_device[]
toy_status toyGetKernelInfo(toy_kernel kernel, toy_info name, size_t value_size, void* value,
                            size_t* value_size_ret);

// Events.

toy_status toyRetainEvent(toy_event event);
toy_status toyReleaseEvent(toy_event event);
toy_status toyWaitFor(unsigned num_events, const toy_event* events);
#define TOY_EVENT_STATUS 1      // int: 0, ended; 1, not yet; negative, failed
#define TOY_EVENT_REFERENCES 2  // unsigned
toy_status toyGetEventInfo(toy_event event, toy_info name, size_t value_size, void* value,
                           size_t* value_size_ret);
toy_status toySetEventCallback(toy_event event,
                               void (*ended)(toy_event event, toy_status status, void* data),
                               void* data);
toy_event toyCreateUserEvent(toy_device device, toy_status* error);
toy_status toySetUserEvent(toy_event event, toy_status status);

// Memory with an address that program and device share.

void* toyAllocate(toy_device device, size_t size);
toy_status toyFree(toy_device device, void* address);
toy_status toyCopy(toy_queue queue, void* to, const void* from, size_t size, toy_event* event);
toy_status toyMapAddress(toy_queue queue, unsigned flags, void* address, size_t size,
                         toy_event* event);
toy_status toyUnmapAddress(toy_queue queue, void* address, toy_event* event);

// Sensors. What is behind one is no secret, but it is the library's alone to look at.

typedef struct toy_sensor_state {
  int shown;
}* toy_sensor;
toy_status toyOpenSensor(toy_device device, toy_sensor* sensor);
toy_status toyReadSensor(toy_sensor sensor, int* value);
toy_status toyCloseSensor(toy_sensor sensor);

// Other things.

// What the library has to say; again and again, until it is given NULL.
toy_status toySetLogger(toy_device device, void (*log)(const char* text, size_t length, void* data),
                        void* data);
// Measures in its own time, and says once how warm it is.
toy_status toyMeasure(toy_device device, void* data, void (*measured)(int temperature, void* data));
// A function of the library's, by its name.
void* toyFindFunction(const char* name);
// No symbol: found by toyFindFunction only.
toy_status toyResetDevice(toy_device device);
// `names`: an array that ends with NULL.
toy_status toySetLabels(toy_device device, const char** names);
// Runs a function of the program's as a command.
toy_status toyLaunchFunction(toy_queue queue, void (*function)(void* data), void* data);
const char* toyStatusText(toy_status status);

#ifdef __cplusplus
}
#endif
