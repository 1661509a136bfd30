"""Owing: a notice is written, with its text, in the transaction that causes it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction

from centre import queries as centre_queries
from centre.calendar import Allowance, Rule, Unit
from centre.models import StaffMember
from notices import texts
from notices.errors import NotThere
from notices.models import Audience, Channel, Notice, NoticeQuerySet, Status
from notices.services.bundling import carrier_of, hold, short, take_out
from notices.services.nudging import nudge
from records.models import StoredFile

TELL = "task-tell"
#: How soon a citizen without e-mail is told where the caller names no date: the centre's own limit.
TASK_TIME = Allowance(1, Unit.HOURS)
OPEN = (Status.OWED, Status.TASK)
WAYS = {Channel.PHONE: "전화로", Channel.POST: "우편으로", Channel.FAX: "팩스로"}
TEXTED = "문자로"
_GONE = {"status": Status.CANCELLED, "secret": "", "lease": "", "follow_up": ""}
_LONGEST_KEY = 200
_KEYS_AT_ONCE = 500
_TRIES = 3
_RECEIPT_NUMBER = re.compile(r"\b\d{4}-\d{6}-[0-9A-Z]\b")


@dataclass(frozen=True, slots=True)
class Citizen:
    """``address`` is what the channel needs: an e-mail address, a number, a postal address."""

    name: str
    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    staff_member: StaffMember


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notice to be owed; the fields are those of `owe`. ``written``: a text rendered before.

    ``attachment`` goes out with the mail; whoever prints or faxes finds it beside the task.
    """

    key: str
    template: str
    subject_type: str
    subject_id: int
    to: Citizen | Person
    context: Mapping[str, Any]
    secret: str = ""
    hours: Literal["any", "opening"] | str = "any"  # noqa: PYI051 - says what is expected
    language: str = "ko"
    task_for: StaffMember | Sequence[StaffMember] = ()
    task_due_at: datetime | None = None
    written: texts.Text | None = None
    replaces: Notice | None = None
    attachment: StoredFile | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.key) <= _LONGEST_KEY:
            raise ValueError(f"a key has 1 to {_LONGEST_KEY} characters")
        if self.hours not in {"any", "opening"}:
            raise ValueError(f"hours is any or opening, not {self.hours}")
        if "access_code" in self.context:
            raise ValueError("an access code is given as secret, so that it can be blanked")


def owe(
    *,
    key: str,
    template: str,
    subject_type: str,
    subject_id: int,
    to: Citizen | Person,
    context: Mapping[str, Any],
    now: datetime,
    secret: str = "",
    hours: str = "any",
    language: str = "ko",
    task_for: StaffMember | Sequence[StaffMember] = (),
    task_due_at: datetime | None = None,
) -> Notice | None:
    """Owe one notice; None when it was owed before (``key`` is unique).

    Facts of the centre need not be in ``context``; instants and days in it are written out.
    ``secret`` stands for ``{{ access_code }}`` and is blanked after delivery. ``hours="opening"``
    holds a mail until the next opening. A citizen without e-mail becomes a task for ``task_for``,
    who are told, to be done by ``task_due_at`` (one working hour if not said).
    """
    item = Owed(
        key=key,
        template=template,
        subject_type=subject_type,
        subject_id=subject_id,
        to=to,
        context=context,
        secret=secret,
        hours=hours,
        language=language,
        task_for=task_for,
        task_due_at=task_due_at,
    )
    return next((row for row in _owe([item], now=now) if row.key == key), None)


def owe_many(items: Iterable[Owed], *, now: datetime) -> int:
    """Owe many at once, in few queries; says how many of them were not owed before.

    Several mails to one member of staff that go out now become one mail; what is held until the
    opening is put together then (`bundling.gather`).
    """
    items = list(items)
    asked = {item.key for item in items}
    return sum(row.key in asked for row in _owe(items, now=now))


