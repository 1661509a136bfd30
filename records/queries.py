"""What is on record about a subject."""

from __future__ import annotations

from django.db.models import QuerySet

from records.models import Consent, Event, StoredFile


def events_of(subject_type: str, subject_id: int) -> QuerySet[Event]:
    """Its history, oldest first by when things happened."""
    return Event.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by(
        "at", "id"
    )


def files_of(subject_type: str, subject_id: int) -> QuerySet[StoredFile]:
    """Its files that are still kept, in the order they came; `visible_to_citizen` is not asked."""
    return StoredFile.objects.filter(
        subject_type=subject_type, subject_id=subject_id, removed_at=None
    ).order_by("stored_at", "id")


def consents_of(subject_type: str, subject_id: int) -> dict[str, Consent]:
    """The consent that stands for each purpose asked, by purpose."""
    answers = Consent.objects.filter(subject_type=subject_type, subject_id=subject_id)
    return {answer.purpose: answer for answer in answers.order_by("at", "id")}
