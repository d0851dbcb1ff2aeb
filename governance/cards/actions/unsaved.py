"""What is typed and not saved yet, kept for its writer. It is no record, so nothing is appended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.cards.models import UnsavedText
from governance.cards.rules.completeness import section_problems
from governance.cards.rules.further import further_problems, is_further
from governance.core.errors import InvalidInput
from governance.core.typed import tidy
from governance.inventory.actions.keeping import require_in_use
from governance.registry.models import ModelVersion


@transaction.atomic
def keep_unsaved(
    *, version: ModelVersion, section: str, text: str, base: int, actor: User, at: datetime
) -> UnsavedText:
    """Keep what somebody typed into a section, in place of what was kept before.

    Raises InvalidInput, ModelRetired, PermissionMissing.
    """
    require(actor, Permission.CARD_WRITE, unit=version.model.unit, at=at)
    require_in_use(version.model)
    text = tidy(text)
    said = {section: text}
    check = further_problems(said, {}) if is_further(section) else section_problems(said)
    if problems := list(check):
        raise InvalidInput(*problems)
    kept, _ = UnsavedText.objects.update_or_create(
        version=version,
        user=actor,
        section=section,
        defaults={"text": text, "base": base, "typed_at": at},
    )
    return kept


def forget_unsaved(*, version: ModelVersion, section: str, writer: User) -> None:
    """Throw away what the writer typed into a section and did not save."""
    UnsavedText.objects.filter(version=version, user=writer, section=section).delete()
