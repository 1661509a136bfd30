"""What each role may do: one table, asked by ``may``; the admin asks it through ``may_admin``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from centre.models import Role, User

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DESK, HANDLER, LEAD = Role.DESK, Role.HANDLER, Role.LEAD
MANAGER, ADMINISTRATOR = Role.MANAGER, Role.ADMINISTRATOR

WORKING: Final = frozenset({DESK, HANDLER, LEAD, MANAGER})
EVERYONE: Final = WORKING | {ADMINISTRATOR}
ANSWERING: Final = frozenset({HANDLER, LEAD, MANAGER})
LEADING: Final = frozenset({LEAD, MANAGER})
DIRECTING: Final = frozenset({DESK, LEAD, MANAGER})
SETTING_UP: Final = frozenset({MANAGER, ADMINISTRATOR})

RIGHTS: Final[dict[str, frozenset[Role]]] = {
    # the back-office
    "see_back_office": EVERYONE,
    # cases
    "register_complaint": WORKING,
    "see_team_cases": frozenset({HANDLER, LEAD}),
    "see_all_cases": DIRECTING,
    "assign": DIRECTING,
    "confirm_team": WORKING,
    "reassign": WORKING,
    "reclassify": DIRECTING,
    "write_note": WORKING,
    "mark_about_staff": DIRECTING,
    "request_information": ANSWERING,
    "extend": ANSWERING,
    "refer": WORKING,
    "merge": DIRECTING,
    "write_answer": ANSWERING,
    "approve": LEADING,
    "close": ANSWERING,
    "reopen": DIRECTING,
    "withdraw_for_citizen": WORKING,
    "set_new_promise": LEADING,
    "decide_repeat": DIRECTING,
    "close_repeat": frozenset({MANAGER}),
    "answer_in_team_name": LEADING,
    "put_right": ANSWERING,
    "see_stages": LEADING,
    "review": frozenset({MANAGER}),
    "reveal_contact": WORKING,
    "issue_access_code": DIRECTING,
    "hand_over": frozenset({LEAD, MANAGER, ADMINISTRATOR}),
    # notices
    "see_notices": WORKING,
    "do_tasks": WORKING,
    "mark_bounced": WORKING,
    # the front desk
    "use_desk": WORKING,
    "record_difficult_call": WORKING,
    "see_difficult_calls": LEADING,
    "see_desk_records": LEADING,
    # courses
    "see_courses": WORKING,
    "plan_course": ANSWERING,
    "announce_course": ANSWERING,
    "cancel_course": LEADING,
    "enrol_participant": WORKING,
    "see_participants": ANSWERING,
    # surveys
    "see_surveys": WORKING,
    "enter_survey_answers": WORKING,
    "edit_surveys": LEADING,
    "see_survey_results": WORKING,
    "answer_survey_findings": LEADING,
    "publish_survey_results": frozenset({MANAGER}),
    # figures
    "see_dashboard": LEADING,
    # the centre
    "edit_reply_templates": LEADING,
    "enter_own_absence": WORKING,
    "edit_absences": frozenset({DESK, LEAD, MANAGER, ADMINISTRATOR}),
    "edit_calendar": SETTING_UP,
    "edit_centre": SETTING_UP,
    "edit_people": frozenset({ADMINISTRATOR}),
    "see_people": EVERYONE,
    # promises and records
    "see_commitments": frozenset({LEAD, MANAGER, ADMINISTRATOR}),
    "edit_standards": frozenset({MANAGER}),
    "record_evidence": WORKING,
    "lead_evidence": LEADING,
    "write_evaluation": LEADING,
    "publish_evaluation": frozenset({MANAGER}),
    "see_access_log": SETTING_UP,
    "download_personal_data": frozenset({MANAGER}),
}

#: Of the desk and the leads only those of the team that takes what nobody else takes have these.
ONLY_AT_THE_DESK: Final = frozenset({"see_all_cases"})

SENTENCES: Final[dict[str, _StrPromise]] = {
    "see_back_office": _("업무 화면에 들어갑니다."),
    "register_complaint": _("전화·팩스·우편·방문으로 온 의견을 등록합니다."),
    "see_team_cases": _("자기 팀의 의견을 봅니다."),
    "see_all_cases": _("모든 팀의 의견을 봅니다(창구와 팀장은 고객의 소리 창구 팀만)."),
    "assign": _("담당자를 정합니다."),
    "confirm_team": _("팀이 맡았음을 확인합니다."),
    "reassign": _("다른 팀이나 담당자에게 이관합니다."),
    "reclassify": _("구분과 유형을 바로잡습니다."),
    "write_note": _("내부 메모를 남깁니다."),
    "mark_about_staff": _("의견의 대상 직원을 표시합니다."),
    "request_information": _("고객에게 보완을 요청합니다."),
    "extend": _("기한 연장을 올립니다."),
    "refer": _("다른 기관으로 보내자고 올립니다."),
    "merge": _("같은 의견을 합칩니다."),
    "write_answer": _("답변을 씁니다."),
    "approve": _("답변과 문서를 결재합니다."),
    "close": _("의견을 마칩니다."),
    "reopen": _("마친 의견을 다시 엽니다."),
    "withdraw_for_citizen": _("고객의 말에 따라 취하를 적습니다."),
    "set_new_promise": _("지키지 못한 기한 뒤의 새 기한을 정합니다."),
    "decide_repeat": _("같은 고객이 같은 내용을 다시 말했는지 정합니다."),
    "close_repeat": _("되풀이되는 의견을 까닭과 함께 마칩니다."),
    "answer_in_team_name": _("힘든 통화가 있던 의견을 팀 이름으로 답변하게 합니다."),
    "put_right": _("시정조치를 정하고, 마치고, 확인합니다."),
    "see_stages": _("조치 단계 대장을 보고 내려받습니다."),
    "review": _("3차 심의를 열고 주의 여부를 정합니다."),
    "reveal_contact": _("사유를 적고 연락처를 봅니다."),
    "issue_access_code": _("확인번호를 다시 보냅니다."),
    "hand_over": _("한 사람의 일을 다른 사람에게 넘깁니다."),
    "see_notices": _("나간 알림과 나갈 알림을 봅니다."),
    "do_tasks": _("전화·우편·팩스로 알리는 일을 합니다."),
    "mark_bounced": _("돌아온 메일을 표시합니다."),
    "use_desk": _("창구 화면에서 방문과 전화를 적습니다."),
    "record_difficult_call": _("특이민원이 있었음을 적습니다."),
    "see_difficult_calls": _("특이민원 기록을 보고 확인합니다."),
    "see_desk_records": _(
        "지난 방문과 용건 메모, 연락한 기록을 찾아봅니다(팀장은 자기 팀의 메모만)."
    ),
    "see_courses": _("교육과정과 신청 현황을 봅니다."),
    "plan_course": _("교육과정을 만들고 고치고 일정을 바꿉니다."),
    "announce_course": _("교육과정을 공지합니다."),
    "cancel_course": _("교육을 열지 않기로 합니다."),
    "enrol_participant": _("전화나 방문으로 온 교육 신청을 적습니다."),
    "see_participants": _(
        "교육 신청자를 보고 출석과 수료를 적습니다(자기 팀의 교육만, 관리자는 모두)."
    ),
    "see_surveys": _("설문과 응답한 수를 봅니다."),
    "enter_survey_answers": _("전화나 종이로 받은 설문의 답을 적습니다."),
    "edit_surveys": _("설문을 만들고, 고치고, 열고 마칩니다."),
    "see_survey_results": _("마친 설문의 결과와 자유 의견을 봅니다."),
    "answer_survey_findings": _(
        "설문에서 나온 지적을 적고, 조치를 정하고, 공개할 의견을 고릅니다."
    ),
    "publish_survey_results": _("설문 결과를 공개하고 바로잡습니다."),
    "see_dashboard": _("업무 현황을 봅니다(팀장은 자기 팀만)."),
    "edit_reply_templates": _("답변 틀을 고칩니다."),
    "enter_own_absence": _("자기의 부재를 적고 취소합니다."),
    "edit_absences": _("다른 직원의 부재도 보고 적고 취소합니다."),
    "edit_calendar": _("휴무일과 문 여는 날을 정합니다."),
    "edit_centre": _("팀, 유형, 결재선, 이송 기관, 센터가 정한 값을 고칩니다."),
    "edit_people": _("직원과 계정, 역할을 고칩니다."),
    "see_people": _("팀과 직원, 유형과 결재선, 휴무일을 봅니다."),
    "see_commitments": _("이행 약속과 기한을 봅니다."),
    "edit_standards": _("서비스헌장의 이행표준을 고칩니다."),
    "record_evidence": _("헌장 이행 기록을 보고 적습니다."),
    "lead_evidence": _("회의 날짜와 개선 과제, 안내 쪽을 정하고 다른 사람이 적은 기록을 고칩니다."),
    "write_evaluation": _("이행실적 평가를 쓰고 결재를 올립니다."),
    "publish_evaluation": _("결재를 마친 이행실적 평가를 공개합니다."),
    "see_access_log": _("접속기록을 봅니다."),
    "download_personal_data": _("까닭을 적고 개인정보를 가리지 않은 대장을 내려받습니다."),
}

Actions = dict[str, tuple[str, ...]]
_ABSENCES: Final = ("enter_own_absence", "edit_absences")
_SEE_CASES: Final = ("see_team_cases", "see_all_cases")
_SETTINGS: Final[Actions] = {
    "view": ("see_people",),
    "add": ("edit_centre",),
    "change": ("edit_centre",),
}
_PEOPLE: Final[Actions] = {
    "view": ("see_people",),
    "add": ("edit_people",),
    "change": ("edit_people",),
}

#: The admin's pages: model → action → rights of which one is enough. What is not here nobody may:
#: rows that carry a history are never deleted, only what the centre made up for itself.
ADMIN_RIGHTS: Final[dict[str, Actions]] = {
    "centre.team": _SETTINGS,
    "centre.topic": _SETTINGS,
    "centre.expert": {**_SETTINGS, "delete": ("edit_centre",)},
    "centre.approvalstep": {**_SETTINGS, "delete": ("edit_centre",)},
    "centre.referralbody": _SETTINGS,
    "centre.option": {"view": ("edit_centre",), "change": ("edit_centre",)},
    "centre.closure": {
        "view": ("see_people",),
        "add": ("edit_calendar",),
        "delete": ("edit_calendar",),
    },
    "centre.staffmember": _PEOPLE,
    "centre.deputy": {**_PEOPLE, "delete": ("edit_people",)},
    "centre.absence": {"view": _ABSENCES, "add": _ABSENCES},
    "centre.user": {
        "view": ("edit_people",),
        "add": ("edit_people",),
        "change": ("edit_people",),
    },
    "complaints.complaint": {
        "view": _SEE_CASES,
        "add": ("register_complaint",),
        "change": _SEE_CASES,
    },
    "complaints.review": {"view": ("write_note",), "change": ("write_note",)},
    "complaints.replytemplate": {
        "view": ("write_answer",),
        "add": ("edit_reply_templates",),
        "change": ("edit_reply_templates",),
        "delete": ("edit_reply_templates",),
    },
    "notices.notice": {"view": ("see_notices",), "change": ("do_tasks",)},
    "education.course": {
        "view": ("see_courses",),
        "add": ("plan_course",),
        "change": ("plan_course",),
    },
    "dashboards.evaluation": {"view": ("write_evaluation",), "change": ("write_evaluation",)},
    "standards.clause": {"view": ("see_commitments",)},
    "standards.standard": {
        "view": ("see_commitments",),
        "add": ("edit_standards",),
        "change": ("edit_standards",),
    },
    "standards.commitment": {"view": ("see_commitments",)},
    "standards.correction": {"view": ("see_commitments",)},
    "standards.duty": {"view": ("record_evidence",)},
    "standards.outage": {"view": ("record_evidence",)},
    "standards.target": {
        "view": ("record_evidence",),
        "add": ("edit_centre",),
        "change": ("edit_centre",),
    },
    "standards.maintenance": {
        "view": ("record_evidence",),
        "add": ("record_evidence",),
        "change": ("record_evidence",),
    },
    "standards.charge": {**_SETTINGS, "delete": ("edit_centre",)},
    "standards.infopage": {
        "view": ("record_evidence",),
        "add": ("lead_evidence",),
        "change": ("lead_evidence",),
    },
    "standards.onlineservice": {
        "view": ("record_evidence",),
        "add": ("lead_evidence",),
        "change": ("lead_evidence",),
    },
    "surveys.survey": {
        "view": ("see_surveys",),
        "add": ("edit_surveys",),
        "change": ("edit_surveys",),
    },
    "reception.visit": {"view": ("see_desk_records",)},
    "reception.contactnote": {"view": ("see_desk_records",)},
    "reception.difficultcall": {"view": ("see_difficult_calls",)},
    "records.accesslog": {"view": ("see_access_log",)},
}


def may(user: User | AnonymousUser, right: str) -> bool:
    """Whether one of the account's roles gives this right. An unknown right is a KeyError."""
    allowed = RIGHTS[right]
    if not isinstance(user, User) or user.roles.isdisjoint(allowed):
        return False
    if right not in ONLY_AT_THE_DESK or user.has_role(MANAGER):
        return True
    return user.at_the_desk


def may_any(user: User | AnonymousUser, rights: tuple[str, ...]) -> bool:
    return any(may(user, right) for right in rights)


def may_admin(user: User | AnonymousUser, permission: str) -> bool:
    """Django's question, such as "centre.change_team"; no to everything not in the table."""
    app_label, _dot, codename = permission.partition(".")
    action, _underscore, model = codename.partition("_")
    return may_any(user, ADMIN_RIGHTS.get(f"{app_label}.{model}", {}).get(action, ()))


def may_admin_app(user: User | AnonymousUser, app_label: str) -> bool:
    """Whether the account may do anything at all in the admin pages of an app."""
    return any(
        may_any(user, rights)
        for model, actions in ADMIN_RIGHTS.items()
        if model.startswith(f"{app_label}.")
        for rights in actions.values()
    )
