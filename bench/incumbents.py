"""Filling the portal with models that can be rolled back, through the actions of the tests.

`python -m bench.incumbents MODELS` makes m0, m1, …: version 2 of each serves, and version 1, which
an approver signed before, is archived. It prints a token that may pass rollbacks on.
"""

from __future__ import annotations

import os
import sys

import django

# Django's models cannot be imported before this.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from governance.accounts.rules import Scope  # noqa: E402
from tests import factories as f  # noqa: E402


def main() -> None:
    cast = f.make_cast()
    f.make_policies(cast)
    for number in range(int(sys.argv[1])):
        model = f.make_model(cast, name=f"m{number}")
        for artifact in ("a", "b"):
            f.make_champion(cast, f.make_version(cast, model, artifact=artifact * 64))
    print(f.make_token(cast, scopes=[Scope.ROLL_BACK], at=timezone.now())[1])


if __name__ == "__main__":
    main()
