"""Taking a model out of use, as far as its record goes, and back into it.

`approvals.actions.retirements` decides whether it may go: what serves and what is asked for stand
on rungs above this one.
"""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record
from governance.core.typed import tidy
from governance.core.wording import counted
from governance.inventory.actions.keeping import require_ownership
from governance.inventory.models import Dependency, Model, Retirement, RetirementEnd
from governance.inventory.queries import locked_model, standing_retirement
from governance.inventory.rules import ModelNotRetired, StillConsumed
from governance.inventory.rules.retirements import reason_problems, retention_problems


def check_retirement(
    model: Model,
    *,
    reason: str,
    replacement: Model | None,
    retention_end_date: date,
    today: date,
) -> None:
    """Raise InvalidInput unless all is said that is kept of a retirement."""
    years = settings.RETENTION_YEARS
    problems = [
        *reason_problems(reason),
        *retention_problems(retention_end_date, today=today, years=years),
    ]
    if replacement is not None and replacement == model:
        message = f"{model.name} cannot take its own place."
        problems.append(Problem(field="replacement", rule="itself", message=message))
    elif replacement is not None and not replacement.is_in_use:
        message = f"{replacement.name} is out of use itself."
        problems.append(Problem(field="replacement", rule="in_use", message=message))
    if problems:
        raise InvalidInput(*problems)


def require_no_consumers(model: Model, *, actor: Actor, at: datetime) -> None:
    """Raise StillConsumed, naming those that the actor sees, while models in use rest on it."""
    links = Dependency.objects.current().filter(feeder=model)
    keys = set(links.filter(consumer__in=Model.objects.in_use()).values_list("consumer", flat=True))
    if not keys:
        return
    seen = Model.objects.visible_to(actor, at=at).filter(pk__in=keys)
    names = sorted(seen.values_list("name", flat=True))
    hidden = len(keys) - len(names)
    told = [*names, *([f"{counted(hidden, 'model')} that you may not see"] if hidden else [])]
    raise StillConsumed(
        f"{model.name} is not retired while it feeds {', '.join(told)}. Have their owners end "
        "that, or retire them first.",
        subject=model.ref,
        stream=model.stream,
        consumers=names,
    )


def put_out_of_use(
    model: Model,
    *,
    reason: str,
    replacement: Model | None,
    retention_end_date: date,
    actor: Actor,
    at: datetime,
) -> list[Record]:
    """Write what was checked, under the model's lock, and return the rows; the caller appends."""
    row = Retirement.objects.create(
        model=model,
        reason=audit.write_prose(tidy(reason).strip()),
        replacement=replacement,
        retention_end_date=retention_end_date,
        retired_by=actor.ref,
        retired_at=at,
    )
    model.retired_at = model.updated_at = at
    model.save(update_fields=["retired_at", "updated_at"])
    return [model, row]


@transaction.atomic
def return_from_retirement(*, model: Model, reason: str, actor: Actor, at: datetime) -> Model:
    """Put a retired model back into use; that it was retired stays. Appends model.returned.

    Its versions stay in the stages they have. Raises InvalidInput, ModelNotRetired, NotTheOwner,
    PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.MODEL_RETIRE, unit=model.unit, at=at)
    require_ownership(model, actor)
    standing = standing_retirement(model)
    if standing is None:
        raise ModelNotRetired(f"{model.name} is in use.", subject=model.ref, stream=model.stream)
    if problems := list(reason_problems(reason)):
        raise InvalidInput(*problems)
    end = RetirementEnd.objects.create(
        retirement=standing,
        reason=audit.write_prose(tidy(reason).strip()),
        returned_by=actor.ref,
        returned_at=at,
    )
    model.retired_at, model.updated_at = None, at
    model.save(update_fields=["retired_at", "updated_at"])
    audit.append(
        verb=Verb.MODEL_RETURNED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={"retirement": standing.ref},
        records=[model, end],
    )
    return model
