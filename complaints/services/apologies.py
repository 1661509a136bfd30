"""사과문: drafted from both cases, edited, approved along its line, numbered, sent or printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from centre import options
from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import StaffMember
from centre.words import korean_day, korean_instant
from complaints import registry
from complaints.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from complaints.models import ApologyLetter, Approval, Complaint, CorrectiveAction, Response
from complaints.queries import SUBJECT, kept_out
from complaints.services import approving
from complaints.services._base import actor, is_chief, lock_for, record, words
from complaints.services.putting_right import actions_of, finding_of, refuse_closed_day
from complaints.services.telling import case_context, lead_of, to_citizen
from complaints.stage_documents import CannotPrint, Document, Sign, as_file
from notices import services as notices
from notices.models import Notice
from records import services as records
from records.actors import SYSTEM

DOCUMENT = "apology_letter"
TEMPLATE = "apology-letter"
Status = ApologyLetter.Status
Variant = ApologyLetter.Variant
_GAP = re.compile(r"\[[^\]\n]*\]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
WRITABLE = (Status.DRAFT, Status.RETURNED)
#: What people write, by variant: (name, whether it must be there).
PARTS: dict[str, dict[str, bool]] = {
    Variant.ACCEPTED: {
        "first_finding": True,
        "first_action": False,
        "what_went_wrong": True,
        "actions": True,
        "prevention": True,
        "verify_on": True,
        "verifier_team": True,
    },
    Variant.DECLINED: {
        "first_finding": True,
        "first_answer_summary": True,
        "reviewer_team": True,
        "accepted_points": True,
        "declined_points": True,
        "actions": False,
        "other_ways": False,
    },
}
TITLES = {
    Variant.ACCEPTED: "거듭 불편을 드린 데 대한 사과와 조치 결과",
    Variant.DECLINED: "거듭 말씀하신 사항에 대한 사과와 검토 결과",
}
#: Called with (complaint, *, now) once the letter was told, and once it came back.
after_telling: list[Callable[..., object]] = []
after_untelling: list[Callable[..., object]] = []


def open_letter(complaint: Complaint) -> ApologyLetter | None:
    """The letter being written, approved or sent."""
    return complaint.letters.exclude(status__in=[Status.TOLD, Status.DROPPED]).last()


# --- the draft ----------------------------------------------------------------------------------


def draft(complaint: Complaint, earlier: Complaint, *, now: datetime) -> ApologyLetter:
    """What both cases tell already; what only people know stands in brackets."""
    finding = finding_of(earlier)
    accepted = finding is not None and finding.accepted
    answer = earlier.responses.filter(told_at__isnull=False).last()
    day = centre_queries.calendar().add_open_days(seoul_day(now), options.number("action_days"))
    desk = centre_queries.desk_team()
    team = complaint.team
    parts: Any = {
        "first_finding": _short(f"{earlier.subject}\n{earlier.body}"),
        "first_action": _promised(answer),
        "what_went_wrong": "[다시 확인한 잘못]",
        "actions": "\n".join(" / ".join(row) for row in _actions_done(earlier))
        or "[조치한 일 / 한 날 / 담당 / 확인한 사람]",
        "prevention": "[다시 생기지 않도록 바꾼 것]",
        "verify_on": day.isoformat(),
        "verifier_team": desk.name if desk else "[확인할 팀]",
        "first_answer_summary": _short(answer.answer)
        if answer
        else "[앞선 답변을 드리지 못한 사정]",
        "reviewer_team": team.name if team else "[다시 검토한 팀]",
        "accepted_points": "[받아들인 것이 없으면 ‘없음’]",
        "declined_points": (answer.reason if answer else "") or "[받아들이지 못한 것과 까닭]",
        "other_ways": "",
    }
    if not accepted:
        parts["actions"] = "\n".join(" / ".join(row) for row in _actions_done(earlier))
    return ApologyLetter.objects.create(
        complaint=complaint,
        earlier=earlier,
        variant=Variant.ACCEPTED if accepted else Variant.DECLINED,
        parts=parts,
        drafted_by=complaint.handler,
        drafted_at=now,
    )


def _short(text: str, *, longest: int = 600) -> str:
    cleaned = text.strip()
    return cleaned if len(cleaned) <= longest else f"{cleaned[:longest].rstrip()}…"


def _promised(answer: Response | None) -> str:
    if answer is None:
        return ""
    return answer.action_planned or answer.action_done or _short(answer.answer)


def _actions_done(earlier: Complaint) -> list[tuple[str, str, str, str]]:
    """Only what was really done: the team, never a person whom the case is about."""
    rows = []
    for action in actions_of(earlier):
        if action.status not in {CorrectiveAction.Status.DONE, CorrectiveAction.Status.VERIFIED}:
            continue
        look = action.verifications.select_related("by__team").filter(carried_out=True).last()
        done = korean_day(action.done_at.astimezone(SEOUL).date()) if action.done_at else ""
        rows.append((action.what, done, action.owner.team.name, look.by.team.name if look else ""))
    return rows


# --- written and approved -----------------------------------------------------------------------


def _writable(complaint_id: int, *, by: StaffMember) -> tuple[Complaint, ApologyLetter]:
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    if complaint.handler_id != by.pk and complaint.team_id != by.team_id and not is_chief(by):
        raise NotAllowed
    letter = open_letter(complaint)
    if letter is None or letter.status not in WRITABLE:
        raise NotNow("지금 고쳐 쓸 수 있는 사과문이 없습니다.")
    return complaint, letter


@transaction.atomic
def save_letter(
    *,
    complaint_id: int,
    variant: str,
    parts: dict[str, str],
    by: StaffMember,
    now: datetime,
    version: int | None = None,
) -> ApologyLetter:
    """Keep what was written. ``version`` is the one last seen; another's is never overwritten."""
    complaint, letter = _writable(complaint_id, by=by)
    if version is not None and version != letter.version:
        raise ChangedMeanwhile
    if variant not in Variant.values:
        raise Refused("문안을 골라 주십시오.", field="variant")
    kept = dict(letter.parts)
    for name, text in parts.items():
        if name in kept:
            kept[name] = words(str(text), field=name, longest=5_000)
    _refuse_names(complaint, letter, kept)
    won = ApologyLetter.objects.filter(pk=letter.pk, version=letter.version).update(
        variant=variant,
        parts=kept,
        version=letter.version + 1,
        drafted_by=by,
        status=Status.DRAFT,
    )
    if not won:
        raise ChangedMeanwhile
    letter.refresh_from_db()
    record(complaint, "letter-saved", at=now, by=actor(by))
    return letter


