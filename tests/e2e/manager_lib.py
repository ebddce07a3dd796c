# SPDX-License-Identifier: Apache-2.0
"""What the manager's tests share: a place with a socket of its own, and the search for what is left.

Everything that belongs to one manager can be found: its processes by parentage and by the directory
they work in, its files by its name, its shared memory by inode.
"""

import argparse
import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import traceback

SETTLE_S = 60.0  # how long anything may take to be gone; the machine may be busy


class Failure(Exception):
    """An assertion of a test that does not hold."""


def check(holds, what):
    if not holds:
        raise Failure(what)


def wait_until(condition, what, seconds=SETTLE_S):
    """Returns condition()'s first true value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < deadline, f"not within {seconds} s: {what}")
        time.sleep(0.01)


def user_of(session):
    """The user of a session's worker; /proc/PID itself may be root's."""
    status = pathlib.Path(f"/proc/{session['worker_pid']}/status").read_text()
    return int(status.split("Uid:")[1].split()[0])


def stat_fields(pid):
    """(parent, state, start time) of a process, or None."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), fields[0], int(fields[19])


def is_dead(pid):
    """It is gone, or only its parent has not looked yet."""
    fields = stat_fields(pid)
    return fields is None or fields[1] == "Z"


def processes():
    """pid -> (parent, state, start time), of all processes."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := stat_fields(int(entry))):
            found[int(entry)] = fields
    return found


def descendants(root):
    """{(pid, start time)} of `root` and everything below it."""
    table = processes()
    chosen = {root} if root in table else set()
    while True:
        more = {pid for pid, fields in table.items() if fields[0] in chosen} - chosen
        if not more:
            return {(pid, table[pid][2]) for pid in chosen}
        chosen |= more


def is_alive(identity):
    pid, start = identity
    fields = stat_fields(pid)
    return fields is not None and fields[2] == start and fields[1] != "Z"


def memory_inodes(identities):
    """Inodes of all memfds of ours that these processes have open or mapped."""
    inodes = set()
    for pid, _ in identities:
        for link in glob.glob(f"/proc/{pid}/fd/*"):
            try:
                if os.readlink(link).startswith("/memfd:ava-"):
                    inodes.add(os.stat(link).st_ino)
            except OSError:
                pass
    return inodes


def holders_of(inodes):
    """Processes that have one of these inodes open or mapped."""
    found = set()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        for link in glob.glob(f"/proc/{entry}/fd/*"):
            try:
                if os.readlink(link).startswith("/memfd:ava-") and os.stat(link).st_ino in inodes:
                    found.add(int(entry))
            except OSError:
                pass
        try:
            maps = pathlib.Path(f"/proc/{entry}/maps").read_text()
        except OSError:
            continue
        for line in maps.splitlines():
            words = line.split(None, 5)
            if len(words) == 6 and "memfd:ava-" in words[5] and int(words[4]) in inodes:
                found.add(int(entry))
    return found


class Place:
    """A directory with a socket, and the manager that listens there."""

    def __init__(self, bin_directory, user=None):
        self.bin = pathlib.Path(bin_directory).resolve()
        self.user = user
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ava-manager-test-"))
        self.directory.chmod(0o755)
        if user is not None:
            os.chown(self.directory, user, user)
        self.socket = str(self.directory / "avad.sock")
        self.root = os.geteuid() == 0 and user is None
        self.runtime = "/run/ava" if self.root else str(self.directory / "runtime/ava")
        self.cache = "/var/cache/ava" if self.root else str(self.directory / "cache/ava")
        self.name = None
        self.shared_memory = set(os.listdir("/dev/shm"))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.ava("stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    # Running ----------------------------------------------------------------------------------

    def environment(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AVA_")}
        if not self.root:
            environment["HOME"] = str(self.directory)
            for name in ("runtime", "cache", "state"):
                (self.directory / name).mkdir(exist_ok=True)
                if self.user is not None:
                    os.chown(self.directory / name, self.user, self.user)
            environment["XDG_RUNTIME_DIR"] = str(self.directory / "runtime")
            environment["XDG_CACHE_HOME"] = str(self.directory / "cache")
            environment["XDG_STATE_HOME"] = str(self.directory / "state")
        return environment

    def start(self, *words, user=None, **options):
        """Starts a program of ours, or whatever the first word names, and returns the Popen."""
        program = self.bin / words[0]
        command = [str(program) if program.exists() else words[0], *words[1:]]
        user = self.user if user is None else user
        if user is not None:
            options |= {"user": user, "group": user, "extra_groups": []}
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("env", self.environment())
        return subprocess.Popen(command, **options)

    def run(self, *words, timeout=120, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        given = options.pop("input", None)
        if given is not None:
            options["stdin"] = subprocess.PIPE
        with self.start(*words, text=True, **options) as process:
            try:
                process.output, process.errors = process.communicate(given, timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failure(f"{words} hangs") from None
            return process

    def ava(self, command, *words, **options):
        return self.run("ava", command, "--socket", self.socket, *words, **options)

    def start_ava(self, command, *words, **options):
        return self.start("ava", command, "--socket", self.socket, *words, **options)

    # Asking -----------------------------------------------------------------------------------

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            client.connect(self.socket)  # Waits while the manager's queue of connections is full.
        except OSError:
            client.close()
            raise
        client.settimeout(SETTLE_S)
        return client

    def ask(self, request, **members):
        """The lines of a manager's answer; None when there is no manager."""
        try:
            client = self.connect()
        except OSError:
            return None
        with client:
            try:
                client.send(json.dumps({"request": request, **members}).encode())
                lines = []
                while True:
                    packet = client.recv(1 << 20)
                    if not packet:
                        return None
                    line = json.loads(packet)
                    if "error" in line:
                        raise Failure(line["error"])
                    if "end" in line:
                        return lines
                    lines.append(line)
            except OSError:
                return None

    def manager(self):
        """The manager's description; remembers its name."""
        answer = self.ask("ping")
        if not answer:
            return None
        self.name = answer[0]["manager"]["name"]
        return answer[0]["manager"]

    def sessions(self):
        return self.ask("ps") or []

    # What is left -----------------------------------------------------------------------------

    def snapshot(self):
        """Everything that belongs to the manager now: processes, and inodes of shared memory."""
        manager = self.manager()
        if manager is None:
            return set(), set()
        fields = stat_fields(manager["pid"])
        everybody = descendants(fields[0]) if fields and fields[0] > 1 else set()
        everybody |= descendants(manager["pid"])
        return everybody, memory_inodes(everybody)

    def session_files(self):
        return glob.glob(f"{self.runtime}/{self.name}/sessions/*") + glob.glob(
            f"{self.cache}/*/views/{self.name}/*"
        )

    def manager_files(self):
        files = glob.glob(f"{self.runtime}/{self.name}*") + self.session_files()
        return files + ([self.socket] if os.path.lexists(self.socket) else [])

    def strangers(self):
        """Processes that work in one of the manager's directories, dead directories included."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if f"/{self.name}/sessions/" in os.readlink(f"/proc/{entry}/cwd"):
                    found.append(int(entry))
            except (OSError, ValueError):
                pass
        return found

    def expect_nothing_left(self, before):
        """After the manager's end."""
        identities, inodes = before
        wait_until(lambda: not any(map(is_alive, identities)), "every process of the manager ends")
        if self.name is None:
            return
        wait_until(lambda: not self.strangers(), "no process works in its directories")
        wait_until(lambda: not self.manager_files(), f"no file is left: {self.manager_files()}")
        wait_until(lambda: not holders_of(inodes), "nobody holds its shared memory")
        new = set(os.listdir("/dev/shm")) - self.shared_memory
        check(not [name for name in new if "ava" in name], f"/dev/shm has {new}")

    def expect_no_session_left(self, before):
        """The manager lives; its sessions are gone."""
        identities, inodes = before
        manager = self.manager()
        check(manager is not None, "the manager still answers")
        keep = {manager["pid"], stat_fields(manager["pid"])[0]}
        workers = {identity for identity in identities if identity[0] not in keep}
        wait_until(lambda: not any(map(is_alive, workers)), "every process of the session ends")
        wait_until(lambda: not self.sessions(), "no session is listed")
        wait_until(lambda: not self.session_files(), f"no file is left: {self.session_files()}")
        wait_until(lambda: not self.strangers(), "no process works in its directories")
        wait_until(lambda: not holders_of(inodes), "nobody holds its shared memory")


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def run_tests(description, names, make_place):
    """The main() of a file of tests: those named on the command line, or all. Its exit status."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("tests", nargs="*")
    arguments = parser.parse_args()
    failures = 0
    for name, test in list(names.items()):
        if not name.startswith("test_") or (arguments.tests and name not in arguments.tests):
            continue
        start = time.monotonic()
        try:
            with make_place(arguments.bin) as place:
                test(place)
            print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Failure as failure:
            failures += 1
            print(f"FAILED  {name}: {failure}", flush=True)
        except Exception:  # pylint: disable=broad-except  # The tests after this one still count.
            failures += 1
            print(f"FAILED  {name}:\n{traceback.format_exc()}", flush=True)
    return 1 if failures else 0
