#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`ava run` gets out of the way, and the manager keeps its promises.

    manager_cli.py --bin build/release/bin [TEST ...]

Each function whose name begins with test_ is a test, and its name says what holds.
"""

import contextlib
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time

from manager_lib import Place, check, is_alive, is_dead, processes, run_tests, user_of, wait_until

GUEST_USER = 1000


def victim(place, *words):
    return (str(place.bin / "e2e/victim"), *words)


@contextlib.contextmanager
def at_work(place, **options):
    """A program that works until the test has seen enough."""
    program = place.start_ava("run", "--", *victim(place, "for", "600"), stdout=subprocess.PIPE, text=True,
                              **options)
    try:
        check(program.stdout.readline() == "working\n", "working")
        yield program
    finally:
        program.terminate()
        program.communicate()


def sh(place, script, *options, **more):
    return place.ava("run", *options, "--", "sh", "-c", script, **more)


# ava run ------------------------------------------------------------------------------------------


def test_exit_status_is_the_programs(place):
    for options in ((), ("--stats", "/dev/null")):
        check(sh(place, "exit 7", *options).returncode == 7, f"exit 7 with {options}")
        check(sh(place, "kill -TERM $$", *options).returncode == -15, f"SIGTERM with {options}")
        check(sh(place, "kill -KILL $$", *options).returncode == -9, f"SIGKILL with {options}")


def test_programs_that_cannot_run_are_named(place):
    missing = place.ava("run", "--", "no-such-program-at-all")
    check(missing.returncode == 127, f"127, not {missing.returncode}")
    check("no program 'no-such-program-at-all'" in missing.errors, missing.errors)
    closed = place.ava("run", "--", "/etc/passwd")
    check(closed.returncode == 126 and "not executable" in closed.errors, closed.errors)


def test_input_output_and_directory_are_the_programs(place):
    echoed = place.ava("run", "--", "cat", input="some\nlines\n")
    check(echoed.output == "some\nlines\n", echoed.output)
    there = sh(place, "pwd; echo wrong >&2", cwd="/usr")
    check(there.output == "/usr\n" and there.errors == "wrong\n", f"{there.output}{there.errors}")


def test_a_script_without_an_interpreter_line_runs(place):
    script = place.directory / "script"
    script.write_text("echo from a script\n")
    script.chmod(0o755)
    check(place.ava("run", "--", str(script)).output == "from a script\n", "script")


def test_signals_reach_the_program(place):
    for options in ((), ("--stats", "/dev/null")):
        program = place.start_ava(
            "run", *options, "--", "sh", "-c", "trap 'echo got it; exit 5' USR1; echo up; while :; do sleep 0.05; done",
            stdout=subprocess.PIPE, text=True,
        )
        check(program.stdout.readline() == "up\n", "up")
        program.send_signal(signal.SIGUSR1)
        check(program.stdout.readline() == "got it\n", f"signal with {options}")
        check(program.wait(timeout=60) == 5, f"status with {options}")
        program.stdout.close()


def test_killing_a_run_with_statistics_kills_the_program(place):
    run = place.start_ava("run", "--stats", "/dev/null", "--", "sleep", "1000")
    # Not the manager, which it may have to start first.
    child = wait_until(
        lambda: [pid for pid, fields in processes().items()
                 if fields[0] == run.pid and command_line(pid).startswith("sleep")],
        "it starts the program",
    )[0]
    run.kill()
    run.wait()
    wait_until(lambda: is_dead(child), "the program has gone with it")


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def test_statistics_say_what_happened(place):
    file = place.directory / "stats.json"
    if place.user is not None:
        os.chown(place.directory, place.user, place.user)
    run = place.ava("run", "--stats", str(file), "--", *victim(place))
    check(run.returncode == 0, run.errors)
    stats = json.loads(file.read_text())
    totals = stats["totals"]
    check(totals["sessions"] == 1 and len(stats["sessions"]) == 1, "one session")
    check(stats["program"]["exit_status"] == 0, "status")
    check(totals["launches"] == 80, f"80 launches, not {totals['launches']}")
    for key in ("calls", "round_trips", "in_bytes", "out_bytes", "worker_cpu_seconds"):
        check(totals[key] > 0, key)
    launches = [row for row in totals["functions"] if row["name"] == "clEnqueueNDRangeKernel"]
    check(launches and launches[0]["calls"] == 80, str(launches))
    check(stats["sessions"][0]["state"] == "ended", "ended")


def test_many_runs_at_once_start_one_manager(place):
    runs = [place.start_ava("run", "--", "true", stderr=subprocess.PIPE, text=True) for _ in range(20)]
    for run in runs:
        _, errors = run.communicate(timeout=60)
        check(run.returncode == 0, errors)
    # Those that came too late, and the keeper until it has its name, may be seen for a moment.
    wait_until(lambda: len(managers_of(place.socket)) == 1, "one manager")


def managers_of(socket):
    found = [command_line(pid).split() for pid in processes()]
    return [words for words in found if words and words[0].endswith("avad") and socket in words]


# The manager --------------------------------------------------------------------------------------


def test_an_idle_manager_ends_and_leaves_nothing(place):
    check(place.run("avad", "--socket", place.socket, "--idle-exit", "5").returncode == 0, "avad")
    before = place.snapshot()
    check(len(before[0]) == 2, "a manager and a keeper")
    place.expect_nothing_left(before)


def test_a_manager_with_a_program_does_not_end(place):
    check(place.run("avad", "--socket", place.socket, "--idle-exit", "1").returncode == 0, "avad")
    with place.start_ava("run", "--", "sh", "-c", "echo up; exec cat", stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE) as program:
        check(program.stdout.readline() == b"up\n", "up")
        time.sleep(2.5)
        check(place.manager() is not None, "it is there while the program is")
        program.stdin.close()
        check(program.wait(timeout=60) == 0, "cat")


def test_a_second_manager_is_refused(place):
    check(place.run("avad", "--socket", place.socket).returncode == 0, "the first")
    second = place.run("avad", "--socket", place.socket)
    check(second.returncode == 3 and "another manager" in second.errors, second.errors)


def test_a_socket_that_has_taken_its_place_stays(place):
    check(place.run("avad", "--socket", place.socket).returncode == 0, "avad")
    before, pid = place.snapshot(), place.manager()["pid"]
    os.rename(place.socket, place.socket + ".old")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as other:  # systemd does so
        other.bind(place.socket)
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not any(map(is_alive, before[0])), "the manager ends")
        check(os.path.exists(place.socket), "the other's socket is there")
        os.unlink(place.socket)


def test_stop_ends_sessions_with_a_reason(place):
    program = place.start_ava("run", "--", *victim(place, "for", "600"), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    check(program.stdout.readline() == "working\n", "working")
    before = place.snapshot()
    check(place.ava("stop").returncode == 0, "stop")
    _, errors = program.communicate(timeout=60)
    check(program.returncode != 0, "the program ends with an error")
    check("the manager stops" in errors, errors)
    place.expect_nothing_left(before)


def test_a_worker_is_confined(place):
    with at_work(place) as program:
        session = place.sessions()[0]
        status = dict(
            line.split(":\t", 1)
            for line in pathlib.Path(f"/proc/{session['worker_pid']}/status").read_text().splitlines()
            if ":\t" in line
        )
        check(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", "no_new_privs, seccomp")
        check(int(status["CapEff"], 16) == 0, "no capabilities")
        uid = int(status["Uid"].split()[0])
        if place.root:
            check(61000 <= uid <= 62999, f"a user of its own, not {uid}")
            check(status["Groups"].strip() == "", "no supplementary groups")
        else:
            check(uid == (place.user or os.geteuid()), "the manager's user")


def test_workers_of_one_tenant_are_different_users(place):
    if not place.root:
        return
    programs = [place.start_ava("run", "--", *victim(place, "for", "600"), stdout=subprocess.PIPE,
                                text=True) for _ in range(3)]
    for program in programs:
        check(program.stdout.readline() == "working\n", "working")
    users = {user_of(session) for session in place.sessions()}
    check(len(users - {0}) == 3, f"three users, not {users}")
    for program in programs:
        program.terminate()
    statuses = [program.wait(timeout=60) for program in programs]
    check(statuses == [-signal.SIGTERM] * 3, str(statuses))
    for program in programs:
        program.stdout.close()


def test_guests_of_several_users(place):
    if not place.root:
        return
    check(place.run("avad", "--socket", place.socket).returncode == 0, "avad")
    for user in (GUEST_USER, GUEST_USER + 1):
        run = place.ava("run", "--", *victim(place), user=user, cwd="/")
        check(run.returncode == 0, f"user {user}: {run.output}{run.errors}")
    with at_work(place, user=GUEST_USER, cwd="/") as program:
        mine = json.loads(place.ava("ps", "--json", user=GUEST_USER).output)
        other = json.loads(place.ava("ps", "--json", user=GUEST_USER + 1).output)
        check(len(mine) == 1 and mine[0]["uid"] == GUEST_USER, str(mine))
        check(other == [], str(other))
        refused = place.ava("stop", user=GUEST_USER)
        check(refused.returncode != 0, "a guest may not stop root's manager")
        check(program.poll() is None, "the guest goes on")


def test_the_next_worker_hits_the_cache(place):
    text = secrets.token_hex(8)
    seconds = []
    for _ in range(2):
        file = place.directory / "build.json"
        run = place.ava("run", "--stats", str(file), "--", *victim(place, "build", text))
        check(run.returncode == 0, run.errors)
        seconds.append(json.loads(file.read_text())["totals"]["worker_cpu_seconds"])
        place.expect_no_session_left(place.snapshot())
    check(seconds[1] < 0.6 * seconds[0], f"first {seconds[0]} s, then {seconds[1]} s")


def test_the_watchdog_ends_a_kernel_that_never_ends(place):
    start = time.monotonic()
    run = place.ava("run", "--watchdog", "1", "--", *victim(place, "spin"))
    check(run.returncode not in (0, None), "it ends with an error")
    check("watchdog" in run.errors, f"a line says why: {run.errors}")
    check(time.monotonic() - start < 60, "within a minute, on a busy machine")
    place.expect_no_session_left(place.snapshot())


def test_the_watchdog_leaves_others_alone(place):
    run = place.ava("run", "--watchdog", "3", "--", *victim(place, "for", "5"))
    check(run.returncode == 0, run.errors)
    waiting = sh(place, f"{victim(place)[0]} && sleep 5", "--watchdog", "3")
    check(waiting.returncode == 0, waiting.errors)


def test_an_interrupt_frees_the_device(place):
    program = place.start_ava("run", "--", *victim(place, "spin"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    check(program.stdout.readline() == "spinning\n", "spinning")
    before = place.snapshot()
    program.send_signal(signal.SIGINT)
    check(program.wait(timeout=60) == -2, "SIGINT")
    program.stdout.close()
    place.expect_no_session_left(before)


def test_limits_are_refused_with_a_reason(place):
    config = place.directory / "avad.toml"
    config.write_text("[sessions]\nmax = 1\n")
    check(place.run("avad", "--socket", place.socket, "--config", str(config)).returncode == 0, "avad")
    with at_work(place) as first:
        second = place.ava("run", "--", *victim(place))
        check(second.returncode != 0, "the second is refused")
        check("all 1 sessions are in use" in second.errors, second.errors)
        check(first.poll() is None and place.sessions(), "the first goes on")


def test_programs_that_have_ended_do_not_count(place):
    config = place.directory / "avad.toml"
    config.write_text("[sessions]\nmax_per_user = 3\n")
    check(place.run("avad", "--socket", place.socket, "--config", str(config)).returncode == 0, "avad")
    for number in range(20):
        run = place.ava("run", "--", *victim(place))
        check(run.returncode == 0, f"run {number}: {run.errors}")


def warm_of(place):
    return [session for session in place.sessions() if session["state"] == "warm"]


def start_warm(place, seconds=60, more=""):
    """A manager with a worker that waits for root's next program."""
    config = place.directory / "avad.toml"
    config.write_text(f"[sessions]\nwarm_per_user = 1\nwarm_seconds = {seconds}\n{more}")
    check(place.run("avad", "--socket", place.socket, "--config", str(config)).returncode == 0, "avad")
    run = place.ava("run", "--", *victim(place))
    check(run.returncode == 0, run.errors)
    return wait_until(lambda: warm_of(place), "a warm worker")[0]


