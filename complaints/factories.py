"""Rows for tests: cases with their promise, without the verbs that make them. For many at once.

Where a test is about one case it files it with `services.file_complaint`, as people do.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from centre.factories import StaffMemberFactory, TopicFactory
from complaints import numbers
from complaints.models import Channel, Complaint, Kind, ReplyBy, ReplyTemplate, Response, State
from complaints.queries import SUBJECT, reply_key
from records.crypto import blind_index
from standards.models import Commitment, Standard

RECEIVED = datetime(2026, 9, 9, 1, tzinfo=UTC)
WEEK = timedelta(days=7, hours=8)


def reply_standard() -> Standard:
    """The promise to reply, as it stands in the charter; made where no charter was loaded."""
    found = Standard.objects.filter(code="reply", valid_until=None).first()
    return found or Standard.objects.create(
        code="reply", method=Standard.Method.COMMITMENTS, valid_from=date(2024, 1, 1)
    )


class ComplaintFactory(DjangoModelFactory):
    """A case being handled, due a week after it came; ``due_at=None``: without a promise."""

    class Meta:
        model = Complaint
        skip_postgeneration_save = True

    receipt_number = Sequence(lambda n: numbers.receipt_number(year=2025, sequence=n + 1))
    kind = Kind.COMPLAINT
    topic = SubFactory(TopicFactory)
    channel = Channel.WEB
    subject = Sequence(lambda n: f"제목 {n}")
    body = Sequence(lambda n: f"내용 {n}")
    name = Sequence(lambda n: f"고객{n}")
    email = Sequence(lambda n: f"citizen-{n}@example.com")
    name_index = LazyAttribute(lambda case: blind_index("name", case.name))
    email_index = LazyAttribute(lambda case: blind_index("email", case.email))
    reply_by = ReplyBy.EMAIL
    received_at = RECEIVED
    registered_at = LazyAttribute(lambda case: case.received_at)
    state = State.REVIEWING
    handler = SubFactory(StaffMemberFactory)
    team = LazyAttribute(lambda case: case.handler.team if case.handler else case.topic.team)
    assigned_at = LazyAttribute(lambda case: case.received_at)
    team_confirmed_at = LazyAttribute(lambda case: case.received_at)

    @post_generation
    def due_at(self: Any, create: bool, given: Any, **_: Any) -> None:  # noqa: FBT001
        if not create or given is False:
            return
        due_at = given or self.received_at + WEEK
        CommitmentFactory(
            key=reply_key(self), subject_id=self.pk, team=self.team, started_at=self.received_at,
            first_due_at=due_at, due_at=due_at,
        )  # fmt: skip


class CommitmentFactory(DjangoModelFactory):
    """The promise to reply of a case; no step is planned, so that no sweep takes it up."""

    class Meta:
        model = Commitment

    key = Sequence(lambda n: f"complaint:{n}:reply")
    standard = LazyAttribute(lambda _row: reply_standard())
    code = LazyAttribute(lambda row: row.standard.code)
    subject_type = SUBJECT
    subject_id = 1
    started_at = RECEIVED
    first_due_at = RECEIVED + WEEK
    due_at = RECEIVED + WEEK


class ResponseFactory(DjangoModelFactory):
    class Meta:
        model = Response

    complaint = SubFactory(ComplaintFactory)
    decision = "accepted"
    answer = "확인하여 바로잡았습니다."
    drafted_by = LazyAttribute(lambda response: response.complaint.handler)
    drafted_at = RECEIVED


class ReplyTemplateFactory(DjangoModelFactory):
    class Meta:
        model = ReplyTemplate

    code = Sequence(lambda n: f"X{n}")
    title = Sequence(lambda n: f"틀 {n}")
    text = "[날짜]에 확인했습니다."
