#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills guests, workers, managers and keepers at random moments, and looks for what is left.

    tests/e2e/manager_deaths.py --rounds 200       the endurance run
    tests/e2e/manager_deaths.py --seed 7 --who guest,worker

Each time a program runs under `ava run`, after a random while one of the processes is killed, and then:
the program has ended, with an error unless it was through already; nothing of the session, or of the
manager if that was killed, is left (processes, sockets, files, shared memory); and a new `ava run`
works at once.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import time

from manager_lib import Failure, Place, check, kill, stat_fields, wait_until

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM_S = "5"  # how long the program would run
MOMENT_S = 1.0  # it is killed within
END_S = 60.0  # no program hangs
WHO = ("guest", "worker", "manager", "keeper", "both")


def end_of(program):
    """Waits for the program; its exit status."""
    try:
        return program.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        program.kill()
        raise Failure("the program hangs") from None


def victims(place, program, who, sessions):
    """Processes to kill now; none: they are not there yet, or no more."""
    if who == "guest":
        return [program.pid]
    if who == "worker":
        return [session["worker_pid"] for session in sessions if session["worker_pid"] > 0]
    manager = place.manager()
    if manager is None:
        return []
    keeper = stat_fields(manager["pid"])
    if keeper is None:
        return []
    return {"manager": [manager["pid"]], "keeper": [keeper[0]], "both": [keeper[0], manager["pid"]]}[who]


def one_death(place, who, moment_s):
    """Returns what happened, for the log."""
    program = place.start_ava(
        "run", "--", str(place.bin / "e2e/victim"), "for", PROGRAM_S,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    time.sleep(moment_s)
    before = place.snapshot()
    sessions = [session for session in place.sessions() if session["pid"] == program.pid]
    pids = victims(place, program, who, sessions)
    for pid in pids:
        kill(pid)
    status = end_of(program)
    if pids:
        check(who != "guest" or status == -9, f"the guest ended with {status}")
        # Without a session yet, it may have started the next manager and got one of that.
        check(not sessions or status != 0, "the program ended as if nothing had happened")
    # The next manager, which runs by the end of this, clears up where nobody else was there to do it.
    next_manager = pids and (who == "both" or who in ("manager", "keeper") and not sessions)
    if pids and who in ("manager", "keeper") and not next_manager:
        place.expect_nothing_left(before)
    elif not next_manager:
        place.expect_no_session_left(before)
    expect_works(place)
    if next_manager:
        place.expect_no_session_left(before)
    return f"{who} {pids} after {moment_s:.3f} s: program ended with {status}"


def expect_works(place):
    again = place.ava("run", "--", str(place.bin / "e2e/victim"))
    check(again.returncode == 0, f"a new run fails with {again.returncode}: {again.errors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, help="of the moments; default: another one each time")
    parser.add_argument("--who", default=",".join(WHO))
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    chance = random.Random(seed)
    print(f"seed {seed}", flush=True)
    start = time.monotonic()
    kinds = arguments.who.split(",")
    with Place(arguments.bin) as place:
        expect_works(place)
        for number in range(arguments.rounds):
            who = kinds[number % len(kinds)]
            moment_s = chance.uniform(0, MOMENT_S)
            try:
                print(f"{number + 1}: {one_death(place, who, moment_s)}", flush=True)
            except Failure as failure:
                print(f"{number + 1}: {who} after {moment_s:.3f} s: FAILED: {failure}")
                print(f"again: --seed {seed} --rounds {arguments.rounds} --who {arguments.who}")
                return 1
        before = place.snapshot()
        check(place.ava("stop").returncode == 0, "ava stop fails")
        place.expect_nothing_left(before)
    print(f"{arguments.rounds} deaths, nothing left, {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
