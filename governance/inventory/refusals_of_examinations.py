"""What the database refuses of examinations, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig

from governance.audit.registration import forbid


def forbid_examining_ones_own(app: AppConfig) -> None:
    """Only the account of an examiner examines, and it builds nothing; what is over stays so."""
    forbid(
        app.get_model("Examiner"),
        name="other_examines",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM accounts_user u WHERE u.id = NEW.user_id AND u.is_examiner
        )""",
        says="Only the account of an examiner examines.",
    )
    forbid(
        app.get_model("Builder"),
        name="examiner_builds",
        on="INSERT",
        when="EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = NEW.user_id AND u.is_examiner)",
        says="An examiner neither owns nor builds a model.",
    )
    for name in ("ExaminationExtension", "ExaminedModel"):
        forbid(
            app.get_model(name),
            name="ended_goes_on",
            on="INSERT",
            when="""EXISTS (
                SELECT 1 FROM inventory_examinationend e
                WHERE e.examination_id = NEW.examination_id
            )""",
            says="An examination that was ended goes on no more.",
        )
