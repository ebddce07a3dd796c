#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a user who means harm can do to the manager and its guests: nothing.

    manager_hostile.py --bin build/release/bin [TEST ...]

Each function whose name begins with test_ is a test, and its name says what holds. Most need root, to
be several users.
"""

import contextlib
import errno
import os
import pathlib
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

from manager_lib import Place, check, is_dead, run_tests, user_of, wait_until

# Users that nobody else has, so that the directories under /tmp are this run's.
USER = 200_000 + os.getpid()
STRANGER = USER + 5_000_000


def guest_library(place):
    return place.bin.parent / "lib/ava/guest"


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
    return {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS") if name in os.environ}


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
            check(guest.returncode == 0 or f"belongs to user {STRANGER}" in guest.errors,
                  f"exit status {guest.returncode}: {guest.errors}")
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
    program = place.start_ava("run", "--", str(place.bin / "e2e/victim"), "for", "600",
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
    answer = b""
    for _ in range(10):
        program, early, before, _ = stopping(place)
        with early, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            early.send(bytes(200))
            answer = early.recv(1 << 16)
        check(not os.path.lexists(place.socket), "nobody finds it any more")
        place.expect_nothing_left(before)
        end(program)
        if answer:
            break  # It is stopping for half a second only, which a busy machine may take for itself.
    check(b"it is stopping" in answer, repr(answer))


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
    wait_until(lambda: is_dead(manager), "it has ended")


# What a guest leaves behind, and what a worker does ---------------------------------------------------


@contextlib.contextmanager
def working(place, *what, **options):
    """A program at work, and its session."""
    program = place.start_ava("run", "--", str(place.bin / "e2e/victim"), *(what or ("for", "600")),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    try:
        check(program.stdout.readline() != "", "the program works")
        yield program, wait_until(place.sessions, "its session")[0]
    finally:
        program.kill()
        program.communicate()


def processes_of(user):
    found = []
    for entry in os.listdir("/proc"):
        try:
            status = pathlib.Path(f"/proc/{entry}/status").read_text() if entry.isdigit() else ""
        except OSError:
            continue
        if status and int(status.split("Uid:")[1].split()[0]) == user and "State:\tZ" not in status:
            found.append(int(entry))
    return found


def start_manager(place, settings, **options):
    config = place.directory / "avad.toml"
    config.write_text(settings)
    started = place.run("avad", "--socket", place.socket, "--config", str(config), **options)
    check(started.returncode == 0, started.errors)


def test_a_stopped_worker_does_not_outlive_its_guest(place):
    with working(place) as (program, session):
        before = place.snapshot()
        os.kill(session["worker_pid"], signal.SIGSTOP)
        program.kill()
        place.expect_no_session_left(before)


def test_a_stopped_guest_does_not_hold_up_others(place):
    with working(place) as (program, _):
        program.send_signal(signal.SIGSTOP)
        run = place.ava("run", "--", str(place.bin / "e2e/victim"))
        check(run.returncode == 0, run.errors)
        before = place.snapshot()
        program.kill()
        place.expect_no_session_left(before)


def test_a_fork_bomb_in_a_kernel_ends_with_its_session(place):
    if not place.root:
        return
    most = 64 + 2 * os.cpu_count()  # the vendor library has a thread for each core
    start_manager(place, f"[worker]\nprocesses = {most}\n")
    with working(place, "forks") as (program, session):
        user = user_of(session)
        wait_until(lambda: len(processes_of(user)) > 10, "it forks")
        check(len(processes_of(user)) <= most, "no more than the limit")
        before = place.snapshot()
        program.kill()
        place.expect_no_session_left(before)
        wait_until(lambda: not processes_of(user), "nobody is left of them")
    check(place.ava("run", "--", str(place.bin / "e2e/victim")).returncode == 0, "and all works")


def write_as(user, path, mebibytes):
    """Writes a file as a worker would. The error, or None."""
    try:
        with open(path, "wb") as file:
            for _ in range(mebibytes):
                file.write(bytes(1 << 20))
        os.chown(path, user, user)
    except OSError as error:
        return error
    return None


def test_a_sessions_files_are_limited(place):
    if not place.root:
        return
    start_manager(place, "[sessions]\ndirectory_bytes = 16777216\ndirectory_files = 256\n")
    # A tenant of its own: what root's cache holds of other tests counts as files, too.
    with working(place, user=STRANGER, cwd="/") as (program, session):
        user, name = user_of(session), place.manager()["name"]
        # Of the worker's own file system, which nobody sees from here.
        root = pathlib.Path("/proc", str(session["worker_pid"]), "root")
        directory = root / f"run/ava/{name}/sessions/{session['session']}"
        check(not os.listdir(f"/run/ava/{name}/sessions/{session['session']}"), "it is apart")
        error = write_as(user, f"{directory}/tmp/big", 32)
        check(error is not None and error.errno == errno.ENOSPC, f"no room: {error}")
        os.unlink(f"{directory}/tmp/big")
        errors = [write_as(user, f"{directory}/tmp/{number}", 0) for number in range(300)]
        check(errors[0] is None, f"one file: {errors[0]}")
        check(errors[-1] is not None and errors[-1].errno == errno.ENOSPC, f"no room: {errors[-1]}")
        check(place.sessions(), "the session goes on")
        # So is what it sees of the kernel cache.
        view = root / f"var/cache/ava/{STRANGER}/views/{name}/{session['session']}"
        error = write_as(user, f"{view}/big", 32)
        check(error is not None and error.errno == errno.ENOSPC, f"no room: {error}")
        check(place.sessions(), "the session still goes on")
    place.expect_no_session_left(place.snapshot())


def test_files_are_looked_at_where_nothing_can_be_mounted(place):
    if not place.root:
        return
    with Place(place.bin, user=STRANGER) as own:
        runtime = own.directory / "runtime"
        start_manager(own, f'[manager]\nruntime = "{runtime}"\n[sessions]\ndirectory_bytes = 16777216\n')
        with working(own, cwd="/") as (program, session):
            home = runtime / own.manager()["name"] / "sessions" / str(session["session"])
            check(write_as(STRANGER, f"{home}/big", 32) is None, "it can be written")
            _, errors = program.communicate(timeout=60)
            check(program.returncode != 0 and "'sessions.directory_bytes'" in errors, errors)
        own.expect_no_session_left(own.snapshot())
        own.ava("stop")


# Connections --------------------------------------------------------------------------------------


def test_ten_thousand_connections_of_one_user_leave_room_for_others(place):
    if not place.root:
        return
    start_manager(place, "")
    resource.setrlimit(resource.RLIMIT_NOFILE, (16384, max(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with contextlib.ExitStack() as stack, as_user(STRANGER):
        for number in range(10_000):
            client = stack.enter_context(place.connect())
            if number % 2 == 0:
                client.send(b'{"request": "ping"}')  # and never reads
        os.seteuid(0)
        run = place.ava("run", "--", str(place.bin / "e2e/victim"))
        check(run.returncode == 0, run.errors)
        check(place.manager() is not None, "the manager answers")
    wait_until(lambda: place.ava("run", "--", "true", user=STRANGER, cwd="/").returncode == 0,
               "and the user's, when they are gone")


def test_a_guest_that_never_speaks_is_let_go(place):
    start_manager(place, "")
    with place.connect() as client:
        client.settimeout(60)
        check(client.recv(1) == b"", "the manager hangs up")


def test_who_does_not_read_is_let_go(place):
    start_manager(place, "")
    with place.connect() as client:
        client.settimeout(10)
        try:
            for _ in range(20_000):
                client.send(b'{"request": "ping"}')
            check(False, "the manager keeps its answers for ever")
        except (BrokenPipeError, ConnectionResetError):
            pass
    check(place.manager() is not None, "the manager answers")


def test_a_manager_without_descriptors_waits_for_some(place):
    limits = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))}
    start_manager(place, "", **limits)
    pid = place.manager()["pid"]
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            stack.enter_context(place.connect())
        time.sleep(0.5)
        before = cpu_seconds(pid)
        time.sleep(2)
        check(cpu_seconds(pid) - before < 0.5, f"it waits: {cpu_seconds(pid) - before} s of 2 s")
    check(place.manager()["pid"] == pid, "it answers again")
    run = place.ava("run", "--", str(place.bin / "e2e/victim"))
    check(run.returncode == 0, run.errors)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_worker_cannot_become_a_guest(place):
    if not place.root:
        return
    start_manager(place, "")
    with as_user(61500):
        client = place.connect()
    with client:
        client.send(bytes(200))
        answer = client.recv(1 << 16)
        check(b"workers cannot be guests" in answer, repr(answer))


def test_a_worker_has_only_its_own_descriptors(place):
    with working(place) as (_, session):
        found = {}
        for link in pathlib.Path(f"/proc/{session['worker_pid']}/fd").iterdir():
            with contextlib.suppress(OSError):
                found[int(link.name)] = os.readlink(link)
        strange = [target for target in found.values()
                   if target.startswith("/") and not target.startswith(("/memfd:ava-", "/dev/", "/var/cache", "/run"))
                   and "/usr/" not in target and "/lib" not in target and str(place.directory) not in target]
        check(not strange, f"files of others: {strange}")
        sockets = [target for target in found.values() if target.startswith("socket:")]
        check(len(sockets) <= 4, f"control, session, and a copy of it, doorbell: {found}")


if __name__ == "__main__":
    sys.exit(run_tests(__doc__, globals(), Place))