def _refuse_names(complaint: Complaint, letter: ApologyLetter, parts: dict[str, str]) -> None:
    """Whom the case is about is not named to the citizen as if the centre had said so."""
    about = kept_out(complaint) | kept_out(letter.earlier)
    for person in StaffMember.objects.filter(pk__in=about):
        for field in ("actions", "what_went_wrong", "prevention"):
            if person.name in parts.get(field, ""):
                raise Refused(
                    "대상 직원의 이름은 적지 않습니다. 팀 이름으로 적어 주십시오.", field=field
                )


@transaction.atomic
def submit_letter(*, complaint_id: int, by: StaffMember, now: datetime) -> ApologyLetter:
    """Lay the letter before its line (팀장 → 센터장)."""
    complaint, letter = _writable(complaint_id, by=by)
    _complete(letter, now=now)
    ApologyLetter.objects.filter(pk=letter.pk).update(status=Status.SUBMITTED, drafted_by=by)
    letter.refresh_from_db()
    record(complaint, "letter-submitted", at=now, by=actor(by))
    approving.ask(complaint, document=DOCUMENT, document_id=letter.pk, drafter=by, now=now)
    notices.nudge()
    return letter


def _complete(letter: ApologyLetter, *, now: datetime) -> None:
    for name, needed in PARTS[letter.variant].items():
        text = letter.parts.get(name, "")
        if needed and not text.strip():
            raise Refused("비어 있는 곳을 채워 주십시오.", field=name)
        gap = _GAP.search(text)
        if gap:
            raise Refused(f"채우지 않은 곳이 있습니다: {gap.group()}", field=name)
    if letter.variant == Variant.ACCEPTED:
        if not _DAY.fullmatch(letter.parts["verify_on"]):
            raise Refused("다시 확인할 날을 골라 주십시오.", field="verify_on")
        refuse_closed_day(date.fromisoformat(letter.parts["verify_on"]), now=now, field="verify_on")


