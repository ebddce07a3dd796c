#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tenants take device memory at random against their limits; the manager's ledger must be the truth at every step.

    tests/e2e/quotas.py --seconds 60          10 tenants of 3 sessions each; as root

A session may hold SESSION_BYTES and its tenant TENANT_BYTES, less than three sessions want. All sessions play at once; after
each round the sum that each program knows is compared with what the manager says, and both with the limits. Now and then a
session is killed, and its tenant's others have its room. In the end each gives everything back and the ledger says 0.
"""

import argparse
import pathlib
import random
import signal
import subprocess
import sys
import time

from manager_lib import Place, check, wait_until

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
FIRST_USER = 2001
SESSIONS = 3
SESSION_BYTES = 3 << 20
TENANT_BYTES = 5 << 20
STEPS = 40


class Player:
    """One program of one tenant on the virtual device."""

    def __init__(self, place, user, seed):
        self.user = user
        self.process = place.start_ava("run", "--", str(place.bin / "quota/quota_player"), str(seed), user=user,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.held = self.shared = self.refused = 0
        self.hear()

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def hear(self):
        words = self.process.stdout.readline().split()
        check(len(words) == 6 and words[0] == "held", f"user {self.user} says {words}")
        self.held, self.shared, self.refused = int(words[1]), int(words[3]), int(words[5])

    def end(self):
        self.process.stdin.close()
        check(self.process.wait(60) == 0, f"user {self.user}: status {self.process.returncode}")

    def die(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def compare(place, players):
    """What the manager says of each session, against what its program says."""
    said = {session["pid"]: session for session in place.sessions()}
    by_user = {}
    for player in players:
        session = said[player.process.pid]
        # SVM whose address the program has something else at is asked for in a larger piece, and the larger piece counts.
        check(session["memory_bytes"] == player.held or (player.shared and session["memory_bytes"] > player.held),
              f"user {player.user}: the ledger says {session['memory_bytes']}, the program {player.held}")
        check(session["memory_peak_bytes"] <= SESSION_BYTES, f"user {player.user}: {session['memory_peak_bytes']} at once")
        by_user[player.user] = by_user.get(player.user, 0) + session["memory_bytes"]
    for user, held in by_user.items():
        check(held <= TENANT_BYTES, f"user {user} holds {held} of {TENANT_BYTES}")
    return by_user


def everybody(players, command):
    for player in players:
        player.tell(command)
    for player in players:
        player.hear()


def play(place, options, chance):
    users = range(FIRST_USER, FIRST_USER + options.tenants)
    seeds = iter(range(options.seed, options.seed + 10**6))
    players = [Player(place, user, next(seeds)) for user in users for _ in range(SESSIONS)]
    rounds = deaths = 0
    fullest = 0
    end = time.monotonic() + options.seconds
    while rounds < 3 or time.monotonic() < end:
        everybody(players, f"play {STEPS}")
        fullest = max(fullest, *compare(place, players).values())
        rounds += 1
        if rounds % 3 == 2:
            index = chance.randrange(len(players))
            players[index].die()
            pid = players[index].process.pid
            wait_until(lambda pid=pid: pid not in {session["pid"] for session in place.sessions()}, "the session ends")
            players[index] = Player(place, players[index].user, next(seeds))
            deaths += 1
    refused = sum(player.refused for player in players)
    check(refused > 0, "somebody met a limit")
    check(fullest > SESSION_BYTES, "a tenant had more than one session may have")
    everybody(players, "drop")
    check(not any(compare(place, players).values()), "nothing is held in the end")
    # Room for one whole session, and for what is left of the tenant's, whoever held it before.
    for user in users:
        first, second, third = (player for player in players if player.user == user)
        for player, wanted, granted in ((first, SESSION_BYTES, True), (second, TENANT_BYTES - SESSION_BYTES, True),
                                        (third, 1, False), (first, 1, False)):
            before = player.held
            player.tell(f"take {wanted}")
            player.hear()
            check(player.held == before + (wanted if granted else 0), f"user {user}: {wanted} bytes beside {before}")
    everybody(players, "drop")
    for user in users:
        player = next(player for player in players if player.user == user)
        player.tell(f"hide {SESSION_BYTES // 4 * 3}")
        player.hear()
    for player in players:
        player.end()
    return rounds, deaths, refused, fullest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build/release/bin")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tenants", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    with Place(options.bin) as place:
        if not place.root:
            print("several tenants need root: nothing was tried")
            sys.exit(77)
        config = pathlib.Path(place.directory, "avad.toml")
        config.write_text(f"[quotas]\ndevice_memory_per_session = {SESSION_BYTES}\n"
                          f"device_memory_per_user = {TENANT_BYTES}\n")
        place.run("avad", "--socket", place.socket, "--config", str(config))
        wait_until(lambda: place.ava("ps").returncode == 0, "the manager answers")
        start = time.monotonic()
        rounds, deaths, refused, fullest = play(place, options, random.Random(options.seed))
    print(f"{options.tenants} tenants, seed {options.seed}: {rounds} rounds in {time.monotonic() - start:.0f} s, {deaths} deaths, "
          f"{refused} refusals, at most {fullest} of {TENANT_BYTES} bytes; the ledger was right each time")


if __name__ == "__main__":
    main()
