from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from governance.accounts.queries import CONSOLE
from governance.core.commands import DomainCommand, text_of
from governance.inventory.actions import publish_questionnaire
from governance.inventory.rules.assessments import Purpose
from governance.inventory.rules.questionnaires import MAX_TEXT, SHIPPED
from governance.inventory.rules.questionnaires.files import FOLDER

PURPOSES = {"tiering": Purpose.TIERING, "ai-act": Purpose.AI_ACT}


class Command(DomainCommand):
    help = (
        "Publish the questionnaire that a YAML file states. From then on it asks for the tiers or "
        "the classes of models, which nobody sets by hand any more. What asks already is not "
        "published again. Exit code 0: it asks now; 1: refused, and nothing was published."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", help=f"{' or '.join(SHIPPED)}, or the path of a questionnaire's .yaml file"
        )
        parser.add_argument("--purpose", required=True, choices=sorted(PURPOSES))

    def handle(self, *args: Any, **options: Any) -> None:
        row = publish_questionnaire(
            text=text_of(path_of(options["file"]), longest=MAX_TEXT),
            purpose=PURPOSES[options["purpose"]],
            actor=CONSOLE,
            at=timezone.now(),
        )
        self.stdout.write(f"{row.key} {row.version} asks for the {row.get_purpose_display()} now.")
        self.stdout.write(f"sha256 {row.digest}")


def path_of(file: str) -> Path:
    """The file of a shipped questionnaire, or the path that was given."""
    return FOLDER / f"{file}.yaml" if file in SHIPPED else Path(file)
