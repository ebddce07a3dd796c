# SPDX-License-Identifier: Apache-2.0
"""pyopencl: buffers of every kind, copies, maps, rectangles and fills."""

import hashlib
import signal

import numpy as np
import pyopencl as cl

mf = cl.mem_flags


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def show(label, array, expected):
    assert np.array_equal(array, expected), label
    print(f"{label}: {array.shape} {array.dtype} {digest(array)}")


def copies(context, queue, data):
    source = cl.Buffer(context, mf.READ_ONLY | mf.COPY_HOST_PTR, hostbuf=data)
    target = cl.Buffer(context, mf.READ_WRITE, data.nbytes)
    cl.enqueue_copy(queue, target, source)
    result = np.empty_like(data)
    cl.enqueue_copy(queue, result, target)
    show("device to device", result, data)
    cl.enqueue_copy(queue, target, data[::-1].copy(), is_blocking=False).wait()
    cl.enqueue_copy(queue, result, target)
    show("host to device", result, data[::-1])
    part = np.empty(100, data.dtype)
    cl.enqueue_copy(queue, part, target, src_offset=40)
    show("with an offset", part, data[::-1][10:110])


def own_memory(context, queue, data):
    host = data.copy()
    buffer = cl.Buffer(context, mf.READ_WRITE | mf.USE_HOST_PTR, hostbuf=host)
    program = cl.Program(context, "kernel void add(global int *x) { x[get_global_id(0)] += 7; }")
    program.build().add(queue, host.shape, None, buffer)
    mapped, _ = cl.enqueue_map_buffer(queue, buffer, cl.map_flags.READ, 0, host.shape, host.dtype)
    show("own memory, mapped", mapped, data + 7)
    mapped.base.release(queue)
    queue.finish()
    show("own memory", host, data + 7)


def maps(context, queue, data):
    buffer = cl.Buffer(context, mf.READ_WRITE, data.nbytes)
    mapped, _ = cl.enqueue_map_buffer(queue, buffer, cl.map_flags.WRITE, 0, data.shape, data.dtype)
    with mapped.base:
        mapped[:] = data * 3
    result = np.empty_like(data)
    cl.enqueue_copy(queue, result, buffer)
    show("written through a map", result, data * 3)


def rectangles(context, queue):
    image = np.arange(64 * 48, dtype=np.uint8).reshape(48, 64)
    buffer = cl.Buffer(context, mf.READ_WRITE | mf.COPY_HOST_PTR, hostbuf=image)
    part = np.zeros((10, 20), np.uint8)
    cl.enqueue_copy(queue, part, buffer, buffer_origin=(5, 7), host_origin=(0, 0), region=(20, 10),
                    buffer_pitches=(64,), host_pitches=(20,))
    show("rectangle", part, image[7:17, 5:25])


def fills_and_parts(context, queue):
    buffer = cl.Buffer(context, mf.READ_WRITE, 4096)
    cl.enqueue_fill_buffer(queue, buffer, np.uint32(0x01020304), 0, 4096)
    part = buffer.get_sub_region(1024, 1024)
    cl.enqueue_fill_buffer(queue, part, np.uint32(5), 0, 1024)
    result = np.empty(1024, np.uint32)
    cl.enqueue_copy(queue, result, buffer)
    expected = np.full(1024, 0x01020304, np.uint32)
    expected[256:512] = 5
    show("fill and part", result, expected)
    print("part:", part.size, part.offset, part.get_info(cl.mem_info.ASSOCIATED_MEMOBJECT) == buffer)


def main():
    signal.alarm(300)
    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)
    data = np.arange(100_000, dtype=np.int32)
    copies(context, queue, data)
    own_memory(context, queue, data)
    maps(context, queue, data)
    rectangles(context, queue)
    fills_and_parts(context, queue)


main()
