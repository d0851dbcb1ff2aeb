"""From the ledger through the outbox to a receiver: once queued, until it arrives, nowhere else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.utils import timezone

from governance.accounts.actions import create_unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, Role
from governance.audit.followers import catch_up_all
from governance.audit.models import FollowerCursor, LedgerEntry
from governance.core.errors import InvalidInput
from governance.jobs import outbox, sending
from governance.jobs.channels import Message
from governance.jobs.delivering import deliver_due
from governance.jobs.models import Delivery
from governance.jobs.rules import DELIVERY_LEASE, DELIVERY_PAUSES, NotDelivered
from governance.registry.actions import set_model_tag, set_version_tag
from governance.registry.actions.webhooks import (
    WebhookRecord,
    create_webhook,
    delete_webhook,
    edit_webhook,
    try_webhook,
)
from governance.registry.models import Webhook
from governance.registry.rules import Stage
from governance.registry.rules.webhooks import (
    EVENTS,
    GOVERNANCE_EVENTS,
    WebhookNotFound,
    WebhookStatus,
    signature,
)
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.webhook_receiver import Receiver, receiver
from tests.world import refused

pytestmark = pytest.mark.django_db

SECRET = "only-the-receiver-knows"
TOMORROW = later(days=1)


@pytest.fixture
def hooks(settings: Any) -> Iterator[Receiver]:
    with receiver() as running:
        settings.WEBHOOK_HOSTS = [running.netloc]
        yield running


def listen(
    cast: Cast, url: str, *events: str, secret: str | None = None, at: datetime = NOON
) -> Webhook:
    wanted = events or sorted(EVENTS)
    record = WebhookRecord(name="hook", url=url, events=wanted, secret=secret)
    return create_webhook(unit=cast.unit, record=record, actor=cast.owner, at=at)


def changed(webhook: Webhook, **given: Any) -> WebhookRecord:
    values = {"name": webhook.name, "url": webhook.url, "events": webhook.events} | given
    return WebhookRecord(**values)


def follow(*, at: datetime | None = None) -> int:
    catch_up_all()
    return deliver_due(at=at or timezone.now())


# --- retries -------------------------------------------------------------------------------------


def test_a_delivery_is_repeated_until_it_arrives_signed_anew_each_time(
    cast: Cast, hooks: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    listen(cast, hooks.url("/hook?key=private-part"), "registered_model.created", secret=SECRET)
    f.make_model(cast)
    hooks.answers = [500, 429]
    at = timezone.now()
    for attempt in range(3):
        assert follow(at=at) == 1
        assert follow(at=at) == 0
        waiting = Delivery.objects.get()
        assert waiting.attempts == attempt + 1
        at += DELIVERY_PAUSES[attempt] + timedelta(seconds=5)
    assert (waiting.state, waiting.response_status, waiting.error) == ("DELIVERED", 200, "")
    assert {one.headers["X-MLflow-Delivery-Id"] for one in hooks.got} == {str(waiting.pk)}
    assert len({one.headers["X-MLflow-Timestamp"] for one in hooks.got}) == 3
    for one in hooks.got:
        timestamp = one.headers["X-MLflow-Timestamp"]
        assert one.headers["X-MLflow-Signature"] == signature(
            secret=SECRET, delivery_id=str(waiting.pk), timestamp=timestamp, body=one.body
        )
    assert one.headers["Host"] == hooks.netloc
    everything = caplog.text + " ".join(e.text for e in LedgerEntry.objects.all())
    everything += " ".join(map(str, Delivery.objects.values_list("body", "error", "key")))
    assert SECRET not in everything
    assert "private-part" not in everything


def test_a_receiver_that_never_answers_well_is_given_up(cast: Cast, hooks: Receiver) -> None:
    listen(cast, hooks.url())
    f.make_model(cast)
    hooks.answers = [503] * 20
    at, attempts = timezone.now(), len(DELIVERY_PAUSES) + 1
    for _ in range(attempts + 3):
        follow(at=at)
        at += DELIVERY_PAUSES[-1] + timedelta(minutes=1)
    given_up = Delivery.objects.get()
    assert (given_up.state, given_up.attempts, len(hooks.got)) == ("FAILED", attempts, attempts)
    assert given_up.error == "The receiver answered 503."


@pytest.mark.backend
def test_a_delivery_whose_worker_died_is_made_again(cast: Cast, hooks: Receiver) -> None:
    listen(cast, hooks.url())
    f.make_model(cast)
    catch_up_all()
    at = timezone.now()
    for _ in range(len(DELIVERY_PAUSES) + 1):
        assert len(outbox.claim(at=at)) == 1
        assert outbox.claim(at=at) == []
        at += DELIVERY_LEASE
    assert (deliver_due(at=at), Delivery.objects.get().state) == (0, "FAILED")


def test_what_was_told_is_forgotten_and_that_it_was_told_is_not(
    cast: Cast, hooks: Receiver
) -> None:
    listen(cast, hooks.url())
    f.make_model(cast)
    follow()
    waiting = Delivery(recipient="webhook:x", key="y", body="{}", created_at=NOON)
    outbox.queue([waiting])
    at = timezone.now()
    assert outbox.forget(at=at + timedelta(days=29)) == 0
    assert outbox.forget(at=at + timedelta(days=31)) == 1
    assert outbox.forget(at=at + timedelta(days=31)) == 0
    kept = Delivery.objects.values_list("state", "body").order_by("state")
    assert list(kept) == [("DELIVERED", ""), ("WAITING", "{}")]


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_make_the_same_attempt() -> None:
    outbox.queue(
        Delivery(recipient="webhook:x", key=str(n), created_at=NOON, next_attempt_at=NOON)
        for n in range(60)
    )
    claimed: list[str] = []

    def work() -> None:
        while batch := outbox.claim(at=TOMORROW):
            claimed.extend(delivery.key for delivery in batch)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed, key=int) == [str(n) for n in range(60)]


# --- once queued ---------------------------------------------------------------------------------


@pytest.mark.backend
def test_an_entry_that_is_read_twice_is_told_of_once(cast: Cast, hooks: Receiver) -> None:
    listen(cast, hooks.url(), *sorted(EVENTS), *GOVERNANCE_EVENTS)
    f.make_policies(cast)
    f.make_champion(cast, f.make_version(cast, f.make_model(cast)))
    catch_up_all()
    told = Delivery.objects.count()
    FollowerCursor.objects.all().delete()
    assert catch_up_all() >= 5
    assert Delivery.objects.count() == told >= 5


def test_without_a_webhook_the_ledger_is_not_even_read(cast: Cast) -> None:
    f.make_model(cast)
    catch_up_all()
    assert not FollowerCursor.objects.filter(name__endswith="tell_webhooks").exists()


def test_a_webhook_is_told_of_nothing_older_than_itself(cast: Cast, hooks: Receiver) -> None:
    f.make_model(cast, name="before", at=NOON)
    listen(cast, hooks.url(), at=later(minutes=1))
    f.make_model(cast, name="after", at=later(minutes=2))
    follow()
    assert [one.data["name"] for one in hooks.got] == ["after"]


def test_a_disabled_webhook_gets_nothing_nor_afterwards(cast: Cast, hooks: Receiver) -> None:
    webhook = listen(cast, hooks.url())
    f.make_model(cast, name="waiting")
    catch_up_all()
    off = changed(webhook, status=WebhookStatus.DISABLED)
    edit_webhook(webhook=webhook, record=off, actor=cast.owner, at=later(minutes=1))
    f.make_model(cast, name="unheard", at=later(minutes=2))
    assert (follow(), Delivery.objects.get().state) == (1, "CANCELED")
    on = changed(webhook, status=WebhookStatus.ACTIVE)
    edit_webhook(webhook=webhook, record=on, actor=cast.owner, at=later(minutes=3))
    f.make_model(cast, name="heard", at=later(minutes=4))
    follow()
    assert [one.data["name"] for one in hooks.got] == ["heard"]


def test_what_waits_for_a_deleted_webhook_is_canceled(cast: Cast, hooks: Receiver) -> None:
    webhook = listen(cast, hooks.url(), secret=SECRET)
    f.make_model(cast)
    catch_up_all()
    delete_webhook(webhook=webhook, actor=cast.owner, at=later(minutes=1))
    assert deliver_due(at=timezone.now()) == 1
    canceled = Delivery.objects.get()
    assert (canceled.state, canceled.error) == ("CANCELED", "The webhook was deleted.")
    assert hooks.got == []


def test_a_webhook_hears_of_its_unit_and_of_those_below(cast: Cast, hooks: Receiver) -> None:
    record = WebhookRecord(name="all", url=hooks.url("/all"), events=["registered_model.created"])
    create_webhook(unit=cast.root, record=record, actor=cast.administrator, at=NOON)
    listen(cast, hooks.url("/retail"), "registered_model.created")
    cards = create_unit(path="bank/cards", name="Cards", actor=CONSOLE, at=NOON)
    owner = f.make_person("Carl Cards", Role.MODEL_OWNER, unit=cards)
    f.make_model(Cast(**{**vars(cast), "unit": cards, "owner": owner}), name="cards-model")
    f.make_model(cast, name="retail-model")
    follow()
    assert sorted((one.path, one.data["name"]) for one in hooks.got) == [
        ("/all", "cards-model"),
        ("/all", "retail-model"),
        ("/retail", "retail-model"),
    ]


# --- what is told --------------------------------------------------------------------------------


def test_a_promotion_is_told_of_from_the_question_to_the_alias(cast: Cast, hooks: Receiver) -> None:
    listen(cast, hooks.url(), "model_version_alias.created", *GOVERNANCE_EVENTS)
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model))
    model.slots.update(alias="champion")
    second = f.make_version(cast, model, metrics={"accuracy": "0.95"})
    f.make_champion(cast, second)
    again = f.ask(cast, f.make_version(cast, model), Stage.ARCHIVED, actor=cast.owner).request
    assert again is not None
    follow()
    follow()
    told = [(one.event, one.data.get("version"), one.data.get("to")) for one in hooks.got]
    assert ("transition_request.created", "2", "Production") in told
    assert ("model_version.stage_changed", "2", "Production") in told
    assert ("model_version.stage_changed", "1", "Archived") in told
    alias = [one.data for one in hooks.got if one.event == "model_version_alias.created"]
    assert {"name": model.name, "alias": "champion", "version": "2"} in alias
    assert len(told) == len(set(told)) or alias


def test_a_prompt_is_told_of_as_one(cast: Cast, hooks: Receiver) -> None:
    listen(cast, hooks.url())
    model = f.make_model(cast, name="greeting")
    for key in ("mlflow.prompt.is_prompt", "_mlflow_prompt_type"):
        set_model_tag(model=model, key=key, value="true", actor=cast.developer, at=NOON)
    version = f.make_version(cast, model)
    tagged: dict[str, Any] = {"actor": cast.developer, "at": later(minutes=1)}
    set_version_tag(version=version, key="mlflow.prompt.text", value="Hello", **tagged)
    set_version_tag(version=version, key="tone", value="kind", **tagged)
    set_model_tag(model=model, key="team", value="crm", **tagged)
    follow()
    told = {one.event: one.data for one in hooks.got}
    assert told["prompt.created"] == {"name": "greeting", "tags": {"team": "crm"}, **NOTHING}
    created = told["prompt_version.created"]
    assert (created["template"], created["tags"]["tone"]) == ("Hello", "kind")
    assert told["prompt_tag.set"] == {"name": "greeting", "key": "team", "value": "crm"}
    assert {event.partition("_")[0].partition(".")[0] for event in told} == {"prompt"}


NOTHING = {"description": ""}


# --- where it may go -----------------------------------------------------------------------------


def resolving(monkeypatch: pytest.MonkeyPatch, name: str, *addresses: str) -> list[str]:
    """Let the name resolve to the first address, then to the next ones; return what was asked."""
    ask, asked, answers = socket.getaddrinfo, [], list(addresses)

    def stand_in(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != name:
            return ask(host, port, *args, **kwargs)
        asked.append(host)
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", stand_in)
    return asked


def message(url: str) -> Message:
    return Message(url=url, headers={"Content-Type": "application/json"}, body=b"{}")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"]
)
def test_a_name_that_leads_into_a_private_network_is_not_called(
    monkeypatch: pytest.MonkeyPatch, cast: Cast, hooks: Receiver, address: str
) -> None:
    port = hooks.netloc.partition(":")[2]
    resolving(monkeypatch, "hooks.example.com", address)
    webhook = listen(cast, f"https://hooks.example.com:{port}/x", "registered_model.created")
    f.make_model(cast)
    follow()
    refusal = Delivery.objects.get()
    assert (refusal.state, refusal.attempts) == ("WAITING", 1)
    assert "not a host of the public internet" in refusal.error
    assert address not in refusal.error
    event = webhook.events[0]
    tried, answer = try_webhook(webhook=webhook, event=event, actor=cast.owner, at=TOMORROW)
    assert (tried.delivered, answer, hooks.got) == (False, None, [])


def test_one_private_address_among_public_ones_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: rows)
    with pytest.raises(NotDelivered):
        sending.send(message("https://hooks.example.com/"))


def test_a_host_that_is_no_longer_listed_is_not_called(
    cast: Cast, hooks: Receiver, settings: Any
) -> None:
    listen(cast, hooks.url())
    f.make_model(cast)
    settings.WEBHOOK_HOSTS = []
    follow()
    assert (Delivery.objects.get().attempts, hooks.got) == (1, [])


def test_the_connection_goes_to_the_address_that_was_judged(
    monkeypatch: pytest.MonkeyPatch, hooks: Receiver, settings: Any
) -> None:
    netloc = f"hooks.example.com:{hooks.netloc.partition(':')[2]}"
    settings.WEBHOOK_HOSTS = [netloc]
    asked = resolving(monkeypatch, "hooks.example.com", "127.0.0.1", "10.0.0.1")
    assert sending.send(message(f"http://{netloc}/a%20b?c=d")).status == 200
    assert (asked, hooks.got[0].headers["Host"]) == (["hooks.example.com"], netloc)
    assert hooks.got[0].path == "/a%20b?c=d"


def test_the_certificate_is_that_of_the_name(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "hooks.example.com")))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    resolving(monkeypatch, "hooks.example.com", "127.0.0.1")
    with receiver(context) as running:
        port = running.netloc.partition(":")[2]
        settings.WEBHOOK_HOSTS = [f"hooks.example.com:{port}", f"localhost:{port}"]
        assert sending.send(message(f"https://hooks.example.com:{port}/")).status == 200
        with pytest.raises(NotDelivered, match="certificate does not hold"):
            sending.send(message(f"https://localhost:{port}/"))


def certificate(folder: Path, host: str) -> Path:
    """Write a self-signed certificate and its key; return the file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "pair.pem").write_bytes(pem)
    return folder / "pair.pem"


