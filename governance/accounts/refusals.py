"""What the database refuses of accounts, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig

from governance.audit.registration import forbid


def forbid_examiners_to_take_part(app: AppConfig) -> None:
    """Who examines the firm holds no role and no seat in it, and stays an examiner."""
    forbid(
        app.get_model("RoleGrant"),
        name="examiner_holds_role",
        on="INSERT",
        when="EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = NEW.user_id AND u.is_examiner)",
        says="The account of an examiner holds no role.",
    )
    forbid(
        app.get_model("Delegation"),
        name="examiner_is_deputy",
        on="INSERT",
        when="EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = NEW.deputy_id AND u.is_examiner)",
        says="The account of an examiner signs for nobody.",
    )
    user = app.get_model("User")
    forbid(
        user,
        name="examiner_no_more",
        on="UPDATE",
        when="OLD.is_examiner AND NOT NEW.is_examiner",
        says="The account of an examiner stays one.",
    )
    forbid(
        user,
        name="role_holder_examines",
        on="UPDATE",
        when="""NEW.is_examiner AND NOT OLD.is_examiner AND (
            EXISTS (SELECT 1 FROM accounts_rolegrant g WHERE g.user_id = NEW.id)
            OR EXISTS (SELECT 1 FROM accounts_delegation d WHERE d.deputy_id = NEW.id)
            OR EXISTS (SELECT 1 FROM accounts_serviceaccount s WHERE s.responsible_id = NEW.id)
        )""",
        says="Who holds or held a role in the firm does not examine it.",
    )
