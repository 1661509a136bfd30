"""The nudge: once after the commit, never in anybody's way."""

import socket
import time
import uuid
from functools import partial
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import transaction

from notices import services
from notices.services import nudging
from notices.tests.making import EVENING, OPEN, owe_receipt, owe_staff


@pytest.fixture
def sent(settings, monkeypatch):
    """What reaches the broker."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)
    calls: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *a, **k: calls.append((a, k)))
    return calls


@pytest.mark.django_db
def test_several_notices_of_a_transaction_are_one_nudge(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        for number in range(3):
            owe_receipt(number)
        assert sent == []
    assert len(callbacks) == 1
    ((task,), options) = sent[0]
    assert (task, options["expires"], options["retry"]) == ("notices.tasks.deliver", 10, False)
    assert len(sent) == 1


class Undone(Exception):
    pass


@transaction.atomic
def owe_and_undo():
    owe_receipt(1)
    raise Undone


@pytest.mark.django_db
def test_what_is_rolled_back_nudges_nobody(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Undone):
        owe_and_undo()
    assert sent == []
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        owe_receipt(2)
    assert len(sent) == 1


@pytest.mark.django_db
def test_nobody_is_nudged_for_what_waits(sent, nam, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        owe_staff(nam, hours="opening", now=EVENING)
        owe_receipt(to=services.Citizen("박순례", "phone", "1"), now=EVENING)
    assert callbacks == []


@pytest.mark.django_db
def test_without_a_broker_in_the_settings_nothing_happens(
    settings, django_capture_on_commit_callbacks
):
    settings.REDIS_URL = ""
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        owe_receipt()
    assert callbacks == []


@pytest.fixture
def hanging_broker():
    """Takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


@pytest.mark.django_db
@pytest.mark.parametrize("broker", ["refusing", "hanging"])
def test_a_broker_that_is_away_is_soon_given_up(
    broker, hanging_broker, settings, monkeypatch, django_capture_on_commit_callbacks
):
    url = hanging_broker if broker == "hanging" else "redis://127.0.0.1:1/0"
    settings.REDIS_URL = url
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)
    real = current_app.connection_for_write
    monkeypatch.setattr(current_app, "connection_for_write", lambda **more: real(url, **more))
    taken = []
    for number in (1, 2):
        started = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            owe_receipt(number)
        taken.append(time.monotonic() - started)
    assert taken[0] < 1.5
    assert taken[1] < 0.2
    assert nudging._quiet_until > time.monotonic()


@pytest.mark.django_db
@pytest.mark.redis
def test_a_nudge_reaches_the_broker(monkeypatch, django_capture_on_commit_callbacks):
    """In a queue of its own, so that no worker takes it."""
    monkeypatch.setattr(nudging, "_quiet_until", 0.0)
    queue = f"test-{uuid.uuid4()}"
    monkeypatch.setattr(current_app, "send_task", partial(current_app.send_task, queue=queue))
    with django_capture_on_commit_callbacks(execute=True):
        owe_receipt()
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    with client:
        assert client.llen(queue) == 1
        client.delete(queue, f"_kombu.binding.{queue}")


# --- the command --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_does_one_pass(mailoutbox, capsys):
    owe_receipt()
    call_command("deliver")
    assert capsys.readouterr().out == "1\n"
    assert len(mailoutbox) == 1


@pytest.mark.django_db
def test_the_command_moves_time_in_the_demo_only(mailoutbox, capsys, settings, nam):
    from django.core.management.base import CommandError  # noqa: PLC0415

    from notices.models import Heartbeat, Notice  # noqa: PLC0415

    owe_staff(nam, hours="opening", now=OPEN.replace(year=2028, hour=20))
    with pytest.raises(CommandError, match="DEMO"):
        call_command("deliver", now="2028-10-07T10:00+09:00")
    settings.DEMO = True
    for wrong in ("2028-10-07T10:00", "tomorrow"):
        with pytest.raises(CommandError, match="시"):
            call_command("deliver", now=wrong)
    call_command("deliver", now="2028-10-10T10:00+09:00")
    assert capsys.readouterr().out == "1\n"
    assert Notice.objects.filter(delivered_at__year=2028).count() == 1
    assert not Heartbeat.objects.exists()
