"""What the portal finds around it: database, broker, files, libraries, fonts, browser."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from governance.core.observing import OBSERVERS, Observation
from governance.core.pdf import PdfFailed, PdfTooLarge, PdfUnavailable, render_pdf

ANSWER_SECONDS = 3
LEAST_FREE_BYTES = 500 * 1024 * 1024
FONT_DIRS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONTS = {
    "Inter": ("Inter*", "fonts-inter"),
    "Charis SIL": ("CharisSIL-*", "fonts-sil-charis"),
    "JetBrains Mono": ("JetBrainsMono-*", "fonts-jetbrains-mono"),
    "DejaVu": ("DejaVuSans.ttf", "fonts-dejavu-core"),
    "WenQuanYi Micro Hei": ("wqy-microhei.ttc", "fonts-wqy-microhei"),
    "Symbola": ("Symbola*", "fonts-symbola"),
}
BROWSERS = ("chromium", "google-chrome", "google-chrome-stable")
EMPTY_PAGE = '<html lang="en"><head><title>Check</title></head><body><p>Check</p></body></html>'


def observations() -> Iterator[Observation]:
    """Look at everything, one after the other; nothing is changed."""
    yield python()
    yield database()
    yield from (look() for look in OBSERVERS)
    yield broker()
    yield files()
    yield pdf()
    yield fonts()
    yield browser()


def database_name() -> str:
    """Return which database is in use, without its password."""
    config = settings.DATABASES["default"]
    if connection.vendor == "sqlite":
        return f"SQLite, {config['NAME']}"
    return f"PostgreSQL, {config['NAME']} on {config['HOST'] or 'a local socket'}"


def broker_name() -> str:
    """Return what runs the jobs, without a password."""
    if not settings.REDIS_URL:
        return "one worker child of the server (REDIS_URL is not set)"
    parts = urlsplit(settings.REDIS_URL)
    return f"Celery workers through {parts.hostname}:{parts.port or 6379}"


def unapplied_migrations() -> int:
    """Count them. Raises DatabaseError when the database does not answer."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def python() -> Observation:
    text = f"{platform.python_version()}, {sys.executable}"
    return Observation(name="Python", fine=sys.version_info >= (3, 11), text=text)


def database() -> Observation:
    try:
        waiting = unapplied_migrations()
    except DatabaseError as error:
        text = f"{database_name()} does not answer: {' '.join(str(error).split())}"
        return Observation(name="database", fine=False, text=text)
    state = f"{waiting} migrations to apply: ./run or manage.py migrate" if waiting else "migrated"
    return Observation(name="database", fine=not waiting, text=f"{database_name()}; {state}")


def broker() -> Observation:
    if not settings.REDIS_URL:
        return Observation(name="jobs", fine=True, text=broker_name())
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=ANSWER_SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        return Observation(
            name="jobs", fine=False, text=f"{broker_name()} does not answer: {error}"
        )
    return Observation(name="jobs", fine=True, text=broker_name())


def files() -> Observation:
    folder = settings.VAR_DIR
    free = shutil.disk_usage(folder).free
    fine = os.access(folder, os.W_OK) and free > LEAST_FREE_BYTES
    return Observation(name="files", fine=fine, text=f"{folder}, {free // 1024**2} MB free")


def pdf() -> Observation:
    try:
        render_pdf(EMPTY_PAGE, assets={}, identifier=b"doctor")
    except (PdfUnavailable, PdfTooLarge) as refusal:
        return Observation(name="PDF", fine=False, text=refusal.message)
    except PdfFailed as failure:
        return Observation(name="PDF", fine=False, text=str(failure).strip().rpartition("\n")[2])
    return Observation(name="PDF", fine=True, text="evidence packs can be drawn")


def fonts() -> Observation:
    absent = [package for pattern, package in FONTS.values() if not _font(pattern)]
    text = f"apt-get install -y {' '.join(absent)}" if absent else ", ".join(FONTS)
    return Observation(name="fonts", fine=not absent, text=text, needed=False)


def _font(pattern: str) -> bool:
    return any(next(folder.rglob(pattern), None) for folder in FONT_DIRS if folder.is_dir())


def browser() -> Observation:
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    text = found or "no Chromium; only ./run test needs it"
    return Observation(name="browser", fine=bool(found), text=text, needed=False)
