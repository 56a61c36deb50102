"""Starts a program with two pipes as its descriptors 3 and 4, in a network of its own that has no way out, and ends
with everything it started. Run as a script by :mod:`archiver.pictures.browser`, so it imports nothing of ours:

    python -I -S confined.py READ WRITE PROGRAM ARGUMENT…

The new user namespace has one user, who is not root: so the browser keeps its own sandbox whoever we are. Exit code 97:
this machine does not let us confine it (:manpage:`user_namespaces(7)`); then nothing is started.
"""

import ctypes
import fcntl
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

REFUSED = 97
_USER, _NETWORK = 0x10000000, 0x40000000
_DEATH_SIGNAL, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38
_INSIDE = 1000
_NICE = 10
_LIBC = ctypes.CDLL(None, use_errno=True)


def confine() -> bool:
    """Enter a user and a network namespace of our own."""
    user, group = os.getuid(), os.getgid()
    if _LIBC.unshare(_USER | _NETWORK) != 0:
        return False
    try:
        for name, said in (
            ("setgroups", "deny"),
            ("uid_map", f"{_INSIDE} {user} 1"),
            ("gid_map", f"{_INSIDE} {group} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(said)
    except OSError:
        return False
    return True


def start(read: int, write: int, command: list[str]) -> int:
    """Start the program; its process."""
    child = os.fork()
    if not child:
        become(read, write, command)
    return child


def become(read: int, write: int, command: list[str]) -> None:
    """Be the program from here on: it gives way to whatever else this machine does, gains nothing
    by programs that would raise it, and leaves no dump of what it was shown."""
    _LIBC.prctl(_DEATH_SIGNAL, signal.SIGKILL)
    _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setpgid(0, 0)
    above = [fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (read, write)]
    for number, one in enumerate(above, 3):
        os.dup2(one, number)
    os.closerange(5, 256)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - no shell is what is wanted


def wait_for_all(child: int) -> None:
    """Reap everything until nothing is left; what the program leaves behind when it ends is killed."""
    while True:
        try:
            ended, _ = os.wait()
        except ChildProcessError:
            return
        if ended == child:
            kill(child)


def kill(child: int) -> None:
    """Kill the program and all of its group."""
    for end, whom in ((os.killpg, child), (os.kill, child)):
        with suppress(OSError):
            end(whom, signal.SIGKILL)


def main() -> int:
    """Returns when everything has ended."""
    read, write = int(sys.argv[1]), int(sys.argv[2])
    _LIBC.prctl(_DEATH_SIGNAL, signal.SIGTERM)
    _LIBC.prctl(_SUBREAPER, 1)
    if not confine():
        return REFUSED
    child = start(read, write, sys.argv[3:])
    signal.signal(signal.SIGTERM, lambda *_: kill(child))
    os.close(read)
    os.close(write)
    wait_for_all(child)
    return 0


if __name__ == "__main__":
    sys.exit(main())
