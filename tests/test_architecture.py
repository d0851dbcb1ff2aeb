"""Rules of the house that a linter cannot know. What is let off is listed here, with its reason."""

from __future__ import annotations

import ast
import inspect
import io
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.db.migrations.loader import MigrationLoader

from governance.accounts.permissions import ROLE_PERMISSIONS, SCOPE_PERMISSIONS, Permission
from governance.accounts.rules import Role, Scope
from governance.audit.registration import REGISTERED
from governance.audit.rules import Verb

HOME = Path(__file__).parents[1]
ROOT = HOME / "governance"
SOURCES = sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((HOME / "templates").rglob("*.html"))
DOMAIN = (
    "accounts", "inventory", "registry", "cards", "validation", "approvals", "evidence",
)  # fmt: skip
INTERFACES = ("portal", "api", "mlflow_api", "owner_admin")

NO_ENTRY_OF_ITS_OWN = {
    "registry.actions.stages.move_to_stage": "approvals appends the entry of the whole act",
    "registry.actions.stages.share_traffic": "the same, for a canary",
    "registry.actions.evaluations.insert_results": "each caller lists the rows in its own entry",
    "registry.actions.artifacts.check_artifacts": "asks for a job; what it finds is an entry",
    "registry.actions.artifacts.hash_if_possible": "the same, where the source can be read",
    "registry.actions.pulls.pull_metrics": "asks for a job; what the job measures is an entry",
    "registry.actions.pulls.pull_if_possible": "the same, where a tracking server is named",
    "evidence.actions.packs.request_pack": "asks for a job; the pack it builds is an entry",
    "validation.actions.findings.insert_finding": "the report that it stands in is the entry",
    "cards.actions.unsaved.keep_unsaved": "a note of what is typed; the save is the entry",
    "inventory.actions.views.save_view": "a preference, which decides nothing and may be deleted",
    "inventory.actions.views.edit_view": "the same",
    "inventory.actions.views.delete_view": "the same",
}
NOT_A_RECORD = {
    "approvals.EvidenceOpening": "a note of who read what; the signature that follows keeps it",
    "inventory.AnswerDraft": "a note of what is answered so far; the assessment keeps the answers",
    "audit.CheckpointCopy": "where a checkpoint was copied to; an entry would ask for another",
    "audit.TargetTry": "how the last attempt at a target went; losing it repeats one",
    "audit.LedgerStream": "the heads of the ledger itself",
    "audit.LedgerCheckpoint": "a signature over the ledger; the entry checkpoint.made tells of it",
    "audit.LedgerEntry": "the ledger itself",
    "audit.LedgerLeaf": "the place of an entry in the tree over the ledger",
    "audit.LedgerSequence": "how far the tree goes; told by its leaves",
    "audit.LedgerTile": "nodes of the tree over the ledger",
    "audit.FollowerCursor": "how far a follower has read; losing it repeats work",
    "cards.UnsavedText": "what somebody typed and did not save; the draft that follows keeps it",
    "inventory.SavedView": "how somebody likes to look at the list; theirs to delete for good",
    "jobs.Delivery": "a message on its way; what it tells of is in the ledger already",
    "jobs.Job": "work that is queued; what it does is recorded by its action",
}
NOT_OURS = {
    "account.EmailAddress": "django-allauth's; the portal verifies no address",
    "account.EmailConfirmation": "the same",
    "admin.LogEntry": "Django's own log of its admin; the entry of the act is in the ledger",
    "auth.Group": "unused: permissions come from our matrix",
    "auth.Group_permissions": "the same",
    "auth.Permission": "the same; made by migrate",
    "contenttypes.ContentType": "made by migrate",
    "mfa.Authenticator": "django-allauth's secret; that it came and went is an entry",
    "sessions.Session": "who is signed in; signing in and out are entries",
}
DATA_MIGRATIONS = {
    "inventory.0016_records_carried_over": "adds rows marked as carried over, of which no act is",
    "inventory.0024_tools_determined_before": "the same; is_tool is told by determinations",
    "registry.0017_models_that_are_live": "live_since is told by who serves",
}
"""Closed: what they wrote has no entry. One that comes after them appends in its transaction."""
LAZY_IMPORTS = {
    "core/pdf_child/drawing.py": "WeasyPrint needs Pango, and all but PDFs works without",
    "core/surroundings.py": "the doctor reports what is missing instead of failing on it",
}
CATCHES_ALL = {
    "jobs/running.py": "whatever a handler does, its job must not stay open",
    "audit/followers.py": "one follower that fails must not stop the others",
}
ONE_FILE = {
    "evidence/verify_pack.py": "a stranger reads it whole and runs it alone",
}
SINGLE_VERBS = {
    "assess": "what is assessed is the file that it is given",
    "doctor": "./run doctor",
    "migrate": "Django's own, as the role that owns the tables",
    "prepare": "what ./run does before it serves",
    "witness": "a witness, which runs elsewhere",
}


