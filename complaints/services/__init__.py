"""The verbs of a case. Each is one transaction with its event and its owed notices."""

from complaints.filing import Filed, Filing
from complaints.services.access import correct_contact, issue_code, open_case, reissue_code
from complaints.services.answering import (
    Draft,
    answer_many,
    pass_on_compliment,
    recall,
    save_draft,
    submit_response,
)
from complaints.services.apologies import recall_letter, save_letter, submit_letter
from complaints.services.apologising import log_contact, waive_apology
from complaints.services.approving import approve, return_document
from complaints.services.assigning import (
    add_note,
    add_supporting_team,
    assign,
    confirm_team,
    reassign,
    settle_about_staff,
    take,
)
from complaints.services.classifying import reclassify
from complaints.services.ending import (
    ask_referral,
    close_case,
    enter_withdrawal,
    merge,
    reopen_case,
    reopen_for_citizen,
    withdraw,
)
from complaints.services.filing import file_complaint
from complaints.services.handing import follow_absences, hand_over, hand_over_approvals
from complaints.services.messaging import leave_message
from complaints.services.putting_right import (
    enter_action,
    finish_action,
    move_action,
    verify_action,
    waive_action,
)
from complaints.services.rechecking import check_letter
from complaints.services.repeating import (
    close_repeats,
    confirm_repeat,
    raise_again,
    reject_repeat,
    undo_repeat,
)
from complaints.services.signing import answer_in_team_name
from complaints.services.steps import (
    fulfilled_at,
    log_manager_call,
    redated,
    set_new_promise,
    take_steps,
)
from complaints.services.telling import delivered, failed, unreached
from complaints.services.waiting import (
    answer_extension,
    ask_extension,
    end_request,
    enter_supplement,
    request_information,
    supplement,
)

__all__ = [
    "Draft",
    "Filed",
    "Filing",
    "add_note",
    "add_supporting_team",
    "answer_extension",
    "answer_in_team_name",
    "answer_many",
    "approve",
    "ask_extension",
    "ask_referral",
    "assign",
    "check_letter",
    "close_case",
    "close_repeats",
    "confirm_repeat",
    "confirm_team",
    "correct_contact",
    "delivered",
    "end_request",
    "enter_action",
    "enter_supplement",
    "enter_withdrawal",
    "failed",
    "file_complaint",
    "finish_action",
    "follow_absences",
    "fulfilled_at",
    "hand_over",
    "hand_over_approvals",
    "issue_code",
    "leave_message",
    "log_contact",
    "log_manager_call",
    "merge",
    "move_action",
    "open_case",
    "pass_on_compliment",
    "raise_again",
    "reassign",
    "recall",
    "recall_letter",
    "reclassify",
    "redated",
    "reissue_code",
    "reject_repeat",
    "reopen_case",
    "reopen_for_citizen",
    "request_information",
    "return_document",
    "save_draft",
    "save_letter",
    "set_new_promise",
    "settle_about_staff",
    "submit_letter",
    "submit_response",
    "supplement",
    "take",
    "take_steps",
    "undo_repeat",
    "unreached",
    "verify_action",
    "waive_action",
    "waive_apology",
    "withdraw",
]
