"""The certificate as a document: on the letterhead of the centre, for the screen and as PDF."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.words import korean_day
from complaints.stage_documents import Document
from education import queries
from education.models import Certificate, Enrolment
from education.wording import when


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDocument(Document):
    """The common machinery of documents with a page of its own."""

    def html(self, *, on_screen: bool = False, back: str = "", why: str = "") -> str:
        around = {"on_screen": on_screen, "back": back, "why": why}
        context = {"doc": self, "centre": self.centre, **around, **self.body}
        return render_to_string(f"education/documents/{self.template}.html", context)


def document_of(enrolment: Enrolment) -> CertificateDocument | None:
    """The certificate in force of an enrolment; None where there is none."""
    found = queries.certificate_of(enrolment)
    return _document(found, enrolment) if found is not None and enrolment.name else None


def _document(certificate: Certificate, enrolment: Enrolment) -> CertificateDocument:
    course = enrolment.course
    hours = course.hours.normalize()
    return CertificateDocument(
        template="certificate",
        title="수료증",
        to=enrolment.name,
        number=certificate.number,
        issued_on=korean_day(seoul_day(certificate.issued_at)).partition("(")[0],
        centre=centre_queries.facts(),
        body={
            "name": enrolment.name,
            "course": course.title,
            "when": when(list(course.sessions.all())),
            "place": course.place,
            "hours": f"{hours:f}",
        },
    )
