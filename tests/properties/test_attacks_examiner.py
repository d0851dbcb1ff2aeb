"""What an examiner reaches: every address of the four interfaces, before, within and after."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RoutePattern, URLResolver
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.audit.checkpointing import make_checkpoint
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.evidence.models import ExaminationView, Pack
from governance.evidence.rules.packs import EVIDENCE_NAME
from governance.inventory.actions.examinations import end_examination
from governance.inventory.actions.records import edit_model
from governance.inventory.models import Examination, Model
from governance.portal.examining import ASKING, OWN_ACCOUNT, READING
from governance.portal.pages.model import model_page
from governance.portal.urls import account_urls, urlpatterns
from governance.registry.queries import default_slot
from tests import factories as f
from tests.examining import DAYS, asked, examination, examiner
from tests.factories import PASSWORD, Cast
from tests.upkeep import campaign, waiver
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
INSIDE, OUTSIDE = "churn-model", "zeta-hidden"
SAID = "Said of the one inside."
MARK = "Zebra"  # stands in every text about the model outside
NOT_THERE = {
    "card_compare": "the card has one revision",
    "card_figure": "the card has no figure",
    "tier_override": "nobody proposed one",
    "change": "nobody proposed one",
}
"""What an examiner may read, and these models lack."""
SIGNING_IN = {
    "account_change_password", "account_inactive", "account_login", "account_logout",
    "mfa_authenticate", "theme",
}  # fmt: skip
"""What is mounted apart: it shows nothing of the firm, and keeps the account and the looks."""
DRAWN = {"card_pdf", "certificate_pdf"}
"""PDFs, whose words are not read here; they are of what the page shows."""


@dataclass(kw_only=True)
class Case:
    """A model with one of each, and what its addresses are made of."""

    model: Model
    values: dict[str, Any]

    def path(self, pattern: URLPattern) -> str:
        wanted = pattern.pattern.converters
        values = {
            key: self.values.get(key, FILLING.get(type(converter).__name__, "1"))
            for key, converter in wanted.items()
        }
        if pattern.name == "pack_file":
            values["name"] = EVIDENCE_NAME
        return reverse(str(pattern.name), kwargs=values)


@dataclass(kw_only=True)
class World:
    cast: Cast
    examiner: User
    examination: Examination
    inside: Case
    outside: Case
    client: Client

    def views(self) -> list[tuple[str, str, UUID | None]]:
        rows = ExaminationView.objects.order_by("viewed_at")
        return list(rows.values_list("page", "path", "model"))


def make_case(cast: Cast, name: str, *, words: str, secret: str) -> Case:
    model = f.make_model(cast, name=name)
    edit_model(
        model=model, record=f.edited_record(model, purpose=words), actor=cast.owner, at=f.NOON
    )
    version = f.make_version(cast, model, dataset=secret * 64, artifact=secret * 64)
    request = f.make_ready(cast, version)
    slot = default_slot(model)
    assert slot is not None
    return Case(
        model=model,
        values={
            "name": name, "number": 1, "request_id": request.pk, "slot_id": slot.pk,
            "digest": secret * 64,
            "waiver_id": waiver(model, cast.owner, reason=words).pk,
            "pack_id": make_pack(model).pk,
            "entry_id": LedgerEntry.objects.of_stream(model.stream).latest("seq").pk,
        },
    )  # fmt: skip


def make_pack(model: Model) -> Pack:
    """A pack as it would be filed; what is in it, other tests look at."""
    folder = str(uuid4())
    (settings.PACK_DIR / folder).mkdir(parents=True)
    (settings.PACK_DIR / folder / EVIDENCE_NAME).write_text("{}")
    return Pack.objects.create(
        model=model, content_digest=uuid4().hex * 2, file_digest=uuid4().hex * 2, folder=folder,
        pdf_size=1, evidence_size=2, pages=1, entries=1, head="0" * 64, built_by="system:console",
        built_at=f.NOON,
    )  # fmt: skip


@pytest.fixture
def world(cast: Cast) -> World:
    f.make_policies(cast)
    inside = make_case(cast, INSIDE, words=SAID, secret="d")
    outside = make_case(cast, OUTSIDE, words=f"{MARK} words.", secret="e")
    f.make_questionnaires(cast)
    for case in (inside, outside):
        case.values["assessment_id"] = f.rate(cast, case.model).pk
    f.make_dependency(cast, feeder=outside.model, consumer=inside.model)
    asking = campaign(cast, at=f.NOON)
    checkpoint = make_checkpoint(actor=CONSOLE.ref, at=timezone.now())
    person, start = examiner(cast), timezone.now()
    opened = examination(cast, [person], [inside.model], at=start)
    person.refresh_from_db()
    request = asked(person, inside.model, at=timezone.now())
    another = examiner(cast, "Ano Ther")
    examination(cast, [another], [outside.model], at=start, title=f"{MARK} examination")
    another.refresh_from_db()
    hidden = asked(another, outside.model, at=timezone.now(), subject=f"{MARK} request")
    common = {
        "size": checkpoint.size, "old": 1, "campaign_id": asking.pk, "reader": "executive",
        "to": "countersign", "slug": "tiering", "check_id": "x", "revision": 1,
        "section": "fairness", "finding_number": 1, "key": "eu-ai-act-high-risk-provider",
        **dict.fromkeys(
            (
                "override_id", "view_id", "job_id", "policy_id", "person_id", "dependency_id",
                "questionnaire_id", "comment_id", "token_id", "hold_id", "prose_id",
                "delegation_id", "examination_id",
            ),
            uuid4(),
        ),
    }  # fmt: skip
    inside.values |= common | {"information_id": request.pk, "examination_id": opened.pk}
    outside.values |= common | {"information_id": hidden.pk}
    client = Client()
    client.force_login(person)
    return World(
        cast=cast, examiner=person, examination=opened, inside=inside, outside=outside,
        client=client,
    )  # fmt: skip


def pages() -> list[URLPattern]:
    """What of the portal is behind sign-in."""
    assert {str(one.name) for one in account_urls} == SIGNING_IN
    return [one for one in urlpatterns if one not in account_urls]


def text_of(response: Any) -> str:
    body = response.getvalue() if response.streaming else response.content
    if body.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(body))
        body = b"".join(archive.read(name) for name in archive.namelist())
    return str(body.decode(errors="replace"))


def of_one_model(pattern: URLPattern) -> bool:
    """Whether the address says which model it is of."""
    by = {"name", "request_id", "pack_id", "waiver_id", "entry_id", "information_id"}
    return bool(by & set(pattern.pattern.converters))


def test_within_the_time_every_page_of_the_set_is_shown_and_recorded_and_no_other(
    world: World,
) -> None:
    for pattern in pages():
        name, path, before = str(pattern.name), world.inside.path(pattern), world.views()
        response = world.client.get(path)
        new = world.views()[len(before) :]
        if name in OWN_ACCOUNT:
            assert response.status_code in {200, 302, 404, 405}, name
            assert new == [], name
        elif name in READING | {"information_new"} and name not in NOT_THERE:
            assert response.status_code == 200, name
            model = world.inside.model.pk if of_one_model(pattern) else None
            assert new == [(name, path, model)], name
            if name not in DRAWN:
                shown = text_of(response)
                assert MARK not in shown, name
                assert OUTSIDE not in shown, name
        else:
            assert response.status_code in {404, 405}, name
            assert new == [], name


def test_of_what_is_outside_the_set_nothing_is_there(world: World) -> None:
    of_records = [one for one in pages() if of_one_model(one) or "examination" in str(one.name)]
    assert len(of_records) > 90
    for pattern in of_records:
        response = world.client.get(world.outside.path(pattern))
        assert response.status_code in {404, 405}, pattern.name
        assert MARK not in text_of(response), pattern.name
    for path in (f"/models/?q={MARK}", f"/audit/?model={OUTSIDE}", f"/decisions/?model={OUTSIDE}"):
        shown = text_of(world.client.get(path))
        assert world.outside.model.ref.partition(":")[2] not in shown
        assert f"/models/{OUTSIDE}/" not in shown
    assert {model for _, _, model in world.views()} <= {None, world.inside.model.pk}


def test_before_and_after_there_is_one_page_that_says_when(world: World) -> None:
    now = timezone.now()
    end_examination(
        examination_id=world.examination.pk, reason="Done.", actor=world.cast.compliance, at=now
    )
    examination(
        world.cast, [world.examiner], [world.inside.model], at=now, title="The one after",
        starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=DAYS),
    )  # fmt: skip
    before = world.views()
    for pattern in pages():
        response = world.client.get(world.inside.path(pattern))
        name = str(pattern.name)
        if name == "home":
            shown = text_of(response)
            assert "The one after" in shown
            assert "Thematic review" in shown
            assert SAID not in shown
        elif name not in OWN_ACCOUNT:
            assert response.status_code in {404, 405}, name
            assert SAID not in text_of(response), name
    assert world.views() == before


def test_an_examiner_writes_nothing_but_requests(world: World) -> None:
    for pattern in pages():
        name = str(pattern.name)
        if name in OWN_ACCOUNT | ASKING:
            continue
        path = world.inside.path(pattern)
        before = LedgerEntry.objects.count()
        with nothing_moves(entries=[Verb.CALL_REFUSED] if name in WRITTEN else []):
            response = world.client.post(path, {"x": "y"})
        expected = {405} if "POST" not in methods_of(world, path) else {403, 404}
        assert response.status_code in expected, name
        assert (LedgerEntry.objects.count() > before) == (name in WRITTEN), name


WRITTEN = {"assessments", "attest", "changes", "dependencies", "review", "tier_override"} - {
    "assessments"
}
"""Pages that are read by examiners and written on by others: such an attempt is on record."""


def methods_of(world: World, path: str) -> str:
    """What the page takes, as it says to whoever asks for what it does not."""
    return str(world.client.put(path).headers.get("Allow", ""))


def test_no_other_interface_knows_an_examiner(world: World) -> None:
    world.client.get("/")
    before = world.views()
    checked = 0
    for route in routes(get_resolver()):
        if not route.startswith(("api/", "ajax-api/", "admin/")):
            continue
        path = "/" + route
        for method in (world.client.get, world.client.post):
            response = method(path, headers={"Authorization": f"Bearer {PASSWORD}"})
            refused = {401, 404, 405} if not path.startswith("/admin/") else {403, 404, 302}
            assert response.status_code in refused, path
            if response.status_code == 302:
                assert response.headers["Location"].endswith("/"), path
            body = text_of(response)
            assert INSIDE not in body, path
            assert OUTSIDE not in body, path
        checked += 1
    assert checked > 100
    assert world.views() == before


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Every address below a resolver, with something in place of its names."""
    for one in resolver.url_patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        route = prefix + filled(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        else:
            yield route


FILLING: Mapping[str, str] = {"UUIDConverter": str(uuid4()), "IntConverter": "1"}


def filled(pattern: RoutePattern) -> str:
    text = str(pattern)
    for name, converter in pattern.converters.items():
        value = FILLING.get(type(converter).__name__, "1")
        start, end = text.index("<"), text.index(">")
        assert text[start : end + 1].endswith(f"{name}>")
        text = text[:start] + value + text[end + 1 :]
    return text


def test_a_page_that_cannot_be_recorded_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examination ends while the page is made: after it was found open, before it is sent."""

    def made(*args: Any, **kwargs: Any) -> Any:
        page = model_page(*args, **kwargs)
        end_examination(
            examination_id=world.examination.pk, reason="Now.", actor=world.cast.compliance,
            at=timezone.now(),
        )  # fmt: skip
        return page

    before = world.views()
    monkeypatch.setattr("governance.portal.views.inventory.model_page", made)
    response = world.client.get(f"/models/{INSIDE}/")
    assert response.status_code in {404, 409}
    assert MARK not in text_of(response)
    assert SAID not in text_of(response)
    assert world.views() == before
