"""What is said on the phone, or typed as a text, to tell a citizen a notice (§7.8).

The words are made when a task is opened, for whoever opened it: the call gives the caller's own
unit and name (promise 21). A text holds neither what was said nor the access code.
"""

from __future__ import annotations

import re
from typing import Any, Final

from django.template import Context, Template

from centre.models import StaffMember
from complaints import queries, texts
from complaints.models import Complaint
from complaints.services.telling import RESULTS, case_context, handler_context
from notices import texts as notice_texts
from notices.models import Notice

_APOLOGY: Final = "immediate-apology"
#: What a mail of apology promises is what this call does.
_IN_THE_CALL: Final = (
    (
        re.compile(r"[^\n]* 직접 연락드려 말씀을 듣겠습니다\."),
        "어떤 일로 불편하셨는지 지금 말씀해 주시면 잘 듣고 적겠습니다.",
    ),
    (re.compile(r"이 글은 접수와 함께 먼저 드리는 사과입니다\. "), ""),
    (
        re.compile(r"연락받기 편하신 시간이나 방법이 따로 있으면"),
        "다음에 연락받기 편하신 시간이나 방법이 있으면",
    ),
)
#: What there is to know, in a text, where the name of the notice alone would say too little.
_NEWS: Final = {
    _APOLOGY: "불편을 드려 죄송합니다. 곧 문자로 연락드려 말씀을 듣겠습니다.",
}


def say(notice: Notice, /, *, by: StaffMember) -> str:
    """The words of this caller for a notice that waits to be told on the phone or by text."""
    complaint = (
        Complaint.objects.select_related("team", "topic", "handler__user")
        .filter(pk=notice.subject_id)
        .first()
    )
    if complaint is None:
        return ""
    if queries.wants_text(complaint):
        return _text(complaint, notice.template)
    return _call(complaint, notice, by=by)


def _call(complaint: Complaint, notice: Notice, *, by: StaffMember) -> str:
    """The opening of the call, the notice as it is read aloud, and how a result ends."""
    opening, _, ending = _script(complaint, by=by).partition("…")
    body = notice_texts.to_be_read(notice.body)
    if notice.template not in RESULTS:
        opening, ending = opening.replace("건의 결과를 알려 드리려고", "건으로"), ""
    if notice.template == _APOLOGY:
        for written, said in _IN_THE_CALL:
            body = written.sub(said, body)
    return "\n\n".join(part for part in (opening.strip(), body.strip("\n"), ending.strip()) if part)


def _script(complaint: Complaint, *, by: StaffMember) -> str:
    """A case that is answered in the team's name is spoken of in it too: no name is given."""
    named = {"caller_team": by.team.name, "caller_name": "" if complaint.in_team_name else by.name}
    script: str = texts.texts()["telling"]["phone_script"]
    spoken = Template(script).render(Context(case_context(complaint) | named, autoescape=False))
    return " ".join(spoken.split()).replace(" 입니다", "입니다")


def _text(complaint: Complaint, template: str) -> str:
    context: dict[str, Any] = case_context(complaint) | handler_context(
        complaint, complaint.handler
    )
    if template == "receipt":
        return notice_texts.render("receipt-text", context).body
    if template in RESULTS:
        return notice_texts.render("result-text", context | {"not_called": True}).body
    what = _NEWS.get(
        template, f"말씀하신 건에 알려 드릴 것이 있습니다({notice_texts.name_of(template)})."
    )
    return notice_texts.render("news-text", context | {"what": what}).body
