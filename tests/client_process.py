"""A client that has a virtual environment of its own, and so a process: calls go in, answers out.

One JSON object a line, `{"method", "args", "env"}`, answered by one a line: `{"result": …}`, or
`{"error": {"error_code", "message", "json"}}` for what the client raised.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


class ClientError(Exception):
    """What the client raised: its code, its message, and the whole body the server sent."""

    def __init__(self, error_code: str, message: str, json: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message
        self.json = json or {}


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Python that has the client, and where it comes from when it is not there."""

    python: Path
    variable: str
    requirements: str

    @classmethod
    def of(cls, variable: str, folder: str, requirements: str) -> Interpreter:
        """Return the one that the variable names, or else that of the folder of `./run test`."""
        named = os.environ.get(variable) or ROOT / folder / "bin" / "python"
        return cls(python=Path(named), variable=variable, requirements=requirements)

    def require(self) -> None:
        if not self.python.exists():
            pytest.fail(
                f"no interpreter at {self.python}: make one from {self.requirements}, or name one "
                f"in {self.variable}",
                pytrace=False,
            )


class ClientProcess:
    """A persistent process that answers calls of a client's methods by name."""

    def __init__(
        self,
        interpreter: Interpreter,
        worker: Path,
        *,
        folder: Path,
        env: Mapping[str, str],
        error: type[ClientError] = ClientError,
    ) -> None:
        interpreter.require()
        self.error = error
        self.log = (folder / f"{worker.stem}.log").open("w+")
        self.process = subprocess.Popen(
            # -P: the worker's folder has a package called http.
            [interpreter.python, "-P", worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=folder,
            env=env,
        )

    def call(self, method: str, env: dict[str, str], **args: Any) -> Any:
        """Return what the client returned, as plain values. Raises the client's error."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"method": method, "args": args, "env": env}
        if self.process.poll() is None:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            pytest.fail(f"the client's process ended:\n{self.log.read()[-4000:]}")
        answered = json.loads(line)
        if "error" in answered:
            raise self.error(**answered["error"])
        return answered["result"]

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):  # it ended by itself, and a test has said so
            self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()
        self.log.close()
