"""The reader's theme: a cookie, so that the server writes it into the page and nothing flashes."""

from __future__ import annotations

from django.http import HttpRequest

THEMES = ("system", "light", "dark")
THEME_COOKIE = "theme"
THEME_LABELS = {
    "system": "Theme: same as system",
    "light": "Theme: light",
    "dark": "Theme: dark",
}


def theme_of(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else "system"


def theme_after(theme: str) -> str:
    """The one that the theme button gives next."""
    return THEMES[(THEMES.index(theme) + 1) % len(THEMES)]
