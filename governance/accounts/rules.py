"""Roles, scopes and the shape of whoever acts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from django.db.models import TextChoices

from governance.core.errors import NotAllowed, NotFound, Problem, Refused, WrongState
from governance.core.typed import is_plain

if TYPE_CHECKING:
    from governance.accounts.models import Unit, User
    from governance.accounts.permissions import Permission


class Role(TextChoices):
    MODEL_OWNER = "MODEL_OWNER", "Model owner"
    DEVELOPER = "DEVELOPER", "Developer"
    VALIDATOR = "VALIDATOR", "Validator"
    APPROVER = "APPROVER", "Approver"
    COMPLIANCE = "COMPLIANCE", "Compliance"
    HEAD_OF_MODEL_RISK = "HEAD_OF_MODEL_RISK", "Head of model risk"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrator"


SIGNING_ROLES = (Role.VALIDATOR, Role.APPROVER, Role.COMPLIANCE, Role.HEAD_OF_MODEL_RISK)
"""The roles in which policies ask people to sign."""

BUILDING_ROLES = (Role.MODEL_OWNER, Role.DEVELOPER)
"""The roles of those who own models and build them."""


class Scope(TextChoices):
    """What a token may be used for, within the unit of its service account."""

    READ = "registry:read", "Read models and versions"
    REGISTER = "registry:write", "Register models and versions, set tags and descriptions"
    MANAGE = "registry:manage", "Rename models, and remove models and versions"
    EVALUATE = "evaluations:write", "Post evaluation results and lineage"
    WRITE_CARDS = "cards:write", "Write drafts of model cards"
    REQUEST = "promotions:request", "Ask for stage changes, and comment on versions"
    REJECT = "promotions:reject", "Reject requests in the name of who answers for the token"
    ROLL_BACK = "promotions:rollback", "Pass on rollbacks that an approver proves to be theirs"
    LOAD = "unapproved:load", "Load versions that nobody approved, to validate them"
    REPORT = "deployments:report", "Report what serving systems run"
    WEBHOOKS = "webhooks:manage", "Keep webhooks and see their addresses"
    READ_LEDGER = "ledger:read", "Read the ledger, to collect it elsewhere"


SPECIAL_SCOPES = frozenset({Scope.REJECT, Scope.ROLL_BACK, Scope.LOAD, Scope.READ_LEDGER})
"""What no pipeline needs: a token gets it only when it is asked for by name."""
ORDINARY_SCOPES = tuple(scope for scope in Scope if scope not in SPECIAL_SCOPES)


class ProofMethod(TextChoices):
    """With what a person proves, for one act, that it is they."""

    PASSWORD = "PASSWORD", "Password given again"
    TOTP = "TOTP", "Code of an authenticator app"
    PASSKEY = "PASSKEY", "Passkey, unlocked by its holder"


class Actor(Protocol):
    """Whoever acts: a person, a service account behind a token, or the shell.

    `person` is who answers for the act: the user, or the responsible person of a service account.
    """

    @property
    def ref(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def person(self) -> User | None: ...

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        """Return what the actor may do in that unit at that moment."""
        ...


class PermissionMissing(NotAllowed):
    code = "permission_missing"


class NotAPerson(Refused):
    """Only a person may do this; a service account or the shell tried."""

    code = "not_a_person"


class ProofWrong(Refused):
    """What was given proves nothing."""

    code = "proof_wrong"


class PasswordWrong(ProofWrong):
    code = "password_wrong"


class CodeWrong(ProofWrong):
    """The code is not one of this moment, or was used already."""

    code = "code_wrong"


class PasskeyWrong(ProofWrong):
    """The answer is not of a passkey of this person, or not to a challenge made for this act."""

    code = "passkey_wrong"


class PasswordNotOwn(PasswordWrong):
    """The password was given to the person by somebody, who knows it too."""

    code = "password_not_own"


class ProofMissing(Refused):
    """The proof of identity is another person's, or was given for another act."""

    code = "proof_missing"


class AuthenticatorExists(WrongState):
    code = "authenticator_exists"


class AuthenticatorGone(WrongState):
    code = "authenticator_gone"


class GrantEnded(WrongState):
    code = "grant_ended"


class OwnAccount(Refused):
    """Nobody switches off the account that they act with."""

    code = "own_account"


class OwnGrant(Refused):
    """Nobody gives themself a role."""

    code = "own_grant"