def stop_warm(place):
    before = place.snapshot()
    check(place.ava("stop").returncode == 0, "ava stop")
    place.expect_nothing_left(before)


def test_a_warm_worker_serves_the_next_program(place):
    waiting = start_warm(place)
    file = place.directory / "stats.json"
    for _ in range(5):
        run = place.ava("run", "--stats", str(file), "--", *victim(place))
        check(run.returncode == 0 and run.output.endswith("all right\n"), run.output + run.errors)
        served = json.loads(file.read_text())["sessions"]
        check([each["session"] for each in served] == [waiting["session"]], f"{served} by {waiting}")
        waiting = wait_until(lambda: warm_of(place), "another one")[0]
        check(len(place.sessions()) == 1, "only one waits")
    stop_warm(place)


def test_a_warm_worker_is_for_the_same_user_and_environment(place):
    waiting = start_warm(place)
    other = place.ava("run", "--", *victim(place), env=os.environ | {"POCL_MAX_PTHREAD_COUNT": "1"})
    check(other.returncode == 0, other.errors)
    if place.root:
        stranger = place.ava("run", "--", *victim(place), user=GUEST_USER, cwd="/")
        check(stranger.returncode == 0, stranger.errors)
    check(waiting["session"] in [each["session"] for each in warm_of(place)], "it still waits")
    check(user_of(warm_of(place)[0]) != 0 or not place.root, "as a user of its own")
    stop_warm(place)


