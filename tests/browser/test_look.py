"""What a reader meets in a real browser: no violation, no error, no sideways scroll, two themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from governance.accounts.models import User
from governance.audit.actions import record_verification
from governance.audit.checkpointing import make_checkpoint
from governance.audit.rules import CONSOLE
from governance.audit.verification import verify
from governance.core.canonical import sha256_hex
from governance.core.kept_files import keep_file
from governance.evidence.rules.documents.blocks import Reader
from governance.inventory.actions import keep_answers, propose_tier_override
from governance.inventory.actions.examinations import end_examination
from governance.inventory.models import Examination, Model
from governance.inventory.rules.assessments import Matter
from tests import factories
from tests.examining import answered, asked, assigned, examination, examiner

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = 1440, 390
IMPORTED = b"Name,Unit,Purpose\nnew-model,bank/retail,Sorts.\nchurn-model,nowhere,Says who stays.\n"
PAGES = [
    "/",
    "/models/",
    "/models/?q=nothing-like-it",
    "/models/?tier=3&tier=9&order=name",
    "/models/?as_of=2026-03-02",
    "/models/churn-model/?as_of=2026-03-02",
    "/models/?as_of=tomorrow",
    "/views/",
    "/views/new/?tier=3",
    "/models/churn-model/",
    "/models/churn-model/record/",
    "/models/churn-model/changes/",
    "/models/churn-model/dependencies/",
    "/models/churn-model/rules/",
    "/models/churn-model/rules/?as_of=2026-03-02",
    "/models/churn-model/approvers/",
    "/models/churn-model/approvers/?as_of=2026-03-02",
    "/models/churn-model/dependencies/?as_of=2026-03-02",
    "/models/churn-model/changes/?as_of=2026-03-02",
    "/models/churn-model/versions/1/",
    "/models/churn-model/slots/new/",
    f"/data/{'d' * 64}/",
    "/inventory/import/",
    f"/inventory/import/{sha256_hex(IMPORTED)}/",
    "/inventory/adopt/",
    "/live/",
    "/decisions/",
    "/reviews/?view=later",
    "/attestations/",
    "/waivers/?view=all",
    "/waivers/?as_of=2026-03-02",
    "/reviews/?view=later&as_of=2026-03-02",
    "/attestations/?as_of=2026-03-02",
    "/policies/?as_of=2026-03-02",
    "/people/?as_of=2026-03-02",
    "/delegations/?as_of=2026-03-02",
    "/models/churn-model/waivers/new/",
    "/compliance/",
    "/compliance/?framework=ml-test-score",
    "/compliance/changes/",
    "/compliance/sr-26-2/",
    "/compliance/sr-26-2/churn-model/",
    "/compliance/sr-11-7/churn-model/",
    "/models/churn-model/coverage/",
    "/models/churn-model/coverage/exclude/?requirement=sr-26-2%2FSR262-III-03",
    "/evidence/filed/",
    "/evidence/filed/new/?model=churn-model",
    "/frameworks/",
    "/frameworks/eu-ai-act-high-risk-provider/",
    "/frameworks/obligations/",
    "/evidence/?model=churn-model",
    "/evidence/?of=decision",
    "/evidence/?of=portfolio&chosen=1&frameworks=sr-26-2",
    "/evidence/?of=trail",
    "/evidence/populations/",
    "/evidence/populations/new/",
    "/audit/",
    "/audit/ledger/",
    "/audit/?model=churn-model&since=2026-03-01&verb=version.*",
    "/audit/?verb=nonsense&until=tomorrow&subject=a%20b",
    "/audit/views/new/?kind=cards",
    "/examinations/",
    "/information-requests/",
    "/password/",
    "/nowhere/",
]

Open = Callable[..., Page]


@pytest.fixture
def portal(live_server: LiveServer) -> tuple[str, factories.Cast]:
    """A served portal in which one version waits for its signatures."""
    cast = factories.make_cast()
    factories.make_policies(cast)
    model = factories.make_model(cast)
    above, below = (factories.make_model(cast, name=name) for name in ("upstream", "downstream"))
    factories.make_dependency(cast, feeder=above, consumer=model)
    factories.make_dependency(cast, feeder=model, consumer=below)
    factories.make_ready(cast, factories.make_version(cast, model, metrics={"accuracy": "0.95"}))
    keep_file(IMPORTED, sender=cast.approver)
    for hours in (1, 2):
        at = factories.later(hours=hours)
        make_checkpoint(actor=CONSOLE, at=at)
        record_verification(examination=verify(), actor=CONSOLE, at=at)
    return live_server.url, cast


@pytest.fixture
def assessed(portal: tuple[str, factories.Cast]) -> list[str]:
    """The pages of questionnaires, with an assessment and with answers that are on their way."""
    _, cast = portal
    factories.make_questionnaires(cast)
    model = Model.objects.get(name="churn-model")
    made = factories.rate(cast, model)
    override = propose_tier_override(
        model=model, to_tier=4, rationale="A hard spend cap.", days=90, actor=cast.owner,
        at=factories.later(hours=1),
    )  # fmt: skip
    row = made.questionnaire
    keep_answers(
        model=model, matter=Matter.TIER, questionnaire=row, answers=factories.CREDIT,
        facts={"critical_operation": True}, actor=cast.approver,
        at=factories.NOON,
    )  # fmt: skip
    of_model = f"/models/{model.name}/"
    return [
        f"{of_model}assess/",
        f"{of_model}assess/tier/?q=P2",
        f"{of_model}assess/tier/review/",
        f"{of_model}assess/tier/preview/",
        f"{of_model}assess/ai-act/",
        f"{of_model}assess/determination/review/",
        f"{of_model}assess/override/",
        f"{of_model}assessments/{made.pk}/",
        f"{of_model}overrides/{override.pk}/",
        "/questionnaires/",
        f"/questionnaires/{row.pk}/",
    ]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open pages whose console must stay silent."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(kind: str, text: str) -> None:
        # A page that answers 404 or 403 on purpose is reported by Chromium itself.
        if kind in {"error", "warning"} and "the server responded with a status of" not in text:
            complaints.append(text)

    def start(base: str, *, width: int = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=base, viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page, user: User) -> None:
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def violations(page: Page) -> list[str]:
    # Without `preload: False` axe fetches the style sheets itself, against the page's policy.
    options = {"runOnly": RULES, "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_reading_page_is_accessible_and_silent(
    portal: tuple[str, factories.Cast], assessed: list[str], opened: Open, scheme: str
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/sign-in/")
    assert violations(page) == []
    sign_in(page, cast.approver)
    for path in [*PAGES, *assessed]:
        page.goto(path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path


def test_nothing_scrolls_sideways_on_a_phone(
    portal: tuple[str, factories.Cast], assessed: list[str], opened: Open
) -> None:
    base, cast = portal
    page = opened(base, width=NARROW)
    page.goto("/sign-in/")
    assert overflow(page) <= 0
    sign_in(page, cast.approver)
    for path in [*assessed, *PAGES]:
        page.goto(path)
        assert overflow(page) <= 0, path
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Inventory").first).to_be_visible()
    assert violations(page) == []


@pytest.fixture
def examining(portal: tuple[str, factories.Cast]) -> tuple[User, Sequence[tuple[User, str]]]:
    """An examiner in an open examination, and who opens which of its pages."""
    _, cast = portal
    now, model = timezone.now(), Model.objects.get(name="churn-model")
    person = examiner(cast)
    row = examination(cast, [person], [model], at=now)
    person.refresh_from_db()
    late = asked(person, model, at=now, wished_date=now.date())
    answer = assigned(cast, asked(person, model, at=now), cast.owner, at=now)
    answered(answer, cast.owner, attached=[model.ref], at=now)
    request = f"/information-requests/{late.pk}/"
    done = f"/information-requests/{answer.pk}/"
    asking = "/information-requests/new/?page=/models/churn-model/"
    kept = f"/examinations/{row.pk}/"
    return person, [
        *((person, path) for path in ("/", "/models/churn-model/", request, done, asking)),
        (person, "/information-requests/"),
        *((cast.compliance, path) for path in ("/examinations/", kept, request)),
        (cast.compliance, "/examinations/new/"),
        (cast.owner, done),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_examinations_are_accessible_and_fit_a_phone(
    portal: tuple[str, factories.Cast],
    examining: tuple[User, Sequence[tuple[User, str]]],
    opened: Open,
    scheme: str,
) -> None:
    base, cast = portal
    person, visits = examining
    pages = {user.pk: opened(base, color_scheme=scheme) for user, _ in visits}
    for user in {user.pk: user for user, _ in visits}.values():
        sign_in(pages[user.pk], user)
    for user, path in visits:
        page = pages[user.pk]
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            assert violations(page) == [], path
            assert overflow(page) <= 0, path
    end_examination(
        examination_id=Examination.objects.get().pk, reason="Done.", actor=cast.compliance,
        at=timezone.now(),
    )  # fmt: skip
    page = pages[person.pk]
    page.goto("/")
    expect(page.get_by_role("heading", name="No examination is open")).to_be_visible()
    assert violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_document_about_a_version_is_accessible_and_fits_a_phone(
    portal: tuple[str, factories.Cast], opened: Open, scheme: str
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, cast.approver)
    for reader in Reader:
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.goto(f"/models/churn-model/versions/1/card/views/{reader.value}/")
        assert violations(page) == [], reader
        page.set_viewport_size({"width": NARROW, "height": 900})
        assert overflow(page) <= 0, reader


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_populations_and_samples_are_accessible_and_fit_a_phone(
    portal: tuple[str, factories.Cast], opened: Open, scheme: str
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, cast.auditor)

    def look() -> None:
        assert violations(page) == [], page.url
        page.set_viewport_size({"width": NARROW, "height": 900})
        assert overflow(page) <= 0, page.url
        page.set_viewport_size({"width": WIDE, "height": 900})

    page.goto("/evidence/populations/new/?kind=ACCESS")
    page.get_by_label("From").fill("2026-03-01")
    page.get_by_label("Through").fill("2026-03-09")
    page.get_by_role("button", name="Count").click()
    look()
    page.get_by_role("button", name="Extract the population").click()
    look()
    page.get_by_label("Method").select_option("PER_STRATUM")
    page.get_by_label("Size").fill("1")
    page.get_by_label("Strata by").select_option("role")
    page.get_by_label("Seed").fill("2026-Q1/417")
    page.get_by_role("button", name="Draw the sample").click()
    expect(page.get_by_role("heading", name="What was drawn")).to_be_visible()
    look()
    page.goto("/evidence/populations/")
    look()


@pytest.mark.parametrize("script", [True, False])
def test_the_theme_button_works_with_and_without_script(
    portal: tuple[str, factories.Cast], opened: Open, script: bool
) -> None:
    base, _ = portal
    page = opened(base, java_script_enabled=script)
    page.goto("/sign-in/")
    page.get_by_role("button", name="Theme: same as system").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    # The button changes at once; the cookies come with the answers, in the order of the clicks.
    with page.expect_response(lambda answer: "dark" in (answer.request.post_data or "")):
        page.get_by_role("button", name="Theme: light").click()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    page.reload()
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)


def test_keys_go_places_until_they_are_switched_off(
    portal: tuple[str, factories.Cast], opened: Open
) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.approver)
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/models/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="churn-model")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_label("Turn off single-key shortcuts").check()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search the inventory")).not_to_be_focused()


def test_a_wrong_password_moves_the_focus_to_what_is_wrong(
    portal: tuple[str, factories.Cast], opened: Open
) -> None:
    base, cast = portal
    page = opened(base)
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(cast.owner.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value(cast.owner.email)
    assert violations(page) == []