def module(path: Path) -> str:
    return ".".join(path.relative_to(HOME).with_suffix("").parts)


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(node: ast.AST) -> Iterator[str]:
    """The last name of everything that is called in there: `audit.append` gives `append`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            target = inner.func
            yield target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def files_named(noun: str) -> list[Path]:
    """`rules.py` of every app, and each file where it has grown into a package."""
    single, many = ROOT.glob(f"*/{noun}.py"), ROOT.glob(f"*/{noun}/*.py")
    return sorted(path for path in (*single, *many) if path.stem != "__init__")


ACTIONS = [path for path in files_named("actions") if path.parts[len(ROOT.parts)] in DOMAIN]


def is_action(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Public, and told who acts and when."""
    names = {argument.arg for argument in node.args.kwonlyargs}
    return not node.name.startswith("_") and {"actor", "at"} <= names


def is_atomic(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("atomic" in ast.unparse(decorator) for decorator in node.decorator_list)


# --- actions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ACTIONS, ids=module)
def test_an_action_takes_keywords_only_and_is_told_who_acts_and_when(path: Path) -> None:
    for node in functions(path):
        if is_atomic(node) and not node.name.startswith("_"):
            assert not node.args.args, node.name
            assert is_action(node), node.name


APPENDING = {"audit.append", "append", "audit.append_all"}
"""`append_all` is for acts on many models at once, of which each has its one entry."""


@cache
def appending() -> frozenset[str]:
    """Functions of the actions files that append an entry, or call one that does."""
    reached = {"append", "append_all"}
    bodies = [(node.name, set(calls(node))) for path in ACTIONS for node in functions(path)]
    while more := {name for name, called in bodies if called & reached} - reached:
        reached |= more
    return frozenset(reached)


@pytest.mark.parametrize("path", ACTIONS, ids=module)
def test_an_action_leaves_an_entry(path: Path) -> None:
    prefix = module(path).removeprefix("governance.")
    silent = {
        f"{prefix}.{node.name}"
        for node in functions(path)
        if is_action(node) and is_atomic(node) and node.name not in appending()
    }
    assert silent <= NO_ENTRY_OF_ITS_OWN.keys()


@pytest.mark.parametrize("path", ACTIONS, ids=module)
def test_a_function_appends_at_one_place(path: Path) -> None:
    """Two places in one function would be two entries for one act, or one entry told twice."""
    for node in functions(path):
        entries = [
            inner
            for inner in ast.walk(node)
            if isinstance(inner, ast.Call) and ast.unparse(inner.func) in APPENDING
        ]
        assert len(entries) <= 1, node.name


def test_what_is_let_off_still_exists() -> None:
    for name in NO_ENTRY_OF_ITS_OWN:
        place, _, function = f"governance.{name}".rpartition(".")
        assert inspect.isfunction(getattr(import_module(place), function)), name


def test_only_the_ledger_writes_entries() -> None:
    writers = {short(p) for p in SOURCES for node in ast.walk(tree(p)) if makes_entry(node)}
    assert writers == {"audit/storing.py"}


def makes_entry(node: ast.AST) -> bool:
    made = {"LedgerEntry", "LedgerEntry.from_db"}
    return isinstance(node, ast.Call) and ast.unparse(node.func) in made


# --- rules and models ----------------------------------------------------------------------------

# verify_pack.py needs nothing but Python's own library.
PURE = re.compile(
    r"governance\.(\w+\.rules(\.\w+)*|core\.(errors|canonical|places|strict_yaml|wording|drawing|typed|diffs)"
    r"|evidence\.verify_pack)"
)
CHOICES = {"TextChoices", "IntegerChoices"}


def imported_for_types(path: Path) -> set[ast.AST]:
    """Imports below `if TYPE_CHECKING:`, which the program never runs."""
    return {
        inner
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


@pytest.mark.parametrize("path", files_named("rules"), ids=module)
def test_rules_touch_no_database_and_no_clock(path: Path) -> None:
    for node in ast.walk(tree(path)):
        text = ast.unparse(node) if isinstance(node, ast.Attribute | ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and node not in imported_for_types(path):
            origin = node.module or ""
            if origin.startswith("governance."):
                assert PURE.fullmatch(origin), text
            elif origin.startswith("django.db"):
                assert {name.name for name in node.names} <= {*CHOICES, "models"}, text
        elif isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "today", "utcnow", "objects"}, text
            if text.startswith("models."):
                assert node.attr in CHOICES, text


def our_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models() if m.__module__.startswith("governance.")]


def test_every_table_is_known_to_the_ledger_or_said_not_to_be() -> None:
    labels = {model._meta.label for model in our_models() if model not in REGISTERED}
    # A many-to-many table is part of the snapshot of the record that it belongs to.
    labels -= {m._meta.label for m in our_models() if m._meta.auto_created}
    assert labels == NOT_A_RECORD.keys()


def test_every_table_of_others_is_named_with_what_the_ledger_has_of_it() -> None:
    everything = apps.get_models(include_auto_created=True)
    labels = {m._meta.label for m in everything if not m.__module__.startswith("governance.")}
    assert labels == NOT_OURS.keys()


def test_a_model_holds_no_workflow() -> None:
    for model in our_models():
        assert not model._meta.ordering, model
        assert "save" not in vars(model), model
        assert "delete" not in vars(model), model


def test_no_signals_of_our_own() -> None:
    for path in SOURCES:
        made = {name for node in [tree(path)] for name in calls(node)}
        assert not made & {"Signal", "receiver"}, path


# --- promotion -----------------------------------------------------------------------------------


def test_only_the_rules_of_approvals_make_an_authorization() -> None:
    makers = {module(path) for path in SOURCES if "Authorization" in calls(tree(path))}
    assert makers == {"governance.approvals.rules.judgement"}


def test_only_approvals_change_a_stage() -> None:
    acts = {"move_to_stage", "share_traffic"}
    callers = {
        short(path)
        for path in SOURCES
        if acts & {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    }
    assert callers == {"approvals/actions/changes.py"}


# --- words ---------------------------------------------------------------------------------------


def test_every_verb_is_said() -> None:
    """A verb that nothing appends would promise a record that nobody keeps."""
    said = {
        node.attr
        for path in SOURCES
        if not short(path).startswith(("portal/", "api/"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Verb"
    }
    assert set(Verb.names) - said == set()


def test_verbs_are_in_the_past_and_in_order() -> None:
    values = list(Verb.values)
    assert values == sorted(values)
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", value) for value in values)


def test_every_permission_is_asked_for_and_given() -> None:
    asked = {
        node.attr
        for path in SOURCES
        if path.name != "permissions.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Permission"
    }
    assert set(Permission.__members__) == asked
    assert set(Permission) == frozenset().union(*ROLE_PERMISSIONS.values())
    assert list(Permission) == sorted(Permission)
    assert (set(ROLE_PERMISSIONS), set(SCOPE_PERMISSIONS)) == (set(Role), set(Scope))


# --- code ----------------------------------------------------------------------------------------


def test_no_import_hides_in_a_function() -> None:
    hidden = {
        short(path)
        for path in SOURCES
        for outer in functions(path)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    assert hidden <= LAZY_IMPORTS.keys()


def test_nothing_catches_everything() -> None:
    broad = {
        short(path)
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    }
    assert broad <= CATCHES_ALL.keys()


@pytest.mark.parametrize("interface", INTERFACES)
def test_views_catch_no_refusal(interface: str) -> None:
    """Refusals are answered in one file of each interface; a view may catch a parser's error."""
    views = [*(ROOT / interface).glob("views.py"), *(ROOT / interface).glob("views/*.py")]
    caught = {
        f"{short(path)}: {ast.unparse(node.type) if node.type else 'everything'}"
        for path in views
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
    }
    assert {one for one in caught if not one.endswith(": ValueError")} == set()


def test_files_and_functions_stay_small() -> None:
    lines = {short(p): len(p.read_text().splitlines()) for p in SOURCES}
    long_files = {p: n for p, n in lines.items() if n > 400 and p not in ONE_FILE}
    long_functions = {
        f"{short(path)}:{node.name}": length
        for path in SOURCES
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > 60
    }
    assert (long_files, long_functions) == ({}, {})


def test_commands_are_named_verb_noun() -> None:
    names = {p.stem for p in ROOT.glob("*/management/commands/*.py") if p.stem != "__init__"}
    assert {name for name in names if "_" not in name} <= SINGLE_VERBS.keys()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_is_short_and_keeps_the_content_security_policy(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 200
    assert not re.search(r"\|\s*safe\b|autoescape (off|false)|mark_safe", text)
    if "pdf" not in path.relative_to(HOME / "templates").parts:
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"", text)
        assert not re.search(r"<script(?![^>]*\ssrc=)", text)


# --- migrations ----------------------------------------------------------------------------------


def test_migrations_are_one_line_of_numbers() -> None:
    for folder in ROOT.glob("*/migrations"):
        names = sorted(path.stem for path in folder.glob("[0-9]*.py"))
        assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1)), folder
        assert not [name for name in names if re.fullmatch(r"\d{4}_auto_.*", name)], folder
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("gover")}
    leaves = [key[0] for key in loader.graph.leaf_nodes() if key[0] in ours]
    assert len(leaves) == len(set(leaves))


def test_a_migration_of_data_writes_no_record_without_an_entry() -> None:
    writing = {
        f"{path.parts[-3]}.{path.stem}"
        for path in ROOT.glob("*/migrations/[0-9]*.py")
        if {"RunPython", "RunSQL"} & set(calls(tree(path)))
        and not any(
            ast.unparse(node.func) in {"audit.append", "audit.append_all"}
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call)
        )
    }
    assert writing == DATA_MIGRATIONS.keys()


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue()
