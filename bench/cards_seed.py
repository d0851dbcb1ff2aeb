"""Two models with a published card each, a small and a long one: for measuring only.

`python -m bench.cards_seed LETTERS` fills the portal that DATABASE_URL names and prints the cookie
of somebody who reads both, `small` and `long`; the long card has about that many letters.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta

from bench.inventory_seed import BEGIN, Bank, cookie_of, make_bank
from governance.accounts.actions import grant_role
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.cards.actions import publish_card, save_draft
from governance.cards.rules.completeness import Expected
from governance.core.canonical import sha256_hex
from governance.inventory.actions import create_model
from governance.registry.actions import register_version
from governance.registry.rules import Registration

PARAGRAPH = (
    "Applications with **twelve months** of performance, from the store; `staff` loans are left "
    "out.\n\n- thin files are few\n- see [the report](https://example.org)\n\n"
    "| group | rows |\n|---|--:|\n| under 25 | 412 |\n| over 65 | 1,204 |\n\n"
)


def publish(bank: Bank, name: str, sections: Mapping[str, str]) -> None:
    owner = bank.owners[0]
    model = create_model(name=name, unit=bank.units[0], actor=owner, at=BEGIN)
    version = register_version(
        model=model,
        registration=Registration(source=f"s3://bench/{name}"),
        tags={"metric.auc": "0.857"},
        actor=owner,
        at=BEGIN,
    )
    at = BEGIN + timedelta(hours=1)
    save_draft(version=version, sections=sections, base=0, actor=owner, at=at)
    publish_card(version=version, actor=owner, at=at)


def main() -> None:
    letters = int(sys.argv[1])
    bank = make_bank(1)
    for role in (Role.MODEL_OWNER, Role.DEVELOPER):
        grant_role(
            user=bank.owners[0], role=role, unit=bank.units[0],
            starts_at=BEGIN, actor=CONSOLE, at=BEGIN,
        )  # fmt: skip
    needed = [section.key for section in Expected().needed()]
    each = letters // len(needed) // len(PARAGRAPH)
    publish(bank, "small", dict.fromkeys(needed, PARAGRAPH))
    publish(bank, "long", {key: f"{PARAGRAPH * each}{sha256_hex(key.encode())}" for key in needed})
    print(cookie_of(bank.reader))


if __name__ == "__main__":
    main()
