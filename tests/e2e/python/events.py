# SPDX-License-Identifier: Apache-2.0
"""pyopencl: wait lists, user events, callbacks into Python, markers, barriers and profiling."""

import signal
import threading

import numpy as np
import pyopencl as cl

SOURCE = """
kernel void add(global int *x, int n) { x[get_global_id(0)] += n; }
kernel void busy(global float *x, int rounds) {
  float v = x[get_global_id(0)];
  for (int i = 0; i < rounds; ++i) v = v * 0.999f + 0.5f;
  x[get_global_id(0)] = v;
}
"""

status = cl.command_execution_status


class Scene:
    def __init__(self):
        self.context = cl.Context(cl.get_platforms()[0].get_devices())
        self.queue = cl.CommandQueue(
            self.context, properties=cl.command_queue_properties.PROFILING_ENABLE)
        self.program = cl.Program(self.context, SOURCE).build()
        self.host = np.zeros(1024, np.int32)
        self.buffer = cl.Buffer(self.context, cl.mem_flags.COPY_HOST_PTR, hostbuf=self.host)

    def add(self, number, wait_for=None):
        return self.program.add(self.queue, self.host.shape, None, self.buffer, np.int32(number),
                                wait_for=wait_for)

    def value(self):
        cl.enqueue_copy(self.queue, self.host, self.buffer)
        return int(self.host[-1])


def wait_lists(scene):
    first = scene.add(1)
    second = scene.add(10, wait_for=[first])
    cl.wait_for_events([first, second])
    print("wait lists:", scene.value(), second.command_execution_status == status.COMPLETE)
    print("type:", second.command_type == cl.command_type.NDRANGE_KERNEL)


def user_event(scene):
    gate = cl.UserEvent(scene.context)
    held = scene.add(100, wait_for=[gate])
    threading.Timer(0.02, lambda: gate.set_status(status.COMPLETE)).start()
    held.wait()
    print("user event set by another thread:", scene.value())


def callbacks(scene):
    seen = []
    done = threading.Event()

    def called(code):
        seen.append(code)
        if len(seen) == 20:
            done.set()

    for number in range(20):
        scene.add(number).set_callback(status.COMPLETE, called)
    assert done.wait(60)
    print("callbacks:", len(seen), set(seen) == {status.COMPLETE}, scene.value())


def markers(scene):
    scene.add(1000)
    cl.enqueue_marker(scene.queue).wait()
    cl.enqueue_barrier(scene.queue)
    scene.add(1000)
    scene.queue.finish()
    print("markers and barriers:", scene.value())


def profiling(scene):
    data = cl.Buffer(scene.context, cl.mem_flags.READ_WRITE, 4096)
    short = scene.program.busy(scene.queue, (64,), None, data, np.int32(10))
    long = scene.program.busy(scene.queue, (64,), None, data, np.int32(1_000_000))
    long.wait()
    for event in (short, long):
        times = event.profile
        assert times.queued <= times.submit <= times.start <= times.end
    short_ns = short.profile.end - short.profile.start
    long_ns = long.profile.end - long.profile.start
    print("profiling:", short_ns < long_ns, long.profile.start >= short.profile.end)


def main():
    signal.alarm(300)
    scene = Scene()
    wait_lists(scene)
    user_event(scene)
    callbacks(scene)
    markers(scene)
    profiling(scene)


main()
