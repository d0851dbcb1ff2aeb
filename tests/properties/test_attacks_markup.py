"""Markup in every text that anybody can write, and a walk over every page that shows any of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.test import Client
from django.utils import timezone
from markdown_it import MarkdownIt

from governance.accounts.actions import rename_unit
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy
from governance.approvals.rules.judgement import Decision
from governance.audit.followers import catch_up_all
from governance.cards.actions import publish_card, save_draft
from governance.cards.rules.sections import SECTIONS
from governance.core.canonical import canonical
from governance.evidence.actions.documents import printed_html
from governance.evidence.actions.making import context
from governance.evidence.queries.collecting import collect
from governance.evidence.queries.documents import document_of
from governance.evidence.rules.documents.blocks import Reader
from governance.evidence.rules.documents.markdown import markdown_of
from governance.evidence.rules.reading import Evidence
from governance.inventory.actions import ModelRecord, create_model, describe_model
from governance.registry.actions import (
    describe_version,
    record_evaluations,
    register_version,
    set_model_tag,
    set_version_tag,
)
from governance.registry.actions.deployments import report_deployment
from governance.registry.rules import ArtifactFact, Measurement, Registration, Source, Stage
from governance.registry.rules.deployments import Running
from governance.validation.rules import FindingDraft
from tests import factories as f
from tests.factories import NOON, Cast
from tests.remembering import remembered

pytestmark = pytest.mark.django_db

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{%x%}<!--]]>"
NAME = "evil \"'><script>alert(1)<∕script><img src=x onerror=alert(2)>"
RAW = re.compile(r"<script>alert|<img src=x|onerror=alert\(2\)>(?![^<]*&)|<!--\]\]>", re.I)
LINK = re.compile(r'(?:href|action)="(/[^"#]*)')
LEFT_OUT = re.compile(r"/static/|/sign-out/|/evidence/[0-9a-f-]+/\S")
POLICY = f.TO_STAGING.replace("0.90", "0.10").replace(
    "title: To Staging", "title: '<script>alert(1)</script>'"
)


@pytest.fixture
def evil(cast: Cast) -> Cast:
    return turn_evil(cast)


@remembered
def turn_evil(cast: Cast) -> Cast:
    """A model whose every text is markup, on its way to Production with one signature."""
    f.make_policies(cast)
    f.make_policy(cast, POLICY)
    User.objects.update(name=EVIL[:120])
    rename_unit(unit=cast.unit, name=EVIL[:80], actor=CONSOLE, at=NOON)
    record = ModelRecord(
        purpose=EVIL, intended_use=EVIL, kind="CLASSIFICATION", owner=cast.owner,
        developers=[cast.developer], tier=2, tier_reason=EVIL,
    )  # fmt: skip
    model = create_model(
        name=NAME, unit=cast.unit, record=record, description=EVIL, actor=cast.owner, at=NOON
    )
    describe_model(model=model, description=EVIL * 2, actor=cast.developer, at=NOON)
    set_model_tag(model=model, key=EVIL[:200], value=EVIL, actor=cast.developer, at=NOON)
    registration = Registration(
        source=f"javascript:{EVIL}", run_id=EVIL[:100], run_link=f"javascript:{EVIL}",
        artifacts=(ArtifactFact(path=EVIL, sha256="a" * 64, size=1),),
        lineage={"dataset": {"name": EVIL, "digest": EVIL[:90]}, "git_commit": EVIL},
    )  # fmt: skip
    version = register_version(
        model=model, registration=registration, tags={"metric.accuracy": "0.93"},
        actor=cast.developer, at=NOON,
    )  # fmt: skip
    describe_version(version=version, description=EVIL, actor=cast.developer, at=NOON)
    set_version_tag(version=version, key=EVIL[:200], value=EVIL, actor=cast.developer, at=NOON)
    record_evaluations(
        version=version,
        measurements=[Measurement(metric="accuracy", value="0.9", slice=EVIL[:100])],
        source=Source.POSTED, actor=cast.developer, at=NOON,
    )  # fmt: skip
    sections = {section.key: EVIL for section in SECTIONS}
    save_draft(version=version, sections=sections, base=None, actor=cast.developer, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    finding = FindingDraft(
        severity="LOW", title=EVIL, description=EVIL, remediation=EVIL,
        due_date=f.later(days=900).date(),
    )  # fmt: skip
    f.make_report(cast, version, findings=[finding])
    f.ask(cast, version, Stage.STAGING)
    request = f.ask(cast, version, Stage.PRODUCTION).request
    assert request is not None
    f.sign(request, cast.validator, Role.VALIDATOR, comment=EVIL)
    returned = f.ask(cast, version, Stage.PRODUCTION).request
    assert returned is not None
    f.sign(returned, cast.approver, Role.APPROVER, decision=Decision.RETURN, comment=EVIL)
    save_draft(
        version=version, sections={"caveats": EVIL * 2}, base=None, actor=cast.developer, at=NOON
    )
    publish_card(version=version, actor=cast.owner, at=NOON)
    again = f.ask(cast, version, Stage.PRODUCTION).request
    assert again is not None
    said = Running(version="<b>1</b>", instance=EVIL, slot="<i>slot</i>")
    report_deployment(model=version.model, said=said, actor=cast.developer, at=NOON)
    catch_up_all()
    propose_policy(text=POLICY.replace("0.10", "0.20"), actor=cast.administrator, at=timezone.now())
    return cast


def walk(client: Client, *, most: int = 120) -> Iterable[tuple[str, str]]:
    """Visit every page that leads on from the first, once."""
    waiting, seen = ["/", "/admin/"], {"/", "/admin/"}
    while waiting and len(seen) < 400 and most:
        path, most = waiting.pop(0), most - 1
        answer = client.get(path)
        assert answer.status_code < 500, path
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        page = answer.content.decode()
        yield path, page
        for link in LINK.findall(page.replace("&amp;", "&")):
            if link not in seen and not LEFT_OUT.search(link) and link.count("?") <= 1:
                seen.add(link)
                waiting.append(link)


@pytest.mark.parametrize("who", ["owner", "approver", "validator", "administrator"])
def test_no_page_takes_a_text_for_markup(evil: Cast, who: str) -> None:
    client = Client(raise_request_exception=True)
    client.force_login(getattr(evil, who))
    visited = escaped = 0
    for path, page in walk(client):
        visited, escaped = visited + 1, escaped + ("&lt;script&gt;" in page)
        found = RAW.search(page)
        assert found is None, (path, page[max(0, found.start() - 200) : found.end() + 50])
        assert 'href="javascript' not in page.lower(), path
        assert "49" not in re.findall(r"onerror=alert\(2\)&gt;(..)", page), path
    assert visited > 10
    assert escaped > 5


@pytest.mark.parametrize("reader", Reader)
def test_nor_does_a_document(evil: Cast, reader: Reader) -> None:
    version = evil.owner.owned_models.get().versions.first()
    assert version is not None
    document = document_of(version, reader, actor=evil.auditor, at=NOON)
    html = printed_html(document, at=NOON, digest="d" * 64)
    found = RAW.search(html)
    assert found is None, html[max(0, found.start() - 200) : found.end() + 50]
    assert "&lt;script&gt;" in html
    assert "<a " not in html
    written = MarkdownIt("commonmark").enable("table").render(markdown_of(document))
    assert RAW.search(written) is None
    assert "<img" not in written


def test_nor_does_the_paper(evil: Cast) -> None:
    from django.template.loader import render_to_string

    model = evil.owner.owned_models.get()
    text = canonical(collect([model]))
    html = render_to_string(
        "pdf/evidence-pack.html", dict(context(Evidence(text), "d" * 64)), using="jinja2"
    )
    found = RAW.search(html)
    assert found is None, html[max(0, found.start() - 200) : found.end() + 50]
    assert 'href="javascript' not in html.lower()
    assert "&lt;script&gt;" in html