@transaction.atomic
def owe_again(
    *,
    notice_id: int,
    channel: str,
    address: str,
    key: str,
    now: datetime,
    secret: str = "",
    task_for: StaffMember | Sequence[StaffMember] = (),
    task_due_at: datetime | None = None,
) -> Notice | None:
    """Owe the same text by another way or to another address; None when ``key`` was owed before.

    What is still open of the old one is replaced by this. An access code that was blanked is gone:
    give a new one as ``secret``, or the text says how to get one.
    """
    old = get_notice(notice_id)
    numbered = _RECEIPT_NUMBER.search(old.title)
    item = Owed(
        key=key,
        template=old.template,
        subject_type=old.subject_type,
        subject_id=old.subject_id,
        to=Citizen(old.recipient_name, channel, address),
        context={"receipt_number": numbered[0]} if numbered else {},
        secret=secret or old.secret,
        language=old.language,
        task_for=task_for or ([old.staff] if old.staff else []),
        task_due_at=task_due_at,
        written=texts.by_way(texts.Text(old.title, old.body), before=old.channel, now_by=channel),
        replaces=old,
        attachment=old.attachment,
    )
    new = next((row for row in _owe([item], now=now) if row.key == key), None)
    if new is not None:
        withdraw(
            Notice.objects.filter(pk=old.pk),
            subject_type=old.subject_type,
            subject_id=old.subject_id,
        )
    return new


def get_notice(notice_id: int) -> Notice:
    try:
        return Notice.objects.select_related("staff").get(pk=notice_id)
    except Notice.DoesNotExist:
        raise NotThere from None


def withdraw(notices: NoticeQuerySet, *, subject_type: str, subject_id: int) -> int:
    """Those of them that are still open will not be told; nor need anybody be told to tell them.

    ``notices`` are about this subject. A mail that carries others too says nothing of them any
    more; one that carried nothing else does not go out.
    """
    chosen = dict(notices.filter(status__in=OPEN).values_list("pk", "key"))
    if not chosen:
        return 0
    hashes = tuple(short(key) for key in chosen.values())
    tells = Notice.objects.filter(
        subject_type=subject_type, subject_id=subject_id, template=TELL, status__in=OPEN
    )
    pks = [pk for pk, key in tells.values_list("pk", "key") if key.endswith(hashes)] + list(chosen)
    gone = Notice.objects.filter(pk__in=hold(Notice.objects.filter(pk__in=pks, status__in=OPEN)))
    gone.update(**_GONE)
    Notice.objects.filter(pk__in=take_out(pks)).update(**_GONE)
    return len(chosen)


def _owe(items: Sequence[Owed], *, now: datetime) -> list[Notice]:
    """The rows that were written: those asked for, what tells of tasks, and what carries several.

    Another transaction may take one of the keys between the look and the insert: then all of this
    is done once more under a new look, so that a mail never speaks of what another one tells.
    """
    for tries_left in reversed(range(_TRIES)):
        fresh = _not_yet_owed(items)
        if not fresh:
            break
        rows, bundles = _Plan(now).rows(fresh)
        try:
            with transaction.atomic():
                _insert(rows, bundles)
        except IntegrityError:
            if not tries_left:
                raise
            continue
        if any(row.status == Status.OWED and row.next_attempt_at <= now for row in rows):
            nudge()
        return rows
    return []


def _not_yet_owed(items: Sequence[Owed]) -> list[Owed]:
    wanted = {item.key: item for item in reversed(items)}
    keys = list(wanted)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        taken = Notice.objects.filter(key__in=keys[start : start + _KEYS_AT_ONCE])
        for key in taken.values_list("key", flat=True):
            del wanted[key]
    return list(reversed(wanted.values()))


def _insert(rows: Sequence[Notice], bundles: Sequence[tuple[Notice, list[Notice]]]) -> None:
    if bundles:
        Notice.objects.bulk_create([carrier for carrier, _ in bundles])
        for carrier, carried in bundles:
            for row in carried:
                row.carried_by = carrier
    Notice.objects.bulk_create(rows)


