#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shares, caps and rates hold among real programs, and change while they run.

    tests/e2e/scheduling.py --bin build/release/bin [TEST...]      as root

How precisely, on a machine that does nothing else, is what bench/shares measures; here the bounds leave room for other work.
"""

import contextlib
import os
import subprocess
import sys
import time

from manager_lib import Failure, Place, check, run_tests, wait_until

FIRST, SECOND = 2101, 2102
LOOPS = "700"  # of one kernel: about a millisecond
SECONDS = 3.0


def settings(place, text, name="avad.toml"):
    file = place.directory / name
    file.write_text(text)
    return str(file)


def start_manager(place, text):
    process = place.run("avad", "--socket", place.socket, "--config", settings(place, text))
    check(process.returncode == 0, f"avad: {process.errors}")


@contextlib.contextmanager
def saturating(place, *users):
    """A program for each user, that keeps the device busy; it begins when all are ready."""
    program = str(place.bin.parent / "bench/saturate")
    started = [place.start_ava("run", "--", program, "--loops", LOOPS, "--seconds", "600", "--depth", "16", user=user,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for user in users]
    try:
        for process in started:
            check(process.stdout.readline().strip() == "ready", "the program does not get ready")
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def used(place, seconds=SECONDS):
    """Device time, and launches, by user, of an interval; and how long that was."""
    def look():
        return {session["uid"]: (session["device_seconds"], session["launches"]) for session in place.sessions()}, time.monotonic()
    (before, start), _ = look(), time.sleep(seconds)
    after, end = look()
    return {user: tuple(b - a for a, b in zip(before[user], after[user])) for user in after}, end - start


def test_weights(place):
    start_manager(place, f"[[tenants]]\nuser = {FIRST}\nweight = 9\n")
    with saturating(place, FIRST, SECOND):
        wait_until(lambda: all(session["device_seconds"] > 0.1 for session in place.sessions()), "both have begun")
        taken, _ = used(place)
        ratio = taken[FIRST][0] / taken[SECOND][0]
        check(4 < ratio < 20, f"weights of 9 and 1, device time {ratio:.1f} to 1")
        screen = place.ava("top", "--rounds", "1", "--interval", "0.5").output
        check("policy fair, 2 sessions of 2 tenants" in screen and f"\n{FIRST} " in screen and f"\n{SECOND} " in screen, screen)
        mine = place.ava("top", "--rounds", "1", "--interval", "0.5", user=FIRST).output
        check("1 sessions of 1 tenants" in mine and f"{SECOND}" not in mine, mine)


def test_change_while_running(place):
    start_manager(place, "")
    with saturating(place, FIRST, SECOND):
        wait_until(lambda: all(session["device_seconds"] > 0.1 for session in place.sessions()), "both have begun")
        taken, _ = used(place)
        ratio = taken[FIRST][0] / taken[SECOND][0]
        check(0.6 < ratio < 1.6, f"equal weights, device time {ratio:.2f} to 1")
        pids = sorted(session["worker_pid"] for session in place.sessions())

        bad = settings(place, "[scheduler]\npolicy = \"fair\"\nquantum = 3\n", "bad.toml")
        refused = place.ava("policy", "--load", bad)
        check(refused.returncode != 0 and "bad.toml:3:11: 'scheduler.quantum' is not a setting" in refused.errors, refused.errors)
        stranger = place.ava("policy", "--load", bad, user=FIRST)
        check(stranger.returncode != 0 and "only root" in stranger.errors, stranger.errors)

        changed = place.ava("policy", "--load", settings(place, f"[[tenants]]\nuser = {SECOND}\nweight = 8\n", "new.toml"))
        check(changed.returncode == 0 and f"{SECOND}     8.00" in changed.output, changed.errors + changed.output)
        taken, _ = used(place)
        ratio = taken[SECOND][0] / taken[FIRST][0]
        check(4 < ratio < 18, f"weights of 8 and 1, device time {ratio:.1f} to 1")
        check(sorted(session["worker_pid"] for session in place.sessions()) == pids, "nobody was dropped")


def test_cap(place):
    start_manager(place, f"[[tenants]]\nuser = {FIRST}\ncap = 0.25\n")
    with saturating(place, FIRST):
        wait_until(lambda: place.sessions()[0]["device_seconds"] > 0.1, "it has begun")
        taken, seconds = used(place)
        part = taken[FIRST][0] / seconds / len(os.sched_getaffinity(0))
        check(part < 0.28, f"a cap of 0.25, and it has {part:.3f}")
        check(part > 0.1, f"a cap of 0.25, and it has only {part:.3f}")


def test_rate(place):
    start_manager(place, f"[[tenants]]\nuser = {FIRST}\ncommands_per_second = 100\n")
    with saturating(place, FIRST):
        wait_until(lambda: place.sessions()[0]["launches"] > 20, "it has begun")
        taken, seconds = used(place)
        check(taken[FIRST][1] <= 100 * seconds + 3, f"{taken[FIRST][1]} launches in {seconds} s at 100 a second")
        check(taken[FIRST][1] > 50 * seconds, f"only {taken[FIRST][1]} launches in {seconds} s at 100 a second")


def test_priority(place):
    start_manager(place, f"[scheduler]\npolicy = \"priority\"\n[[tenants]]\nuser = {FIRST}\npriority = 1\n")
    with saturating(place, SECOND):
        wait_until(lambda: place.sessions()[0]["device_seconds"] > 0.1, "the lower one has begun")
        with saturating(place, FIRST):
            taken, _ = used(place)
            check(taken[SECOND][0] < 0.2 * taken[FIRST][0], f"device time {taken}")
        taken, seconds = used(place)
        check(taken[SECOND][0] > 0.2 * seconds, f"the lower one goes on when the higher one has ended: {taken}")


def test_a_dead_tenant_holds_nobody(place):
    start_manager(place, f"[[tenants]]\nuser = {FIRST}\nweight = 1000\n")
    with saturating(place, SECOND):
        with saturating(place, FIRST):
            wait_until(lambda: len(place.sessions()) == 2, "both are there")
            time.sleep(0.5)
        wait_until(lambda: len(place.sessions()) == 1, "one is gone")
        taken, seconds = used(place)
        check(taken[SECOND][0] > 0.2 * seconds, f"the other goes on: {taken}")


def main():
    if os.geteuid() != 0:
        print("skipped: only root can run programs of several users")
        return 77
    return run_tests(__doc__, globals(), Place)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
