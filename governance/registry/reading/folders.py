"""Files on this machine, below the folders that the operator lists. No link is followed there.

Each name is opened from the folder above it, never by a whole path, so that nobody can put a link
in its place between a check and the opening.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from governance.registry.reading.bounds import CHUNK, Budget
from governance.registry.rules import ArtifactFact, SourceUnreadable

# Without O_NONBLOCK the opening of a named pipe would wait for ever.
FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def folder_of(source: str) -> str:
    """Return the path that `/…` or `file:///…` names."""
    if not source.startswith("file:"):
        return source
    parts = urlsplit(source)
    if parts.netloc not in {"", "localhost"}:
        raise SourceUnreadable("Its address names a file of another machine.")
    return unquote(parts.path)


def place_below(path: str, roots: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the listed folder that the path lies below, and the names from there on.

    Raises SourceUnreadable. Only the text is judged; nothing is opened.
    """
    names = PurePosixPath(path).parts
    if path.startswith("/") and "\0" not in path and ".." not in names:
        for root in roots:
            above = PurePosixPath(root).parts
            if names[: len(above)] == above and above:
                return root, names[len(above) :]
    raise SourceUnreadable("It lies in no folder that this portal may read (ARTIFACT_ROOTS).")


def read_folder(path: str, *, roots: Sequence[str], budget: Budget) -> list[ArtifactFact]:
    """Return the digests of a folder's files, or of the one file that the path names."""
    root, names = place_below(path, roots)
    try:
        # A listed folder may itself be a link: the operator named it.
        with _opened(os.open(os.path.realpath(root), os.O_RDONLY | os.O_DIRECTORY)) as folder:
            return list(_descend(folder, names, budget))
    except OSError as error:
        linked = error.errno in {errno.ELOOP, errno.EMLINK}
        why = "a link stands in the way" if linked else str(error.strerror)
        raise SourceUnreadable(f"It cannot be read: {why}.") from error


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _descend(folder: int, names: Sequence[str], budget: Budget) -> Iterator[ArtifactFact]:
    if not names:
        yield from _walk(folder, "", budget, depth=0)
        return
    with _opened(os.open(names[0], FLAGS, dir_fd=folder)) as inner:
        if names[1:] or _is_folder(inner):
            yield from _descend(inner, names[1:], budget)
        else:
            yield _fact(inner, names[0], budget)


def _walk(folder: int, prefix: str, budget: Budget, *, depth: int) -> Iterator[ArtifactFact]:
    budget.enter(depth)
    for name in sorted(os.listdir(folder)):
        with _opened(os.open(name, FLAGS, dir_fd=folder)) as inner:
            if _is_folder(inner):
                yield from _walk(inner, f"{prefix}{name}/", budget, depth=depth + 1)
            else:
                yield _fact(inner, prefix + name, budget)


def _is_folder(descriptor: int) -> bool:
    return stat.S_ISDIR(os.fstat(descriptor).st_mode)


def _fact(descriptor: int, path: str, budget: Budget) -> ArtifactFact:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise SourceUnreadable("It holds something that is neither a file nor a folder.")
    return budget.fact(path, iter(lambda: os.read(descriptor, CHUNK), b""))
