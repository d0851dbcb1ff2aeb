"""Many requests read at once are judged as each by itself, and in as many queries as one."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.queries.cases import case_of, open_requests
from governance.approvals.queries.chairs import chairs, waiting_for
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import ReadAhead
from governance.demo.seeding import seed
from tests import factories
from tests.factories import NOON, Cast, due_finding, later, sign
from tests.http.portal.deciding import challenger


def waiting_models(cast: Cast, *names: str) -> None:
    for name in names:
        version = factories.make_version(
            cast, factories.make_model(cast, name=name), metrics={"accuracy": "0.95"}
        )
        factories.make_ready(cast, version)


def test_both_ways_of_reading_find_the_same(cast: Cast) -> None:
    factories.make_policies(cast)
    waiting_models(cast, "first-model", "second-model")
    first, second = open_requests(cast.approver, at=NOON)
    sign(first, cast.validator, Role.VALIDATOR)
    sign(first, cast.approver, Role.APPROVER)
    third = challenger(cast, first.version)
    factories.make_report(cast, second.version, findings=[due_finding()], at=later(hours=1))
    sign(third, cast.validator, Role.VALIDATOR)
    for reader in (cast.approver, cast.validator, cast.owner, cast.administrator):
        assert_agree(reader)


def test_they_agree_on_the_whole_demo(db: None) -> None:
    seed(now=timezone.now())
    for reader in User.objects.all():
        assert_agree(reader)


def assert_agree(reader: User) -> None:
    at = timezone.now()
    requests = open_requests(reader, at=at)
    ahead, policies = ReadAhead(requests, reader=reader, at=at), policies_in_force()
    for request in requests:
        alone, together = (
            case_of(request, at=NOON),
            case_of(request, at=NOON, policies=policies, reading=ahead),
        )
        assert together.dossier.text() == alone.dossier.text()
        assert together.judgement == alone.judgement
        assert together.duties == alone.duties
        assert chairs(together, reader=reader, at=at, reading=ahead) == chairs(
            alone, reader=reader, at=at
        )


def test_waiting_takes_as_many_queries_for_five_as_for_one(cast: Cast) -> None:
    factories.make_policies(cast)
    waiting_models(cast, "first-model")
    with CaptureQueriesContext(connection) as few:
        assert len(waiting_for(cast.approver, at=NOON)) == 1
    waiting_models(cast, "second-model", "third-model", "fourth-model", "fifth-model")
    with CaptureQueriesContext(connection) as many:
        assert len(waiting_for(cast.approver, at=NOON)) == 5
    assert len(many) == len(few)