def test_what_a_library_prints_when_it_is_loaded_reaches_the_program(place):
    # The vendor's library, and a line from its constructor.
    source = place.directory / "talks.c"
    source.write_text('#include <stdio.h>\n__attribute__((constructor)) static void f(void)'
                      '{ fputs("loaded\\n", stderr); fputs("really\\n", stdout); }\n')
    library = place.directory / "libtalks.so"
    subprocess.run(["gcc", "-shared", "-fPIC", str(source), "-o", str(library), "-Wl,--no-as-needed",
                    "-l:libOpenCL.so.1"], check=True)
    place.directory.chmod(0o755)
    start_warm(place, more=f'[worker]\nvendor = "{library}"\n')
    for _ in range(2):
        wait_until(lambda: warm_of(place), "a warm worker")
        run = place.ava("run", "--", *victim(place))
        check(run.returncode == 0 and run.errors == "loaded\n", run.errors)
        check(run.output.startswith("really\n"), run.output)
    stop_warm(place)


def test_a_warm_worker_that_is_killed_is_not_missed(place):
    waiting = start_warm(place)
    os.kill(waiting["worker_pid"], signal.SIGKILL)
    wait_until(lambda: not warm_of(place), "it is gone")
    run = place.ava("run", "--", *victim(place))
    check(run.returncode == 0, run.errors)
    wait_until(lambda: warm_of(place), "another one")
    stop_warm(place)