@dataclass(slots=True)
class _Plan:
    """Makes the rows; what is asked of the centre is asked once, and only when needed."""

    now: datetime
    _opening: datetime | None = None
    _task_time: datetime | None = None
    _facts: dict[str, str] = field(default_factory=dict)

    def rows(self, items: Sequence[Owed]) -> tuple[list[Notice], list[tuple[Notice, list[Notice]]]]:
        every: list[tuple[Owed, Notice]] = []
        for item in items:
            row = self._row(item)
            every.append((item, row))
            if row.status == Status.TASK and row.audience == Audience.CITIZEN:
                every.extend(self._told(item, row))
        return [row for _, row in every], self._bundles(every)

    # one row

    def _row(self, item: Owed) -> Notice:
        text = self._text(item)
        row = Notice(
            key=item.key,
            template=item.template,
            subject_type=item.subject_type,
            subject_id=item.subject_id,
            title=text.title,
            body=text.body,
            secret=item.secret,
            language=self._language(item),
            replaces=item.replaces,
            attachment=item.attachment,
            owed_at=self.now,
            next_attempt_at=self._opens_at() if item.hours == "opening" else self.now,
        )
        if isinstance(item.to, Person):
            _address_to_staff(row, item.to.staff_member)
        else:
            self._address_to_citizen(row, item, item.to)
        return row

    def _text(self, item: Owed) -> texts.Text:
        if item.written is not None:
            return item.written
        context = dict(item.context)
        if isinstance(item.to, Citizen):
            context["on_paper"] = item.to.channel != Channel.EMAIL
        if item.secret:
            context["access_code"] = texts.CODE_PLACE
        if texts.required(item.template) - context.keys():
            self._facts = self._facts or centre_queries.facts()
            context = self._facts | context
        text = texts.render(item.template, context, language=_wanted(item))
        script = str(context.get("phone_script") or "")
        if script and isinstance(item.to, Citizen) and item.to.channel == Channel.PHONE:
            return texts.Text(text.title, f"{script}\n\n{text.body}")
        return text

    @staticmethod
    def _language(item: Owed) -> str:
        """The language that the text is in."""
        if item.written is not None:
            return item.language
        return texts.language_of(item.template, _wanted(item))

    def _address_to_citizen(self, row: Notice, item: Owed, citizen: Citizen) -> None:
        row.audience = Audience.CITIZEN
        row.channel = Channel(citizen.channel)
        row.recipient, row.recipient_name = citizen.address.strip(), citizen.name
        if row.channel == Channel.EMAIL:
            return
        row.status = Status.TASK
        row.staff = next(iter(_people(item.task_for)), None)
        row.do_by = item.task_due_at or self._task_due_at()

    def _opens_at(self) -> datetime:
        if self._opening is None:
            self._opening = centre_queries.calendar().next_open_at(self.now)
        return self._opening

    def _task_due_at(self) -> datetime:
        if self._task_time is None:
            self._task_time = centre_queries.calendar().add(Rule.WORKING_TIME, TASK_TIME, self.now)
        return self._task_time

    # tasks and bundles

    def _told(self, item: Owed, task: Notice) -> list[tuple[Owed, Notice]]:
        """Mails that tell of a task to be done."""
        link = f"{settings.SITE_URL}/admin/notices/notice/tasks/"
        context = {
            "receipt_number": item.context.get("receipt_number", ""),
            "what": texts.name_of(item.template),
            "contact_due_at": task.do_by,
            "contact_way": _way_of(task, item),
            "assistance": item.context.get("assistance", ""),
            "link": link,
        }
        told = []
        for person in _people(item.task_for):
            tell = replace(
                item,
                key=_tell_key(item.key, person),
                template=TELL,
                to=Person(person),
                context=context,
                secret="",
                hours="opening",
                language="ko",
                written=None,
                replaces=None,
            )
            told.append((tell, self._row(tell)))
        return told

    def _bundles(self, every: Sequence[tuple[Owed, Notice]]) -> list[tuple[Notice, list[Notice]]]:
        """Mails to one person that go out now, with the mail that carries them."""
        groups: dict[StaffMember, list[Notice]] = defaultdict(list)
        for item, row in every:
            goes_now = row.status == Status.OWED and row.next_attempt_at <= self.now
            if isinstance(item.to, Person) and goes_now:
                groups[item.to.staff_member].append(row)
        return [
            (carrier_of(person, rows, now=self.now), rows)
            for person, rows in groups.items()
            if len(rows) > 1
        ]


def _wanted(item: Owed) -> str:
    """The language of a text: what staff read, or say on the phone, is Korean."""
    on_phone = isinstance(item.to, Citizen) and item.to.channel == Channel.PHONE
    return "ko" if on_phone or isinstance(item.to, Person) else item.language


def _address_to_staff(row: Notice, person: StaffMember) -> None:
    """By mail; on the screen where no address is known."""
    row.audience, row.staff = Audience.STAFF, person
    row.recipient, row.recipient_name = person.email, person.name
    row.channel = Channel.EMAIL if person.email else Channel.SCREEN
    row.status = Status.OWED if person.email else Status.TASK


def _way_of(task: Notice, item: Owed) -> str:
    """전화로, 우편으로 …; 문자로 where the citizen is to be told by text and not called."""
    if task.channel == Channel.PHONE and item.context.get("contact_way") == TEXTED:
        return TEXTED
    return WAYS[Channel(task.channel)]


def _people(people: StaffMember | Sequence[StaffMember]) -> Sequence[StaffMember]:
    return (people,) if isinstance(people, StaffMember) else people


def _tell_key(key: str, person: StaffMember) -> str:
    """Fits into the column whatever the key."""
    return f"tell:{person.pk}:{short(key)}"
