"""A server of somebody else's that takes checkpoints: `https://siem.bank.example/hook`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from governance.audit.targets.naming import fingerprint, host, http_address
from governance.audit.targets.shipping import AddressWrong, Copied, Shipment, TargetFails


@dataclass(frozen=True)
class Webhook:
    url: str
    is_store = False
    pause = timedelta(0)

    @property
    def name(self) -> str:
        # The rest of the address is often a secret.
        parts = http_address(self.url)
        return f"{parts.scheme}://{host(parts)}~{fingerprint(self.url)}"

    def copy(self, shipment: Shipment) -> Copied:
        point = shipment.point
        body = {
            "event": "checkpoint.made",
            "origin": point.origin,
            "size": point.size,
            "root": point.root.hex(),
            "note": shipment.note,
        }
        headers = {"Content-Type": "application/json"}
        reply = shipment.post(self.url, headers, json.dumps(body).encode())
        if not 200 <= reply.status < 300:
            raise TargetFails(f"The receiver answered {reply.status}.")
        return Copied(receipt=f"HTTP {reply.status}")


def parse(rest: str, *, scheme: str = "https") -> Webhook:
    url = f"{scheme}:{rest}"
    if http_address(url).fragment:
        raise AddressWrong("an address of a receiver has no #")
    return Webhook(url)
