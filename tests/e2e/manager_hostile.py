#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a user who means harm can do to the manager and its guests: nothing.

    manager_hostile.py --bin build/release/bin [TEST ...]

Each function whose name begins with test_ is a test, and its name says what holds. Most need root, to
be several users.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys

from manager_lib import Place, check, run_tests, stat_fields, wait_until

# Users that nobody else has, so that the directories under /tmp are this run's.
USER = 200_000 + os.getpid()
STRANGER = USER + 5_000_000


def guest_library(place):
    return place.bin.parent / "lib"


@contextlib.contextmanager
def as_user(user):
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def planted(path, user):
    """A socket of `user` that listens and takes what comes."""
    with as_user(user):
        pathlib.Path(path).parent.mkdir(exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(path)
        os.chmod(path, 0o777)
        listener.listen(16)
        listener.setblocking(False)
    with listener:
        yield listener


def caught(listener):
    """Whether anybody has talked to a planted socket."""
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return False
    with connection:
        connection.setblocking(False)
        try:
            return bool(connection.recv(1 << 20))
        except BlockingIOError:
            return False


def bare_environment():
    """Of a user without home or run-time directory: all defaults lie in /tmp."""
    return {"PATH": os.environ["PATH"]}


# Whose socket is it? ------------------------------------------------------------------------------


def test_a_planted_default_socket_is_not_used(place):
    if os.geteuid() != 0:
        return
    directory = f"/tmp/ava-{USER}"
    path = f"{directory}/avad.sock"
    try:
        with planted(path, STRANGER) as listener:
            run = place.run("ava", "run", "--socket", path, "--", "true", user=USER, cwd="/",
                            env=bare_environment())
            check(run.returncode != 0, "ava run refuses")
            check(f"'{directory}' belongs to user {STRANGER}, neither root nor user {USER}" in run.errors,
                  run.errors)
            # The guest library looks by itself when nobody has named a socket to it.
            environment = bare_environment() | {"LD_LIBRARY_PATH": str(guest_library(place))}
            guest = place.run(str(place.bin / "e2e/victim"), user=USER, cwd="/", env=environment)
            # Root's manager may be there and serve it.
            check(guest.returncode == 0 or f"belongs to user {STRANGER}" in guest.errors, guest.errors)
            check(not caught(listener), "nobody has talked to the stranger")
    finally:
        shutil.rmtree(directory)


def test_no_manager_starts_in_a_place_of_somebody_else(place):
    if os.geteuid() != 0:
        return
    directory = pathlib.Path(f"/tmp/ava-{USER}")
    elsewhere = place.directory / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    try:
        for make, what in ((lambda: directory.mkdir(mode=0o777), "belongs to user"),
                           (lambda: directory.symlink_to(elsewhere), "is a symbolic link of user")):
            with as_user(STRANGER):
                make()
            avad = place.run("avad", user=USER, cwd="/", env=bare_environment())
            check(avad.returncode == 1 and what in avad.errors, f"{avad.returncode} {avad.errors}")
            check(not list(elsewhere.iterdir()), "nothing was made behind the link")
            directory.unlink() if directory.is_symlink() else directory.rmdir()
    finally:
        if directory.is_symlink():
            directory.unlink()
        shutil.rmtree(directory, ignore_errors=True)


def test_the_default_directory_is_the_users_alone(place):
    if os.geteuid() != 0:
        return
    path = f"/tmp/ava-{USER}/avad.sock"
    started = place.run("avad", user=USER, cwd="/", env=bare_environment())
    check(started.returncode == 0, started.errors)
    try:
        status = os.lstat(f"/tmp/ava-{USER}")
        check(stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == USER, oct(status.st_mode))
        run = place.run("ava", "run", "--socket", path, "--", str(place.bin / "e2e/victim"), user=USER,
                        cwd="/", env=bare_environment())
        check(run.returncode == 0, run.errors)
        # Root does not use it either: what a user's manager says could be anything.
        asked = place.run("ava", "ps", "--socket", path, env=bare_environment())
        check(asked.returncode != 0 and f"belongs to user {USER}" in asked.errors, asked.errors)
    finally:
        place.run("ava", "stop", "--socket", path, user=USER, env=bare_environment(), cwd="/")
        shutil.rmtree(f"/tmp/ava-{USER}-cache", ignore_errors=True)
    wait_until(lambda: not os.path.lexists(f"/tmp/ava-{USER}"), "nothing is left of it")


# A manager that is stopping ------------------------------------------------------------------------


def stopping(place):
    """Starts a program and stops its manager, whose worker does not hear of it for a while."""
    program = place.start_ava("run", "--", str(place.bin / "e2e/victim"), "for", "30",
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    check(program.stdout.readline() == "working\n", "working")
    os.kill(place.sessions()[0]["worker_pid"], signal.SIGSTOP)
    early = place.connect()  # has not said yet who it is
    before = place.snapshot()
    pid = place.manager()["pid"]
    place.ask("shutdown")
    return program, early, before, pid


def end(program):
    check(program.wait(timeout=60) != 0, "the program ends with an error")
    program.stdout.close()


def test_a_manager_that_is_stopping_takes_no_guests(place):
    program, early, before, _ = stopping(place)
    with early:
        early.send(bytes(200))
        answer = early.recv(1 << 16)
        check(b"it is stopping" in answer, repr(answer))
    check(not os.path.lexists(place.socket), "nobody finds it any more")
    place.expect_nothing_left(before)
    end(program)


def test_a_new_run_beside_a_stopping_manager_gets_a_new_one(place):
    program, early, _, old = stopping(place)
    run = place.ava("run", "--", str(place.bin / "e2e/victim"))
    check(run.returncode == 0, f"{run.returncode} {run.errors}")
    check(place.manager()["pid"] != old, "another manager")
    early.close()
    end(program)


def test_stop_returns_when_the_manager_has_ended(place):
    program, early, _, pid = stopping(place)
    early.close()
    check(place.ava("stop").returncode == 0, "stop")
    end(program)
    check(place.run("avad", "--socket", place.socket).returncode == 0, "avad")
    manager = place.manager()["pid"]
    check(manager != pid and place.ava("stop").returncode == 0, "stop")
    wait_until(lambda: stat_fields(manager) is None or stat_fields(manager)[1] == "Z", "it has ended", 0.5)


if __name__ == "__main__":
    sys.exit(run_tests(__doc__, globals(), Place))
