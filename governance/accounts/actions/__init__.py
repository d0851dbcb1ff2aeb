"""Letting people and pipelines in, giving and ending roles: one entry in `accounts` each."""

from governance.accounts.actions.authenticators import (
    add_app,
    add_passkey,
    remove_authenticator,
    remove_lost,
)
from governance.accounts.actions.delegations import end_delegation, give_delegation
from governance.accounts.actions.erasures import Order, erase_person, erase_prose
from governance.accounts.actions.holds import Holdable, lift_hold, place_hold
from governance.accounts.actions.people import create_first_administrator, create_user, edit_user
from governance.accounts.actions.roles import end_role, grant_role
from governance.accounts.actions.services import (
    DEFAULT_TOKEN_DAYS,
    create_service_account,
    edit_service_account,
    issue_token,
    revoke_token,
)
from governance.accounts.actions.units import STREAM, create_unit, rename_unit

__all__ = [
    "DEFAULT_TOKEN_DAYS",
    "STREAM",
    "Holdable",
    "Order",
    "add_app",
    "add_passkey",
    "create_first_administrator",
    "create_service_account",
    "create_unit",
    "create_user",
    "edit_service_account",
    "edit_user",
    "end_delegation",
    "end_role",
    "erase_person",
    "erase_prose",
    "give_delegation",
    "grant_role",
    "issue_token",
    "lift_hold",
    "place_hold",
    "remove_authenticator",
    "remove_lost",
    "rename_unit",
    "revoke_token",
]
