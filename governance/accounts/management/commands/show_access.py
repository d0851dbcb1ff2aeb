from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import TextChoices

from governance.accounts.permissions import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission

HEAD = """\
# Who may do what

Generated from `governance/accounts/permissions.py` by `manage.py show_access`; a test keeps it so.

A role is held in a business unit and reaches the units below it, from a first to a last moment.
What one may not see answers 404, like what does not exist; what one sees but may not act on
answers 403 with the reason.

**Separation of duties is not in this table.** Whoever had a hand in a version does not sign for it,
whatever their role; administrators and superusers are not exempt. That is a rule about one version
and its history: [who may sign](duties.md).

**Examiners hold none of these roles.** They read what an examination holds, for its time:
[examinations](examinations.md).
"""


class Command(BaseCommand):
    help = "Print the access matrix as Markdown: docs/access.md. Exit code 0."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    roles = "\n".join(table(ROLE_PERMISSIONS))
    scopes = "\n".join(table(SCOPE_PERMISSIONS))
    return f"""{HEAD}
## Roles of people

{roles}

## Scopes of tokens

A token acts within the unit of its service account, and a person answers for whatever it does.

{scopes}
"""


def table(matrix: Mapping[Any, frozenset[Permission]]) -> Iterator[str]:
    """One row per permission that anybody here holds, one column per role or scope."""
    holders: list[TextChoices] = list(matrix)
    yield f"| Permission | {' | '.join(str(holder.label) for holder in holders)} |"
    yield f"| --- |{' :-: |' * len(holders)}"
    for permission in Permission:
        held = ["✓" if permission in matrix[holder] else " " for holder in holders]
        if "✓" in held:
            yield f"| `{permission}` | {' | '.join(held)} |"
