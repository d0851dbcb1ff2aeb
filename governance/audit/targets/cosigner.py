"""A witness that cosigns (C2SP `tlog-witness`): `witness:https://witness.example#vkey`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from governance.audit import notes
from governance.audit.checkpoints import Consistency
from governance.audit.notes import COSIGNATURE, NoteUnusable, VerifierKey
from governance.audit.targets.naming import http_address
from governance.audit.targets.shipping import (
    AddressWrong,
    Contradicted,
    Copied,
    Reply,
    Shipment,
    TargetFails,
)

KIND = "witness"
MEANING = {
    400: "The witness takes the request for malformed (400).",
    403: "The witness knows none of the keys that signed (403): give it the ledger's key.",
    404: "The witness does not know this origin (404): give it the ledger's key.",
}

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True)
class Cosigner:
    url: str
    key: VerifierKey
    is_store = False
    pause = timedelta(0)

    @property
    def name(self) -> str:
        return f"{KIND}:{self.key.name}+{self.key.id.hex()}"

    def copy(self, shipment: Shipment) -> Copied:
        reply = self._submit(shipment, min(shipment.copied, shipment.point.size))
        if reply.status == 409:
            reply = self._submit(shipment, self._size_it_has(shipment, reply))
        if reply.status == 422:
            # Our proof is made of our rows, and the witness holds what it signed itself.
            raise Contradicted("other_tree")
        if reply.status != 200:
            said = f"The witness answered {reply.status}."
            raise TargetFails(MEANING.get(reply.status, said))
        return Copied(receipt=self._cosignature(shipment, reply))

    def _submit(self, shipment: Shipment, old: int) -> Reply:
        proof = Consistency(old=old, hashes=shipment.consistency(old), note=shipment.signed)
        url = f"{self.url}/add-checkpoint"
        return shipment.post(url, {"Content-Type": "text/plain"}, str(proof).encode())

    def _size_it_has(self, shipment: Shipment, reply: Reply) -> int:
        if not _SIZE.fullmatch(reply.body):
            raise TargetFails("The witness refused the size (409) and did not say its own.")
        size = int(reply.body)
        if size > shipment.grown:
            raise Contradicted("ahead", held_size=size)
        if size > shipment.point.size:
            raise TargetFails("The witness has a later checkpoint of this ledger by now.")
        return size

    def _cosignature(self, shipment: Shipment, reply: Reply) -> str:
        """The line of its key. Others are ignored, as the protocol wants it."""
        try:
            lines = notes.parse_signatures(reply.body.decode())
        except (UnicodeDecodeError, NoteUnusable) as error:
            raise TargetFails(
                "The witness answered with something else than signatures."
            ) from error
        text = shipment.point.text()
        for line in lines:
            if line.is_of(self.key) and notes.is_valid(text, line, self.key):
                return str(line)
        raise TargetFails("The witness answered without a valid signature of its key.")


def parse(rest: str) -> Cosigner:
    url, _, text = rest.partition("#")
    if http_address(url).query:
        raise AddressWrong("the address of a witness has no ?")
    try:
        key = notes.parse_key(text)
    except NoteUnusable as error:
        raise AddressWrong("after # stands the witness's verifier key, name+id+key") from error
    if key.kind != COSIGNATURE:
        raise AddressWrong("the key after # is not one of a witness (its kind is not 0x04)")
    return Cosigner(url.rstrip("/"), key)
