"""What can be done with a case: one table, verb → right, when, form, service.

Which verbs a page offers, and which a POST may ask for, both come from this table. The services
check everything again: the table only spares people buttons that would be refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from centre.rights import may
from complaints import queries, services
from complaints.back_office import forms
from complaints.back_office.situation import Situation
from complaints.errors import Refused
from complaints.models import Kind, State
from complaints.numbers import normalise_receipt_number
from complaints.services import Draft
from complaints.services.access import tell_another_way
from complaints.services.classifying import BEFORE_THE_ANSWER
from complaints.transitions import may as may_become

Cleaned = dict[str, Any]
Run = Callable[[Situation, Cleaned], object]
Test = Callable[[Situation], bool]

WRITABLE = {State.ASSIGNED, State.REVIEWING, State.WAITING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One verb. ``done`` is said when it is done; several verbs may share a panel and its form."""

    do: str
    label: str
    panel: str
    right: str
    when: Test
    run: Run
    done: str
    style: str = ""

    def possible(self, situation: Situation) -> bool:
        return may(situation.user, self.right) and self.when(situation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A form of the case page. ``urgent`` says when it is the next thing to do for this person."""

    key: str
    title: str
    group: str
    form: type[forms.StaffForm] = forms.NoForm
    hint: str = ""
    urgent: Test = lambda _situation: False


GROUPS = {
    "answer": "답변",
    "assign": "담당",
    "citizen": "고객에게 여쭙기·알리기",
    "course": "다른 길",
    "end": "마치기",
    "keep": "기록",
}


# --- when ---------------------------------------------------------------------------------------


def _may_move(s: Situation) -> bool:
    return may_become(s.case.state, State.ASSIGNED)


def _may_write(s: Situation) -> bool:
    return s.own and s.case.kind != Kind.COMPLIMENT and s.case.state in WRITABLE


def _response_waits(s: Situation) -> bool:
    return s.case.state == State.APPROVING and any(a.document == "response" for a in s.waiting)


def _may_pass_on(s: Situation) -> bool:
    praise = s.case.kind == Kind.COMPLIMENT
    return praise and s.own and may_become(s.case.state, State.TELLING)


def _may_ask(s: Situation) -> bool:
    return s.own and not s.case.anonymous and may_become(s.case.state, State.WAITING)


def _unconfirmed(s: Situation) -> bool:
    case = s.case
    waits = case.is_open and case.team_confirmed_at is None and case.handler_id is not None
    return s.own and waits


def _by_another(s: Situation) -> bool:
    return s.person.pk not in {row.person_id for row in s.about}


# --- run ----------------------------------------------------------------------------------------


def draft_of(data: Cleaned) -> Draft:
    return Draft(
        decision=data["decision"],
        answer=data["answer"],
        reason=data["reason"],
        action_done=data["action_done"],
        action_planned=data["action_planned"],
        action_due_on=data["action_due_on"],
    )


def _call(verb: Callable[..., object], **values: Any) -> Callable[[Situation], object]:
    return lambda s: verb(complaint_id=s.case.pk, by=s.person, now=s.now, **values)


def _plain(verb: Callable[..., object]) -> Run:
    """A verb that needs nothing but the case."""
    return lambda s, _data: _call(verb)(s)


def _typed(verb: Callable[..., object]) -> Run:
    """A verb that takes the fields of its form as they are."""
    return lambda s, data: _call(verb, **data)(s)


def _assign(s: Situation, data: Cleaned) -> object:
    return _call(services.assign, handler_id=int(data["handler"]), version=data["version"])(s)


def _reassign(s: Situation, data: Cleaned) -> object:
    handler = int(data["handler"]) if data["handler"] else None
    team, reason = int(data["team"]), data["reason"]
    return _call(services.reassign, team_id=team, handler_id=handler, reason=reason)(s)


def _reclassify(s: Situation, data: Cleaned) -> object:
    rest = {name: data[name] for name in ("kind", "move", "reason")}
    return _call(services.reclassify, topic_id=int(data["topic"]), **rest)(s)


def _support(s: Situation, data: Cleaned) -> object:
    return _call(services.add_supporting_team, team_id=int(data["team"]))(s)


def _settle(s: Situation, data: Cleaned) -> object:
    people = [int(pk) for pk in data["people"]]
    return _call(services.settle_about_staff, person_ids=people, reason=data["reason"])(s)


def _own_name(s: Situation, _data: Cleaned) -> object:
    return _call(services.answer_in_team_name, on=False)(s)


def _save_draft(s: Situation, data: Cleaned) -> object:
    return _call(services.save_draft, draft=draft_of(data), version=data["version"])(s)


def _submit(s: Situation, data: Cleaned) -> object:
    return _call(services.submit_response, draft=draft_of(data), version=data["version"])(s)


def _pass_on(s: Situation, data: Cleaned) -> object:
    people = [int(pk) for pk in data["people"]]
    return _call(services.pass_on_compliment, person_ids=people, quote=data["quote"])(s)


def _approve(s: Situation, data: Cleaned) -> object:
    return services.approve(
        approval_id=data["approval"], comment=data["comment"], by=s.person, now=s.now
    )


def _return(s: Situation, data: Cleaned) -> object:
    return services.return_document(
        approval_id=data["approval"], comment=data["comment"], by=s.person, now=s.now
    )


def _refer(s: Situation, data: Cleaned) -> object:
    rest = {name: value for name, value in data.items() if name != "body"}
    return _call(services.ask_referral, body_id=int(data["body"]), **rest)(s)


def _merge(s: Situation, data: Cleaned) -> object:
    number = normalise_receipt_number(data["into"])
    if not queries.visible_to(s.user).filter(receipt_number=number).exists():
        # One answer to a number that is none and to one that is not for this person to see.
        raise Refused("합칠 건의 접수번호를 확인해 주십시오.", field="into")
    return _call(services.merge, into_number=data["into"])(s)


def _correct(s: Situation, data: Cleaned) -> object:
    ways = {name: data[name] or None for name in ("email", "phone", "address", "fax")}
    rest = {name: data[name] for name in ("reply_by", "reason")}
    return _call(services.correct_contact, **ways, **rest)(s)


def _new_code(s: Situation, _data: Cleaned) -> object:
    return _call(services.issue_code)(s)


# --- the tables ---------------------------------------------------------------------------------

PANELS: dict[str, Panel] = {
    panel.key: panel
    for panel in [
        Panel(
            key="decide",
            title="결재",
            group="answer",
            form=forms.DecideForm,
            urgent=lambda s: s.to_decide is not None,
        ),
        Panel(
            key="retell",
            title="다른 방법으로 전하기",
            group="citizen",
            form=forms.RetellForm,
            urgent=lambda _s: True,
        ),
        Panel(
            key="correct",
            title="연락처 고치기",
            group="citizen",
            form=forms.CorrectForm,
            hint="바뀐 것만 적습니다. 전해지지 않은 알림을 새 연락처로 다시 보내고, 확인번호도 새로 보냅니다.",
            urgent=lambda s: bool(s.lost) and not s.other_ways,
        ),
        Panel(
            key="about",
            title="대상 직원 정하기",
            group="assign",
            form=forms.AboutStaffForm,
            hint="누구에 관한 의견인지 정합니다.",
            urgent=lambda s: s.case.about_staff_unclear,
        ),
        Panel(
            key="call",
            title="관리자 전화 기록",
            group="citizen",
            form=forms.CallForm,
            hint="약속을 두 번 지키지 못해, 관리자가 직접 전화드리기로 했습니다.",
            urgent=lambda _s: True,
        ),
        Panel(
            key="promise",
            title="늦어진 까닭과 새 기한",
            group="citizen",
            form=forms.PromiseForm,
            hint="고객에게는 자동으로 사과와 새 기한이 나갔습니다. 까닭을 적고, 필요하면 기한을 고칩니다.",
            urgent=lambda s: s.promise is not None and not s.promise.reason,
        ),
        Panel(
            key="assign",
            title="담당자 지정",
            group="assign",
            form=forms.AssignForm,
            urgent=lambda s: s.case.is_open and s.case.handler_id is None,
        ),
        Panel(
            key="confirm",
            title="팀 확인",
            group="assign",
            hint="확인하면 고객에게 담당 팀과 담당자, 전화번호를 알려 드립니다. 이름 없는 의견은 알릴 곳이 없어 확인만 남습니다.",
            urgent=lambda _s: True,
        ),
        Panel(
            key="praise",
            title="칭찬 전하기",
            group="answer",
            form=forms.ComplimentForm,
            hint="칭찬받은 직원과 팀장에게 전하고, 고객에게 감사 인사를 보냅니다. 결재는 없습니다.",
            urgent=lambda s: s.own,
        ),
        Panel(
            key="supplement",
            title="보완 내용 적기",
            group="citizen",
            form=forms.SupplementForm,
            urgent=lambda s: s.case.state == State.WAITING,
        ),
        Panel(
            key="draft",
            title="답변 쓰기",
            group="answer",
            form=forms.DraftForm,
            urgent=lambda s: s.case.state != State.WAITING,
        ),
        Panel(
            key="close",
            title="마치기",
            group="end",
            hint="답변이 전해졌고 더 할 일이 없을 때 마칩니다.",
            urgent=lambda s: s.case.state == State.ANSWERED,
        ),
        Panel(key="recall", title="결재 거두기", group="answer", hint="결재를 거두고 답변을 다시 고칩니다."),
        Panel(key="take", title="내가 맡기", group="assign"),
        Panel(
            key="reassign",
            title="다른 팀으로 이관",
            group="assign",
            form=forms.ReassignForm,
            hint="답변 기한은 그대로 갑니다.",
        ),
        Panel(key="team_name", title="팀 이름으로 답변", group="assign", hint="힘든 통화가 있었을 때, 고객에게 나가는 글과 화면에 담당자 대신 팀 이름과 팀 전화를 씁니다. 담당자, 결재, 기한은 그대로입니다."),
        Panel(
            key="reclassify",
            title="구분·유형 바로잡기",
            group="assign",
            form=forms.ReclassifyForm,
            hint="답변 기한은 그대로 갑니다. 불만으로 고치면 먼저 사과드리는 약속이 생깁니다.",
        ),
        Panel(key="support", title="협조 팀 더하기", group="assign", form=forms.SupportForm),
        Panel(key="request", title="보완 요청", group="citizen", form=forms.RequestForm),
        Panel(key="end_request", title="보완 요청 거두기", group="citizen", hint="보완 없이 이어 갑니다. 답변 기한이 다시 갑니다."),
        Panel(key="extension", title="기한 연장 올리기", group="citizen", form=forms.ExtensionForm, hint="팀장 결재 뒤 고객에게 새 기한을 알립니다. 기한 전에 한 번만 됩니다."),
        Panel(key="code", title="확인번호 다시 보내기", group="citizen", hint="등록된 연락처로 새 확인번호를 보냅니다. 앞의 번호는 쓸 수 없게 됩니다."),
        Panel(key="referral", title="다른 기관으로 이송 올리기", group="course", form=forms.ReferralForm, hint="팀장 결재 뒤 고객에게 그 기관의 연락처를 알립니다."),
        Panel(key="merge", title="앞의 건에 합치기", group="course", form=forms.MergeForm),
        Panel(key="withdrawal", title="취하 적기", group="course", form=forms.WithdrawalForm),
        Panel(key="reopen", title="다시 열기", group="end", form=forms.ReopenForm),
        Panel(key="note", title="내부 메모 남기기", group="keep", form=forms.NoteForm),
    ]
}  # fmt: skip

ACTIONS: dict[str, Action] = {
    action.do: action
    for action in [
        Action(do="approve", label="결재하기", panel="decide", right="see_back_office",
               when=lambda s: s.to_decide is not None, run=_approve, done="결재했습니다.", style="primary"),
        Action(do="return_document", label="고쳐 쓰도록 돌려보내기", panel="decide", right="see_back_office",
               when=lambda s: s.to_decide is not None, run=_return, done="고쳐 쓰도록 돌려보냈습니다."),
        Action(do="tell_another_way", label="이 방법으로 전하기", panel="retell", right="do_tasks",
               when=lambda s: bool(s.lost and s.other_ways), run=_typed(tell_another_way), done="다시 전할 일이 생겼습니다.", style="primary"),
        Action(do="correct_contact", label="연락처 고치고 다시 보내기", panel="correct", right="register_complaint",
               when=lambda s: not s.case.anonymous, run=_correct, done="연락처를 고쳤습니다. 전해지지 않은 것을 다시 보냅니다."),
        Action(do="settle_about_staff", label="대상 직원 저장", panel="about", right="mark_about_staff",
               when=_by_another, run=_settle, done="대상 직원을 정했습니다."),
        Action(do="log_manager_call", label="전화한 것 적기", panel="call", right="set_new_promise",
               when=lambda s: s.call_due is not None, run=_typed(services.log_manager_call), done="전화한 것을 적었습니다."),
        Action(do="set_new_promise", label="저장", panel="promise", right="set_new_promise",
               when=lambda s: s.promise is not None, run=_typed(services.set_new_promise), done="늦어진 까닭과 기한을 적었습니다."),
        Action(do="assign", label="담당자로 지정", panel="assign", right="assign",
               when=_may_move, run=_assign, done="담당자를 지정했습니다."),
        Action(do="confirm_team", label="팀에서 맡았음을 확인", panel="confirm", right="confirm_team",
               when=_unconfirmed, run=_plain(services.confirm_team), done="팀이 확인했습니다."),
        Action(do="take", label="내가 맡기", panel="take", right="write_answer",
               when=lambda s: _may_move(s) and not s.mine and s.own, run=_plain(services.take), done="이 건을 맡았습니다."),
        Action(do="reassign", label="이관하기", panel="reassign", right="reassign",
               when=_may_move, run=_reassign, done="이관했습니다."),
        Action(do="answer_in_team_name", label="팀 이름으로 답변하기", panel="team_name", right="answer_in_team_name",
               when=lambda s: s.case.is_open and s.case.team_id is not None and not s.case.in_team_name, run=_plain(services.answer_in_team_name), done="이제부터 팀 이름과 팀 전화로 나갑니다."),
        Action(do="answer_in_own_name", label="담당자 이름으로 되돌리기", panel="team_name", right="answer_in_team_name",
               when=lambda s: s.case.is_open and s.case.in_team_name, run=_own_name, done="이제부터 담당자 이름과 전화로 나갑니다."),
        Action(do="reclassify", label="바로잡기", panel="reclassify", right="reclassify",
               when=lambda s: s.case.state in BEFORE_THE_ANSWER and not s.told, run=_reclassify, done="구분과 유형을 바로잡았습니다."),
        Action(do="add_supporting_team", label="협조 부탁하기", panel="support", right="assign",
               when=lambda s: s.case.is_open, run=_support, done="협조를 부탁했습니다."),
        Action(do="insert_template", label="틀 넣기", panel="draft", right="write_answer",
               when=lambda s: _may_write(s) and bool(s.templates), run=lambda _s, _data: None, done="", style="quiet"),
        Action(do="preview", label="고객이 받을 글 미리 보기", panel="draft", right="write_answer",
               when=_may_write, run=lambda _s, _data: None, done=""),
        Action(do="save_draft", label="초안 저장", panel="draft", right="write_answer",
               when=_may_write, run=_save_draft, done="초안을 저장했습니다."),
        Action(do="submit_response", label="결재 올리기", panel="draft", right="write_answer",
               when=lambda s: _may_write(s) and s.case.handler_id is not None, run=_submit, done="결재를 올렸습니다.", style="primary"),
        Action(do="recall", label="결재 거두기", panel="recall", right="write_answer",
               when=lambda s: s.own and _response_waits(s), run=_plain(services.recall), done="결재를 거두었습니다."),
        Action(do="pass_on_compliment", label="칭찬 전하기", panel="praise", right="write_answer",
               when=_may_pass_on, run=_pass_on, done="칭찬을 전합니다.", style="primary"),
        Action(do="request_information", label="보완 요청 보내기", panel="request", right="request_information",
               when=_may_ask, run=_typed(services.request_information), done="고객에게 보완을 요청합니다. 답변 기한이 멈췄습니다."),
        Action(do="enter_supplement", label="보완 내용 저장", panel="supplement", right="register_complaint",
               when=lambda s: s.request is not None, run=_typed(services.enter_supplement), done="보완 내용을 적었습니다. 답변 기한이 다시 갑니다."),
        Action(do="end_request", label="보완 요청 거두기", panel="end_request", right="write_answer",
               when=lambda s: s.own and s.case.state == State.WAITING, run=_plain(services.end_request), done="보완 요청을 거두었습니다. 답변 기한이 다시 갑니다."),
        Action(do="ask_extension", label="연장 결재 올리기", panel="extension", right="extend",
               when=lambda s: s.own and s.case.is_open and s.can_extend, run=_typed(services.ask_extension), done="기한 연장을 결재에 올렸습니다."),
        Action(do="issue_code", label="새 확인번호 보내기", panel="code", right="issue_access_code",
               when=lambda s: not s.case.anonymous, run=_new_code, done="등록된 연락처로 새 확인번호를 보냅니다."),
        Action(do="ask_referral", label="이송 결재 올리기", panel="referral", right="refer",
               when=lambda s: may_become(s.case.state, State.REFERRED) and not s.referral_waits, run=_refer, done="이송을 결재에 올렸습니다."),
        Action(do="merge", label="합치기", panel="merge", right="merge",
               when=lambda s: may_become(s.case.state, State.MERGED), run=_merge, done="앞의 건에 합쳤습니다."),
        Action(do="enter_withdrawal", label="취하로 적기", panel="withdrawal", right="withdraw_for_citizen",
               when=lambda s: may_become(s.case.state, State.WITHDRAWN) and s.case.is_open, run=_typed(services.enter_withdrawal), done="취하를 적었습니다.", style="danger"),
        Action(do="close_case", label="마치기", panel="close", right="close",
               when=lambda s: s.own and may_become(s.case.state, State.CLOSED), run=_plain(services.close_case), done="마쳤습니다.", style="primary"),
        Action(do="reopen_case", label="다시 열기", panel="reopen", right="reopen",
               when=lambda s: not s.case.is_open and may_become(s.case.state, State.REVIEWING), run=_typed(services.reopen_case), done="다시 열었습니다. 새 답변 기한이 시작되었습니다."),
        Action(do="add_note", label="메모 남기기", panel="note", right="write_note",
               when=lambda _s: True, run=_typed(services.add_note), done="메모를 남겼습니다."),
    ]
}  # fmt: skip


#: Verbs that change nothing: they show the page again, with what was typed.
ONLY_SHOWN = frozenset({"preview", "insert_template"})


def possible(situation: Situation) -> list[Action]:
    """What this person can do with this case now, in the order of the table."""
    return [action for action in ACTIONS.values() if action.possible(situation)]
