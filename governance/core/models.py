"""The base of every table of ours."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.db import IntegrityError, models, transaction

from governance.core.errors import DomainError


def new_salt() -> str:
    return secrets.token_hex(16)


class Record(models.Model):
    """A row with a stable reference, which names changed and numbers restarted cannot confuse.

    `salt` goes into the snapshot that the ledger keeps a digest of, so that nobody can guess a
    person's name or a short comment from its digest.
    """

    REF: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    salt = models.CharField(max_length=32, default=new_salt, editable=False)

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        return f"{self.REF}:{self.pk}"


def insert_unique(record: Record, *, taken: DomainError) -> None:
    """Insert a row whose name nobody had a moment ago; raise `taken` if somebody has it by now.

    Of two who create it at once, the slower one is told what the check before would have said.
    """
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        raise taken from error
