"""Delivery: claims mails under a lease, sends them outside any transaction, marks them."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from notices import mail
from notices.models import Heartbeat, Notice, Status
from notices.services.bundling import gather
from notices.services.settling import catch_up, settle
from records.actors import SYSTEM
from records.crypto import Unreadable

logger = logging.getLogger(__name__)

HEARTBEAT = "deliver"
#: A claimed mail belongs to its pass for so long; a pass that died gives it back that way.
LEASE = timedelta(seconds=60)
#: Sending one mail waits for the server four times at most, EMAIL_TIMEOUT (10 s) each: with a
#: lease no older than this it ends before the lease does.
RENEW_AFTER = timedelta(seconds=10)
BATCH = 20
PASS_SECONDS = 20.0
#: So many mails in a row refused for now: the server is in trouble, not the mails.
TROUBLE_IN_A_ROW = 3
#: Addresses of the demo's simulated past; nothing is ever sent there.
NOWHERE = ".invalid"
#: Among them one whose mails the made-up server refuses, as a real one does a mistyped address.
REFUSED = "refused.invalid"


def deliver(
    *,
    now: datetime,
    seconds: float = PASS_SECONDS,
    simulated: bool = False,
    heartbeat: bool = True,
) -> int:
    """One delivery pass: sends what is owed at ``now``, for at most about ``seconds``.

    Says how many mails were delivered. Passes may overlap. A mail that the server refuses for now
    waits and is tried again for two days, one refused for good has failed; a server that is away
    ends the pass and costs no mail a try. ``simulated`` (with DEMO only) marks all as delivered
    without sending, at ``now`` itself; ``heartbeat`` is off where ``now`` is not the time of day.
    """
    if simulated and not settings.DEMO:
        raise ValueError("only the demo delivers without sending")
    started = time.monotonic()

    def clock() -> datetime:
        return now if simulated else now + timedelta(seconds=time.monotonic() - started)

    catch_up(now=now)
    with mail.mailer() as mailer:
        until = now + timedelta(seconds=seconds)
        delivered = _Pass(mailer=mailer, clock=clock, until=until, simulated=simulated).run()
    if heartbeat:
        beat(HEARTBEAT, at=clock())
    return delivered


def beat(name: str, *, at: datetime) -> None:
    """Note that a pass has come to its end."""
    if not Heartbeat.objects.filter(name=name).update(at=at):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, at=at)], ignore_conflicts=True)


class _LeaseLost(Exception):
    """Another pass has the row by now."""


@dataclass(kw_only=True)
class _Pass:
    mailer: mail.Mailer
    clock: Callable[[], datetime]
    until: datetime
    simulated: bool
    delivered: int = 0
    in_trouble: int = 0
    lease: str = ""
    claimed_at: datetime = field(init=False)

    def run(self) -> int:
        while self._goes_on() and (pks := self._claim()):
            try:
                while pks and self._goes_on():
                    pk = pks.pop(0)  # if this dies, it may have been sent: it keeps its lease
                    self._deliver(pk)
            except mail.ServerAway as why:
                pks.insert(0, pk)
                logger.warning("the mail server is away (%s); mails wait", why)
                self.until = self.clock()
            finally:
                self._give_back(pks)
        return self.delivered

    def _goes_on(self) -> bool:
        return self.clock() < self.until and self.in_trouble < TROUBLE_IN_A_ROW

    # the lease

    def _claim(self) -> list[int]:
        """The next mails, citizens' first. The update alone decides who has them.

        What was held for one person until an opening is made one mail first, at the same ``now``.
        """
        now, lease = self.clock(), uuid.uuid4().hex
        sendable = Notice.objects.sendable(now=now)
        if not sendable.exists():
            return []
        gather(now=now)
        due = sendable.order_by("audience", "next_attempt_at", "pk")
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            pks = list(due.values_list("pk", flat=True)[:BATCH])
            won = sendable.filter(pk__in=pks).update(lease=lease, next_attempt_at=now + LEASE)
        self.lease, self.claimed_at = lease, now
        if won == len(pks):
            return pks
        mine = set(Notice.objects.filter(pk__in=pks, lease=lease).values_list("pk", flat=True))
        return [pk for pk in pks if pk in mine]

    def _keep_lease(self, pk: int) -> None:
        """Enough of the lease is left for sending this mail; else _LeaseLost."""
        now = self.clock()
        if now - self.claimed_at <= RENEW_AFTER:
            return
        mine = Notice.objects.filter(pk=pk, lease=self.lease, status=Status.OWED)
        if not mine.update(next_attempt_at=now + LEASE):
            raise _LeaseLost

    def _give_back(self, pks: list[int]) -> None:
        if pks:
            Notice.objects.filter(pk__in=pks, lease=self.lease, status=Status.OWED).update(
                lease="", next_attempt_at=self.claimed_at
            )

    # one mail

    def _deliver(self, pk: int) -> None:
        try:
            notice = Notice.objects.filter(lease=self.lease, status=Status.OWED).get(pk=pk)
        except Notice.DoesNotExist:
            return
        except Unreadable as error:
            self._refused(
                Notice.objects.without_texts().get(pk=pk),
                mail.Failure(type(error).__name__, permanent=True),
            )
            return
        try:
            failure = _pretend(notice) if self._goes_nowhere(notice) else self._send(notice)
        except _LeaseLost:
            return
        if failure is None:
            self._accepted(notice)
        else:
            self._refused(notice, failure)

    def _goes_nowhere(self, notice: Notice) -> bool:
        return self.simulated or (settings.DEMO and notice.recipient.endswith(NOWHERE))

    def _send(self, notice: Notice) -> mail.Failure | None:
        try:
            message = mail.compose(notice, at=self.clock())
        except ValueError as error:
            return mail.understand(error)
        except Exception as error:
            logger.exception("notice %s could not be made into a mail", notice.pk)
            return mail.Failure(type(error).__name__, permanent=False)
        self.mailer.open()
        self._keep_lease(notice.pk)
        return self.mailer.send(message)

    def _accepted(self, notice: Notice) -> None:
        """The server took it. Cancelled meanwhile or not: it has gone out, and that is kept."""
        at = self.clock()
        self.in_trouble = 0
        self.delivered += settle(
            notice,
            Status.DELIVERED,
            out_of=(Status.OWED, Status.CANCELLED),
            at=at,
            by=SYSTEM,
            delivered_at=at,
            secret="",
            last_error="",
            attempts=F("attempts") + 1,
        )

    def _refused(self, notice: Notice, failure: mail.Failure) -> None:
        at = self.clock()
        wait = None if failure.permanent else mail.wait_after(notice.attempts + 1)
        logger.warning("notice %s was not accepted: %s", notice.pk, failure.error)
        if wait is None:
            settle(
                notice,
                Status.FAILED,
                out_of=(Status.OWED,),
                at=at,
                by=SYSTEM,
                lease=self.lease,
                last_error=failure.error,
                attempts=F("attempts") + 1,
            )
            return
        self.in_trouble += 1
        Notice.objects.filter(pk=notice.pk, lease=self.lease, status=Status.OWED).update(
            lease="",
            next_attempt_at=at + wait,
            attempts=F("attempts") + 1,
            last_error=failure.error,
        )


def _pretend(notice: Notice) -> mail.Failure | None:
    """What a server would have said to a mail of the demo."""
    if notice.recipient.endswith(f"@{REFUSED}"):
        return mail.Failure("550 5.1.1 no such mailbox (demo)", permanent=True)
    return None