def test_a_receiver_that_drips_does_not_hold_us_up(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.4)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        settings.WEBHOOK_HOSTS = [f"127.0.0.1:{port}"]
        over = threading.Event()
        thread = threading.Thread(target=drip, args=(server, over))
        thread.start()
        begun = time.monotonic()
        try:
            with pytest.raises(NotDelivered, match="took too long"):
                sending.send(message(f"http://127.0.0.1:{port}/"))
        finally:
            over.set()
            thread.join()
    assert time.monotonic() - begun < 3


def drip(server: socket.socket, over: threading.Event) -> None:
    connection, _ = server.accept()
    with closing(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.1):
            try:
                connection.sendall(b"X-Slow: 1\r\n")
            except OSError:
                return


# --- keeping them --------------------------------------------------------------------------------


def test_a_secret_stored_under_another_key_sends_nothing_unsigned(
    cast: Cast, hooks: Receiver, settings: Any
) -> None:
    webhook = listen(cast, hooks.url(), secret=SECRET)
    assert SECRET not in webhook.sealed_secret
    f.make_model(cast)
    settings.SECRET_KEY = "another-key-" * 5
    follow()
    assert (hooks.got, "SECRET_KEY" in Delivery.objects.get().error) == ([], True)


def test_only_who_may_keeps_webhooks(cast: Cast, hooks: Receiver) -> None:
    webhook = listen(cast, hooks.url())
    record = changed(webhook)
    for actor in (cast.developer, cast.validator, cast.approver, cast.auditor, cast.outsider):
        with refused(PermissionMissing):
            create_webhook(unit=cast.unit, record=record, actor=actor, at=NOON)
        with refused(PermissionMissing):
            edit_webhook(webhook=webhook, record=record, actor=actor, at=NOON)
        with refused(PermissionMissing):
            delete_webhook(webhook=webhook, actor=actor, at=NOON)
        with refused(PermissionMissing):
            try_webhook(webhook=webhook, event=webhook.events[0], actor=actor, at=NOON)
    with refused(PermissionMissing):
        create_webhook(unit=cast.root, record=record, actor=cast.owner, at=NOON)
    with refused(InvalidInput):
        wrong = changed(webhook, url="https://10.0.0.1/")
        create_webhook(unit=cast.unit, record=wrong, actor=cast.owner, at=NOON)
    delete_webhook(webhook=webhook, actor=cast.administrator, at=NOON)
    with refused(WebhookNotFound):
        edit_webhook(webhook=webhook, record=record, actor=cast.owner, at=NOON)
    with refused(WebhookNotFound):
        delete_webhook(webhook=webhook, actor=cast.owner, at=NOON)
