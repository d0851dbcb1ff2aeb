"""A folder that the owner of the database cannot write to at will: `dir:/mnt/worm/ledger`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from governance.audit.durable import write_whole
from governance.audit.targets.layout import CHECKPOINT, File
from governance.audit.targets.shipping import AddressWrong, Copied, Shipment, TargetFails


@dataclass(frozen=True)
class Folder:
    path: Path
    is_store = True
    pause = timedelta(0)

    @property
    def name(self) -> str:
        return f"dir:{self.path}"

    def checkpoint(self, place: str) -> bytes | None:
        try:
            return read(existing(self.path) / place / CHECKPOINT)
        except OSError as error:
            raise TargetFails(f"The folder cannot be read: {error.strerror}.") from error

    def copy(self, shipment: Shipment) -> Copied:
        try:
            root = existing(self.path) / shipment.place
            held = shipment.held(read(root / CHECKPOINT))
            if held <= shipment.point.size:
                for file in shipment.files(held):
                    write(root, file, shipment)
        except OSError as error:
            raise TargetFails(f"The folder cannot be used: {error.strerror}.") from error
        size = max(held, shipment.point.size)
        return Copied(receipt=f"checkpoints/{size}", was_empty=held == 0)


def parse(rest: str) -> Folder:
    return Folder(whole_path(rest))


def whole_path(text: str) -> Path:
    """Raises AddressWrong for a path that depends on where the process was started."""
    if not text.startswith("/") or ".." in text.split("/"):
        raise AddressWrong("a whole path is needed, such as /mnt/worm/ledger")
    return Path(text)


def existing(folder: Path) -> Path:
    # Never made: an empty folder where a volume is not mounted would take the copies for good.
    if not folder.is_dir():
        raise TargetFails("The folder does not exist.")
    return folder


def read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write(root: Path, file: File, shipment: Shipment) -> None:
    """Have the file there whole. Raises Contradicted for one that is there and says otherwise."""
    path = root / file.path
    if not file.is_replaced and (there := read(path)) is not None:
        shipment.compare(file, there)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, file.data)