def test_a_killed_manager_leaves_no_warm_worker(place):
    start_warm(place)
    before = place.snapshot()
    os.kill(place.manager()["pid"], signal.SIGKILL)
    place.expect_nothing_left(before)


def test_a_warm_worker_for_which_nobody_comes_ends(place):
    before = place.snapshot()
    start_warm(place, seconds=1)
    wait_until(lambda: not place.sessions(), "nobody has come")
    place.expect_no_session_left(before)
    place.ava("stop")


def test_a_bad_configuration_is_refused_with_its_line(place):
    config = place.directory / "avad.toml"
    config.write_text("[sessions]\nmax = 1\nmany = 2\n")
    bad = place.run("avad", "--socket", place.socket, "--config", str(config))
    check(bad.returncode == 1 and "avad.toml:3:8: 'sessions.many'" in bad.errors, bad.errors)


def test_strangers_are_turned_away(place):
    check(place.run("avad", "--socket", place.socket).returncode == 0, "avad")
    for text in (b"x", b"\0" * 136, b"{", b"GET / HTTP/1.1\r\n\r\n", b"{}" * 50000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.settimeout(10)
            client.connect(place.socket)
            client.send(text)
            try:
                client.recv(1 << 20)
            except ConnectionResetError:
                pass
    check(place.manager() is not None, "the manager answers still")
    check(place.ava("run", "--", *victim(place)).returncode == 0, "and works")


def test_a_user_without_root_can_do_it_all(place):
    if os.geteuid() != 0:
        return  # all other tests did
    with Place(place.bin, user=GUEST_USER) as own:
        for test in (
            test_statistics_say_what_happened,
            test_a_worker_is_confined,
            test_the_next_worker_hits_the_cache,
            test_stop_ends_sessions_with_a_reason,
        ):
            test(own)
            own.ava("stop")
        check(own.run("avad", "--socket", own.socket).returncode == 0, "avad")
        other = own.ava("run", "--", *victim(own), user=GUEST_USER + 1, cwd="/")
        check(other.returncode != 0, "another user is not let in")


def test_the_doctor_finds_nothing_missing(place):
    found = place.ava("doctor", "--json")
    check(found.returncode == 0, found.output)
    check(all(line["remedy"] or line["state"] == "ok" for line in json.loads(found.output)), "remedies")


def test_devices_are_listed(place):
    devices = json.loads(place.ava("devices", "--json").output)
    check(devices and devices[0]["memory_bytes"] > 0, str(devices))
    check(devices[0]["device"] in place.ava("devices").output, "as text, too")


if __name__ == "__main__":
    sys.exit(run_tests(__doc__, globals(), Place))