class ExaminersAccount(Refused):
    """Who examines the firm takes no part in it: no role, no seat, no pipeline."""

    code = "examiners_account"


class UnfitDeputy(Refused):
    """Whoever builds in a unit signs there in nobody's name."""

    code = "unfit_deputy"


class NotYourDelegation(NotAllowed):
    code = "not_your_delegation"


class DelegationNotFound(NotFound):
    code = "delegation_not_found"


class DelegationOver(WrongState):
    code = "delegation_over"


class AdministratorExists(WrongState):
    code = "administrator_exists"


class Authority(TextChoices):
    """The law by which personal data is erased. A code of the list, so that no prose gets in."""

    GDPR_17_1_A = "GDPR_17_1_A", "GDPR Art. 17(1)(a): no longer needed"
    GDPR_17_1_B = "GDPR_17_1_B", "GDPR Art. 17(1)(b): consent was withdrawn"
    GDPR_17_1_C = "GDPR_17_1_C", "GDPR Art. 17(1)(c): the person objected"
    GDPR_17_1_D = "GDPR_17_1_D", "GDPR Art. 17(1)(d): it was processed unlawfully"
    GDPR_17_1_E = "GDPR_17_1_E", "GDPR Art. 17(1)(e): a law asks for it"
    UK_GDPR_17_1 = "UK_GDPR_17_1", "UK GDPR Art. 17(1)"
    CH_FADP_32_2 = "CH_FADP_32_2", "Swiss FADP Art. 32(2)"
    US_CA_1798_105 = "US_CA_1798_105", "California Civil Code § 1798.105"
    BR_LGPD_18_VI = "BR_LGPD_18_VI", "Brazil LGPD Art. 18(VI)"
    COURT_ORDER = "COURT_ORDER", "An order of a court or an authority"


HOLD, IN_USE, RETENTION = "hold", "in_use", "retention"
"""The rules by which something stays that the law would have erased."""


def kept_until(since: date, years: int) -> date:
    """Return the day through which a record is kept that long; of 29 February, the day after."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return date(since.year + years, 3, 1)


class AccountActive(WrongState):
    """Who may still sign in is not erased: they have to be let go first."""

    code = "account_active"


class AccountErased(WrongState):
    """What the law had erased is not put back."""

    code = "account_erased"


class NothingToErase(WrongState):
    code = "nothing_to_erase"


class OnHold(Refused):
    """A legal hold says that nothing of it may go."""

    code = "on_hold"


class Retained(Refused):
    """It has to be kept, and for how long is said."""

    code = "retained"


class HoldExists(WrongState):
    code = "hold_exists"


class HoldLifted(WrongState):
    code = "hold_lifted"


MAX_ORDER = 2_000
MAX_CASE = 40
_CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]*")


def order_problems(*, authority: str, case: str, reason: str) -> Iterator[Problem]:
    """Check by what law, in which case and why something is erased."""
    if authority not in Authority.values:
        message = f"Choose one of: {', '.join(Authority.values)}."
        yield Problem(field="authority", rule="known", message=message)
    if len(case) > MAX_CASE or not _CASE.fullmatch(case):
        message = f"Enter its number in at most {MAX_CASE} letters, digits, dots, dashes, slashes."
        yield Problem(field="case", rule="code", message=message)
    yield from why_problems(reason)


def why_problems(reason: str) -> Iterator[Problem]:
    if not reason.strip():
        yield Problem(field="reason", rule="required", message="Say why. It is kept on record.")
    elif len(reason) > MAX_ORDER or not is_plain(reason):
        message = f"Use at most {MAX_ORDER:,} characters, and no control character."
        yield Problem(field="reason", rule="length", message=message)


LONGEST_DELEGATION_DAYS = 92
MAX_PERSON = 120
MAX_EMAIL = 254
MAX_UNIT = 80
MAX_PATH = 200
MAX_SERVICE = 80
MAX_PASSKEY = 60


def name_problems(name: str, *, longest: int, ask: str) -> Iterator[Problem]:
    """Check a name that people read; `ask` says what is wanted where there is none."""
    if not name.strip():
        yield Problem(field="name", rule="required", message=ask)
    elif len(name.strip()) > longest:
        message = f"Use at most {longest} characters for the name."
        yield Problem(field="name", rule="length", message=message)


def covers(granted: str, path: str) -> bool:
    """Tell whether a grant on the unit path `granted` reaches the unit path `path`."""
    return path == granted or path.startswith(granted + "/")
