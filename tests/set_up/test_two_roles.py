"""A PostgreSQL whose tables one role owns, and another that serves, as an operator sets it up."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import psycopg
import pytest
from django.db import connection

from tests.set_up.test_commands import manage

pytestmark = pytest.mark.backend


@pytest.mark.parametrize(
    ("database", "owner"),
    [
        ("", "postgres://owner:x@127.0.0.1:9/portal"),
        ("postgres://portal:x@127.0.0.1:9/portal", "postgres://portal:x@127.0.0.1:9/portal"),
        ("postgres://portal:x@127.0.0.1:9/portal", "postgres://owner:x@127.0.0.1:9/other"),
        ("postgres://portal:x@127.0.0.1:9/portal", "sqlite:///portal"),
    ],
    ids=["SQLite", "the same role", "another database", "no PostgreSQL"],
)
def test_an_owner_that_is_none_stops_the_start(tmp_path: Path, database: str, owner: str) -> None:
    here = {"DATABASE_URL": database} if database else {}
    done = manage(tmp_path, "prepare", DATABASE_OWNER_URL=owner, **here)
    assert done.returncode == 1
    assert "DATABASE_OWNER_URL: another role for the same PostgreSQL database" in done.stderr


@dataclass(frozen=True)
class Roles:
    """One database, its owner, who is no superuser, and the role that is to serve."""

    folder: Path
    place: str
    owner: str
    portal: str
    passwords: dict[str, str]

    def url(self, role: str) -> str:
        return f"postgres://{role}:{self.passwords[role]}@{self.place}"

    def prepares(self, *arguments: str) -> CompletedProcess[str]:
        """What is given both addresses."""
        urls = {
            "DATABASE_URL": self.url(self.portal),
            "DATABASE_OWNER_URL": self.url(self.owner),
        }
        return manage(self.folder, *(arguments or ("prepare",)), **urls)

    def serves(self, *arguments: str, **more: str) -> CompletedProcess[str]:
        return manage(self.folder, *arguments, DATABASE_URL=self.url(self.portal), **more)

    def owns(self, *arguments: str) -> CompletedProcess[str]:
        """What uses one role for everything."""
        return manage(self.folder, *arguments, DATABASE_URL=self.url(self.owner))


if connection.vendor == "postgresql":

    @pytest.fixture
    def database(tmp_path: Path) -> Iterator[Roles]:
        ours, mark = connection.settings_dict, secrets.token_hex(4)
        owner, portal, name = (f"{kind}_{mark}" for kind in ("owner", "portal", "database"))
        passwords = {owner: secrets.token_hex(8), portal: secrets.token_hex(8)}
        place = {"host": ours["HOST"], "port": ours["PORT"]}
        server = psycopg.connect(
            **place, user=ours["USER"], password=ours["PASSWORD"], dbname="postgres",
            autocommit=True,
        )  # fmt: skip
        with server:
            server.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{passwords[owner]}'")
            server.execute(f"CREATE DATABASE {name} OWNER {owner}")
            yield Roles(tmp_path, f"{ours['HOST']}:{ours['PORT']}/{name}", owner, portal, passwords)
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE IF EXISTS {portal}, {owner}")

    def test_one_role_migrates_and_another_serves(database: Roles) -> None:
        done = database.prepares()
        assert done.returncode == 0, done.stderr
        assert f"{database.portal} may use" in done.stdout
        assert not {*database.passwords.values()} & {*done.stdout.split()}

        seen = database.serves("doctor")
        assert seen.returncode == 0, seen.stdout
        assert f"{database.portal} owns no table, adds to history" in seen.stdout

        checked = database.serves(
            "check", "--deploy", "--database", "default", "--fail-level", "WARNING",
            BASE_URL="https://portal.example",
        )  # fmt: skip
        assert checked.returncode == 0, checked.stderr

        again = database.serves("prepare")
        assert again.returncode == 0, again.stderr
        assert "applying" not in again.stdout

        refused = database.serves("migrate", "jobs", "zero")
        assert refused.returncode == 1
        assert "must be owner" in refused.stderr

        one_for_all = database.owns("doctor")
        assert one_for_all.returncode == 1
        assert f"{database.owner} owns the database; owns the schema" in one_for_all.stdout

        with psycopg.connect(database.url(database.owner)) as owner:
            owner.execute("DROP TRIGGER audit_ledgerentry_keep_u ON audit_ledgerentry")
            owner.execute(f"GRANT DELETE ON audit_ledgerentry TO {database.portal}")
        refused = database.serves("prepare")
        assert refused.returncode == 1
        assert f"{database.portal} may not change tables" in refused.stderr
        assert "may DELETE audit_ledgerentry." in database.serves("doctor").stdout

        mended = database.prepares()
        assert "protecting the history tables again" in mended.stdout, mended.stderr
        assert database.serves("doctor").returncode == 0
