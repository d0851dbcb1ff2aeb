"""What the database itself refuses: changes of history, and rows that break a rule.

These are guard rails against bugs and careless hands, and against whoever writes past the actions.
A table's owner can drop them; what was done then is for verification and checkpoints to find.
"""

from governance.audit.triggers.history import guards
from governance.audit.triggers.installation import (
    install,
    missing,
    remove,
    remove_refusals,
    wanted,
)
from governance.audit.triggers.refusals import refusal_triggers

__all__ = [
    "guards",
    "install",
    "missing",
    "refusal_triggers",
    "remove",
    "remove_refusals",
    "wanted",
]