@transaction.atomic
def recall_letter(*, complaint_id: int, by: StaffMember, now: datetime) -> ApologyLetter:
    """Take the letter back from approval to go on writing."""
    complaint = lock_for(complaint_id, by=by, right="write_answer")
    letter = open_letter(complaint)
    if letter is None or letter.status != Status.SUBMITTED:
        raise NotNow("결재 중인 사과문이 없습니다.")
    approving.drop(complaint, document=DOCUMENT, now=now)
    ApologyLetter.objects.filter(pk=letter.pk).update(status=Status.DRAFT)
    record(complaint, "letter-recalled", at=now, by=actor(by))
    letter.refresh_from_db()
    return letter


def next_document_number(now: datetime) -> str:
    """경북자봉-고객-2026-0012: one row of numbers a year for all documents of the stages."""
    year = now.astimezone(SEOUL).year
    count = records.next_number(name=f"document:{year}")
    return f"{options.text('document_prefix')}-{year}-{count:04d}"


def _on_approved(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    """The last of the line approved: numbered, dated, made into a PDF where that can be, and sent."""
    letter = complaint.letters.get(pk=document_id)
    letter.number, letter.approved_at = next_document_number(now), now
    letter.status = Status.APPROVED
    try:
        checked = as_file(document_of(letter, complaint), name=f"사과문 {letter.number}.pdf")
    except CannotPrint:
        letter.file = None  # the letter goes out as text, and is printed from its page
    else:
        letter.file = records.store_file(
            checked=checked,
            subject_type=SUBJECT,
            subject_id=complaint.pk,
            now=now,
            visible_to_citizen=False,
        )
    letter.save(update_fields=["number", "approved_at", "status", "file"])
    record(complaint, "letter-approved", at=now, by=actor(by), data={"document": letter.number})
    _owe(complaint, letter, now=now)


def _owe(complaint: Complaint, letter: ApologyLetter, *, now: datetime) -> None:
    owed = to_citizen(
        complaint,
        TEMPLATE,
        key=f"letter:{letter.pk}",
        context=case_context(complaint)
        | {
            "document_number": letter.number,
            "letter": document_of(letter, complaint).text(),
            "attached": bool(letter.file),
        },
        out=kept_out(complaint),
        chosen_way=True,
    )
    notices.owe_many([replace(item, attachment=letter.file) for item in owed], now=now)


def _on_returned(complaint: Complaint, document_id: int, *, by: StaffMember, now: datetime) -> None:
    complaint.letters.filter(pk=document_id).update(status=Status.RETURNED)


def _drafter(document_id: int) -> StaffMember:
    rows = ApologyLetter.objects.select_related("drafted_by__team", "drafted_by__user")
    person = rows.get(pk=document_id).drafted_by
    assert person is not None  # noqa: S101 - whoever submits becomes its drafter
    return person


approving.on_outcome(
    DOCUMENT,
    approved=_on_approved,
    returned=_on_returned,
    drafter=_drafter,
    asked="letter-asked",
)


# --- the document -------------------------------------------------------------------------------


def document_of(letter: ApologyLetter, complaint: Complaint) -> Document:
    """The letter as it is printed; before approval without number and date."""
    centre = centre_queries.facts()
    earlier = letter.earlier
    answer = earlier.responses.filter(told_at__isnull=False).last()
    team = complaint.team
    lead = lead_of(complaint, now=letter.approved_at or letter.drafted_at)
    phone = centre_queries.phone_of_team(team) if team else centre["centre_phone"]
    who = f"{lead} " if lead else ""
    verify_on = letter.parts.get("verify_on", "")
    return Document(
        template=f"letter_{letter.variant.lower()}",
        title=TITLES[Variant(letter.variant)],
        to=f"{complaint.name} 귀하",
        number=letter.number,
        issued_on=_day(letter.approved_at),
        centre=centre,
        signs=_signs(letter, complaint),
        body={
            "name": complaint.name,
            "parts": letter.parts,
            "times": _times(complaint),
            "first_received_at": korean_instant(earlier.received_at),
            "first_answered_at": (
                korean_instant(answer.told_at) if answer and answer.told_at else ""
            ),
            "second_received_at": korean_instant(complaint.received_at),
            "actions": rows_of(letter.parts.get("actions", "")),
            "verify_on": (
                korean_day(date.fromisoformat(verify_on)) if _DAY.fullmatch(verify_on) else ""
            ),
            "contact": f"{team.name if team else ''} {who} {phone}".replace("  ", " ").strip(),
        },
    )


def _times(complaint: Complaint) -> int:
    return max(2, complaint.stage)


def _day(instant: datetime | None) -> str:
    return korean_day(instant.astimezone(SEOUL).date()) if instant else ""


def rows_of(text: str) -> list[list[str]]:
    """Lines "what / when / who / verified by" as cells of a table of four."""
    rows = []
    for line in filter(str.strip, text.splitlines()):
        cells = [cell.strip() for cell in line.split(" / ", 3)]
        rows.append(cells + [""] * (4 - len(cells)))
    return rows


def _signs(letter: ApologyLetter, complaint: Complaint) -> list[Sign]:
    """담당자 (when it was laid before the line), 팀장, 센터장; the deputy's with 代.

    What was returned and approved again is signed once, by who approved last.
    """
    rows = complaint.approvals.filter(document=DOCUMENT, document_id=letter.pk)
    last = {row.place: row for row in rows.select_related("approver", "acting_for")}
    signs = []
    if letter.drafted_by is not None:
        asked = last[min(last)].asked_at if last else None
        signs.append(Sign("담당자", letter.drafted_by.name, _short_day(asked)))
    for _place, row in sorted(last.items()):
        if row.decision != Approval.Decision.APPROVED:
            continue
        place = (row.acting_for or row.approver).title
        signs.append(
            Sign(place, row.approver.name, _short_day(row.decided_at), bool(row.acting_for))
        )
    return signs


def _short_day(instant: datetime | None) -> str:
    return f"{instant.astimezone(SEOUL):%Y. %-m. %-d.}" if instant else ""


# --- told ---------------------------------------------------------------------------------------


def _letter_of(complaint: Complaint, notice: Notice) -> ApologyLetter:
    return complaint.letters.get(pk=int(notice.key.split(":")[3]))


def _told(complaint: Complaint, notice: Notice, *, now: datetime) -> None:
    letter = _letter_of(complaint, notice)
    if letter.status != Status.APPROVED:
        return
    ApologyLetter.objects.filter(pk=letter.pk).update(status=Status.TOLD, told_at=now)
    record(
        complaint,
        "letter-told",
        at=now,
        by=SYSTEM,
        data={"way": notice.channel, "document": letter.number},
        key=f"{notice.key}:told",
    )
    registry.call(after_telling, complaint, now=now)


def _came_back(complaint: Complaint, notice: Notice, *, now: datetime) -> None:
    letter = _letter_of(complaint, notice)
    ways = Notice.objects.filter(key__startswith=f"{notice.key.partition(':again:')[0]}:again:")
    if letter.status != Status.TOLD or ways.filter(status="delivered").exists():
        return
    ApologyLetter.objects.filter(pk=letter.pk).update(status=Status.APPROVED, told_at=None)
    registry.call(after_untelling, complaint, now=now)


registry.after_delivery[TEMPLATE] = _told
registry.after_failure[TEMPLATE] = _came_back


def told_letters(complaint: Complaint) -> list[ApologyLetter]:
    """What the citizen's page shows."""
    return list(complaint.letters.filter(status=Status.TOLD).select_related("earlier", "file"))
