"""What people told us and what we did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from complaints.words import Words  # noqa: F401 - a table of this app, kept with what it is for
from records.fields import EncryptedJSONField, EncryptedTextField


class Kind(models.TextChoices):
    COMPLAINT = "complaint", _("불만")
    SUGGESTION = "suggestion", _("건의")
    COMPLIMENT = "compliment", _("칭찬")
    ENQUIRY = "enquiry", _("문의")


class Channel(models.TextChoices):
    """접수경로: the way by which an opinion arrived."""

    WEB = "web", _("인터넷")
    PHONE = "phone", _("전화")
    FAX = "fax", _("팩스")
    POST = "post", _("우편")
    VISIT = "visit", _("방문")
    EMAIL = "email", _("이메일")
    LETTER = "letter", _("문서")
    BOX = "box", _("의견함")
    TRANSFER = "transfer", _("다른 기관에서 넘어옴")


class ReplyBy(models.TextChoices):
    EMAIL = "email", _("이메일로")
    PHONE = "phone", _("전화로")
    POST = "post", _("우편으로")
    FAX = "fax", _("팩스로")


class State(models.TextChoices):
    """Where a case stands; ``complaints.transitions`` holds what may follow what."""

    RECEIVED = "received", _("접수")
    ASSIGNED = "assigned", _("팀 확인을 기다림")
    REVIEWING = "reviewing", _("담당자 살펴보는 중")
    WAITING = "waiting", _("보완을 기다리는 중")
    APPROVING = "approving", _("답변 결재 중")
    TELLING = "telling", _("답변 전하는 중")
    ANSWERED = "answered", _("답변드림")
    CLOSED = "closed", _("마침")
    REFERRED = "referred", _("다른 기관에 보냄")
    WITHDRAWN = "withdrawn", _("취하")
    MERGED = "merged", _("합침")


OPEN_STATES = [
    State.RECEIVED,
    State.ASSIGNED,
    State.REVIEWING,
    State.WAITING,
    State.APPROVING,
    State.TELLING,
]


class Decision(models.TextChoices):
    """처리결과. Under review is no result, so it is not in the list."""

    ACCEPTED = "accepted", _("수용")
    PARTLY_ACCEPTED = "partly_accepted", _("일부 수용")
    DECLINED = "declined", _("수용 곤란")
    INFORMED = "informed", _("안내 완료")
    REFERRED = "referred", _("이송")
    ADOPTED = "adopted", _("채택")
    PARTLY_ADOPTED = "partly_adopted", _("일부 채택")
    ALREADY_DONE = "already_done", _("이미 시행")
    CONSIDERED_LATER = "considered_later", _("중장기 검토")
    NOT_ADOPTED = "not_adopted", _("불채택")
    PASSED_ON = "passed_on", _("칭찬 전달")


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def open(self) -> ComplaintQuerySet:
        return self.filter(state__in=OPEN_STATES)


class Complaint(models.Model):
    """One opinion (고객의 소리) and how far it is.

    ``received_at`` is when it truly arrived, in whatever channel; ``registered_at`` when it was
    entered. ``version`` goes up with each change and guards against two people writing at once.
    """

    receipt_number = models.CharField(_("접수번호"), max_length=16, unique=True)
    access_code_hash = models.CharField(max_length=64, blank=True)
    form_token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    kind = models.CharField(_("구분"), max_length=12, choices=Kind.choices)
    topic = models.ForeignKey("centre.Topic", on_delete=models.PROTECT, verbose_name=_("유형"))
    channel = models.CharField(_("접수경로"), max_length=10, choices=Channel.choices)
    subject = models.CharField(_("제목"), max_length=200)
    body = models.TextField(_("내용"))

    anonymous = models.BooleanField(_("이름 없음"), default=False)
    name = EncryptedTextField(_("이름"), blank=True)
    email = EncryptedTextField(_("이메일"), blank=True)
    phone = EncryptedTextField(_("전화"), blank=True)
    address = EncryptedTextField(_("우편 주소"), blank=True)
    fax = EncryptedTextField(_("팩스"), blank=True)
    name_index = models.CharField(max_length=64, blank=True)
    email_index = models.CharField(max_length=64, blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    reply_by = models.CharField(
        _("받으실 방법"), max_length=10, choices=ReplyBy.choices, blank=True
    )
    filed_for = EncryptedJSONField(_("대신 쓴 경우"), default=dict, blank=True)
    assistance = EncryptedTextField(_("편의 요청"), blank=True)
    language = models.CharField(_("언어"), max_length=5, default="ko")
    publish_consent = models.BooleanField(_("공개 동의"), default=False)
    survey_consent = models.BooleanField(_("설문 안내 동의"), default=False)

    about_staff_text = EncryptedTextField(_("대상 직원(고객이 적음)"), blank=True)
    about_staff = models.ManyToManyField(
        "centre.StaffMember",
        blank=True,
        related_name="complaints_about",
        through="AboutStaff",
        verbose_name=_("대상 직원"),
    )
    about_staff_unclear = models.BooleanField(_("대상 직원 확인 필요"), default=False)

    external_body = models.CharField(_("넘긴 기관"), max_length=120, blank=True)
    external_number = models.CharField(_("그 기관 접수번호"), max_length=60, blank=True)
    external_received_at = models.DateTimeField(_("그 기관 접수 일시"), null=True, blank=True)
    external_due_at = models.DateTimeField(_("그 기관이 정한 기한"), null=True, blank=True)

    received_at = models.DateTimeField(_("도착한 때"))
    registered_at = models.DateTimeField(_("등록한 때"))
    registered_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="registered",
        verbose_name=_("접수한 사람"),
    )

    state = models.CharField(
        _("진행상태"), max_length=10, choices=State.choices, default=State.RECEIVED
    )
    version = models.PositiveIntegerField(default=1)
    round = models.PositiveSmallIntegerField(_("몇 번째 처리"), default=1)
    stage = models.PositiveSmallIntegerField(_("조치 단계"), default=1)
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("주관 팀")
    )
    supporting_teams = models.ManyToManyField(
        "centre.Team", blank=True, related_name="supported", verbose_name=_("협조 팀")
    )
    handler = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
        verbose_name=_("담당자"),
    )
    assigned_at = models.DateTimeField(_("배정한 때"), null=True, blank=True)
    team_confirmed_at = models.DateTimeField(_("팀이 확인한 때"), null=True, blank=True)
    in_team_name = models.BooleanField(
        _("팀 이름으로 답변"),
        default=False,
        help_text=_("고객에게 나가는 글과 화면에 담당자 대신 팀과 팀 전화가 나갑니다."),
    )
    decision = models.CharField(_("처리결과"), max_length=16, choices=Decision.choices, blank=True)
    told_at = models.DateTimeField(_("결과가 전해진 때"), null=True, blank=True)
    closed_at = models.DateTimeField(_("마친 때"), null=True, blank=True)
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="raised_again",
        verbose_name=_("앞의 건"),
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        verbose_name=_("합친 건"),
    )

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("고객의 소리")
        verbose_name_plural = _("고객의 소리")
        ordering = ["-received_at"]
        indexes = [
            models.Index(
                fields=["team", "received_at"],
                condition=models.Q(
                    state__in=[
                        "received",
                        "assigned",
                        "reviewing",
                        "waiting",
                        "approving",
                        "telling",
                    ]
                ),
                name="complaint_open_team",
            ),
            models.Index(fields=["handler", "state"], name="complaint_handler"),
            models.Index(fields=["-received_at"], name="complaint_received"),
            models.Index(fields=["email_index"], name="complaint_email"),
            models.Index(fields=["phone_index"], name="complaint_phone"),
            models.Index(fields=["name_index"], name="complaint_name"),
            models.Index(
                fields=["external_number"],
                condition=~models.Q(external_number=""),
                name="complaint_external",
            ),
        ]

    def __str__(self) -> str:
        return self.receipt_number

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


class AboutStaff(models.Model):
    """A person whom a complaint is about: out of assignment, reading, approval and reminders."""

    class Origin(models.TextChoices):
        NAMED = "named", _("고객이 적음")
        FOUND = "found", _("글에서 찾음")
        MARKED = "marked", _("직원이 표시")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE)
    person = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT)
    origin = models.CharField(max_length=10, choices=Origin.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["complaint", "person"], name="about_a_person_once")
        ]


class Response(models.Model):
    """An answer: drafted, approved along the line, then told. Never rewritten once told.

    A reopened case gets a further response with the next ``number``.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("초안")
        SUBMITTED = "submitted", _("결재 중")
        RETURNED = "returned", _("고쳐 쓰기")
        APPROVED = "approved", _("결재 끝")
        TOLD = "told", _("전해짐")
        DROPPED = "dropped", _("쓰지 않음")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="responses")
    number = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    decision = models.CharField(_("처리결과"), max_length=16, choices=Decision.choices, blank=True)
    answer = models.TextField(_("답변"), blank=True)
    reason = models.TextField(_("까닭"), blank=True)
    action_done = models.TextField(_("조치한 것"), blank=True)
    action_planned = models.TextField(_("앞으로 할 것"), blank=True)
    action_due_on = models.DateField(_("시행할 날"), null=True, blank=True)
    drafted_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="drafts",
        verbose_name=_("기안"),
    )
    drafted_at = models.DateTimeField(_("쓴 때"))
    submitted_at = models.DateTimeField(_("결재 올린 때"), null=True, blank=True)
    approved_at = models.DateTimeField(_("결재한 때"), null=True, blank=True)
    told_at = models.DateTimeField(_("전해진 때"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("답변")
        verbose_name_plural = _("답변")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "number"], name="one_response_a_number")
        ]


class Referral(models.Model):
    """이송: sent on to another body, approved first, the citizen told its contact."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("결재 중")
        RETURNED = "returned", _("돌려보냄")
        DONE = "done", _("보냄")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="referrals")
    body = models.ForeignKey("centre.ReferralBody", on_delete=models.PROTECT)
    contact = models.CharField(_("기관 연락처"), max_length=200)
    reason = models.TextField(_("보내는 까닭"))
    help_offered = models.TextField(_("저희가 도울 수 있는 것"), blank=True)
    wants_result = models.BooleanField(_("결과 회신을 요청함"), default=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SUBMITTED)
    asked_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="referrals_asked"
    )
    asked_at = models.DateTimeField()
    referred_at = models.DateTimeField(_("보낸 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("이송")
        verbose_name_plural = _("이송")
        ordering = ["asked_at"]


class Extension(models.Model):
    """연장: once to at most twice the allowance; a second time only with the citizen's consent."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("결재 중")
        RETURNED = "returned", _("돌려보냄")
        ASKED = "asked", _("고객 동의를 기다림")
        DONE = "done", _("연장함")
        REFUSED = "refused", _("고객이 동의하지 않음")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="extensions")
    ground = models.CharField(_("사유"), max_length=40)
    reason = models.TextField(_("설명"))
    progress = models.TextField(_("지금까지 확인한 것"), blank=True)
    action_planned = models.TextField(_("남은 일"), blank=True)
    new_due_at = models.DateTimeField(_("새 기한"))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SUBMITTED)
    asked_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="extensions_asked"
    )
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("연장")
        verbose_name_plural = _("연장")
        ordering = ["asked_at"]


class Approval(models.Model):
    """One step of an approval line, asked of one person; the deputy's is shown as 대결."""

    class Decision(models.TextChoices):
        WAITING = "waiting", _("기다림")
        APPROVED = "approved", _("결재함")
        RETURNED = "returned", _("돌려보냄")
        DROPPED = "dropped", _("거둠")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="approvals")
    document = models.CharField(max_length=40)
    document_id = models.BigIntegerField()
    place = models.PositiveSmallIntegerField(default=1)
    approver = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="approvals"
    )
    acting_for = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="approvals_by_deputy",
    )
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.WAITING)
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(_("의견"), blank=True)

    class Meta:
        verbose_name = _("결재")
        verbose_name_plural = _("결재")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "document_id"],
                condition=models.Q(decision="waiting"),
                name="one_open_approval_a_document",
            )
        ]
        indexes = [
            models.Index(
                fields=["approver"],
                condition=models.Q(decision="waiting"),
                name="approval_waiting",
            )
        ]


class InformationRequest(models.Model):
    """보완요청 and what came back. While it is open the reply clock stands still."""

    complaint = models.ForeignKey(
        Complaint, on_delete=models.CASCADE, related_name="information_requests"
    )
    items = models.TextField(_("더 알고 싶은 것"))
    asked_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="requests_asked"
    )
    asked_at = models.DateTimeField()
    reply_until = models.DateTimeField(_("회신 요청일"))
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(_("보완 내용"), blank=True)
    lapsed_at = models.DateTimeField(_("기한이 지난 때"), null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("보완요청")
        verbose_name_plural = _("보완요청")
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=models.Q(answered_at=None, lapsed_at=None, cancelled_at=None),
                name="one_open_request_a_case",
            )
        ]


class NewPromise(models.Model):
    """The date promised after a miss (3 open days, set by the lead): what the citizen is told."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="new_promises")
    number = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(_("새 기한"))
    reason = models.TextField(_("늦어진 까닭"), blank=True)
    progress = models.TextField(_("지금까지 한 일"), blank=True)
    set_by = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "number"], name="one_promise_a_number")
        ]


class InternalNote(models.Model):
    """내부 메모: seen by staff only, never by the citizen."""

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT)
    at = models.DateTimeField()
    text = EncryptedTextField(_("메모"))

    class Meta:
        verbose_name = _("내부 메모")
        verbose_name_plural = _("내부 메모")
        ordering = ["at"]


class CitizenMessage(models.Model):
    """Words added by the citizen later: a supplement, the reason of a withdrawal, a joined case."""

    class Kind(models.TextChoices):
        SUPPLEMENT = "supplement", _("보완")
        WITHDRAWAL = "withdrawal", _("취하")
        ADDED = "added", _("덧붙임")
        PROGRESS = "progress", _("진행 안내")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering = ["at"]


# --- the three stages of correction ---------------------------------------------------------------


class Contact(models.Model):
    """A person of the centre got in touch, or tried to: what keeps the immediate apology."""

    class Way(models.TextChoices):
        PHONE = "phone", _("전화")
        VISIT = "visit", _("만남")
        EMAIL = "email", _("직접 쓴 이메일")
        TEXT = "text", _("문자")
        LETTER = "letter", _("우편")
        FAX = "fax", _("팩스")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="contacts")
    way = models.CharField(_("방법"), max_length=10, choices=Way.choices)
    reached = models.BooleanField(_("닿음"))
    note = EncryptedTextField(_("나눈 말"), blank=True)
    by = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("때"))

    class Meta:
        verbose_name = _("고객 연락")
        verbose_name_plural = _("고객 연락")
        ordering = ["at", "pk"]


class Finding(models.Model):
    """지적사항: what an opinion found fault with, and whether the centre says so too.

    Decided by whoever approves the answer, and never rewritten; a reopened case gets another.
    """

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="findings")
    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="finding")
    accepted = models.BooleanField(_("인정"))
    reason = models.TextField(_("까닭"), blank=True)
    decided_by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="findings_decided"
    )
    decided_at = models.DateTimeField(_("정한 때"))

    class Meta:
        verbose_name = _("지적사항")
        verbose_name_plural = _("지적사항")
        ordering = ["decided_at", "pk"]


class CorrectiveAction(models.Model):
    """시정조치: what puts an accepted finding right, who does it and by when.

    ``first_due_on`` is the day promised first and never changes; ``due_on`` is the day in force.
    Done by its owner with evidence, verified by somebody else. ``waived_why``: none was needed.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("할 것")
        DONE = "done", _("확인을 기다림")
        VERIFIED = "verified", _("이루어짐")
        FAILED = "failed", _("이루어지지 않음")
        WAIVED = "waived", _("필요 없음")

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="actions")
    what = models.TextField(_("바로잡을 일"))
    owner = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="corrective_actions",
        verbose_name=_("조치 담당자"),
    )
    first_due_on = models.DateField(_("처음 정한 기한"))
    due_on = models.DateField(_("기한"))
    status = models.CharField(_("상태"), max_length=10, choices=Status, default=Status.OPEN)
    entered_at = models.DateTimeField()
    done_at = models.DateTimeField(_("마친 때"), null=True, blank=True)
    evidence = models.TextField(_("증거"), blank=True)
    file = models.ForeignKey(
        "records.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    waived_why = models.TextField(_("조치가 필요 없는 까닭"), blank=True)

    class Meta:
        verbose_name = _("시정조치")
        verbose_name_plural = _("시정조치")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on__gte=models.F("first_due_on")),
                name="action_never_due_before_first_due",
            )
        ]


class Verification(models.Model):
    """What somebody else than its owner found of an action; each one stays."""

    action = models.ForeignKey(
        CorrectiveAction, on_delete=models.CASCADE, related_name="verifications"
    )
    carried_out = models.BooleanField(_("이루어짐"))
    note = models.TextField(_("확인한 것"))
    by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="verifications"
    )
    at = models.DateTimeField(_("확인한 때"))

    class Meta:
        verbose_name = _("조치 확인")
        verbose_name_plural = _("조치 확인")
        ordering = ["at", "pk"]


class RepeatProposal(models.Model):
    """That a case says again what an earlier one said: proposed, then decided by a person.

    The citizen's own link decides at once. ``corrected_at``: found wrong after the letter had
    gone out, so that what was done stays and the correction is on record beside it.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("확인을 기다림")
        CONFIRMED = "confirmed", _("같은 내용")
        REJECTED = "rejected", _("다른 내용")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="repeats")
    earlier = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="repeated_by")
    score = models.FloatField(_("점수"), default=1.0)
    reasons = models.CharField(_("같은 점"), max_length=300)
    duplicate = models.BooleanField(_("답변 전에 또 보냄"), default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    corrected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("동일 민원 확인")
        verbose_name_plural = _("동일 민원 확인")
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["complaint", "earlier"], name="one_proposal_a_pair"),
            models.UniqueConstraint(
                fields=["complaint"],
                condition=models.Q(status="confirmed"),
                name="one_confirmed_repeat_a_case",
            ),
        ]


class ApologyLetter(models.Model):
    """사과문 of the second stage; ``parts`` holds its paragraphs by name.

    Numbered, dated and printed when the last of the line approved it; told when it was sent.
    """

    class Variant(models.TextChoices):
        ACCEPTED = "A", _("가: 지적을 인정함")
        DECLINED = "B", _("나: 말씀하신 대로 해 드리지 못함")

    class Status(models.TextChoices):
        DRAFT = "draft", _("초안")
        SUBMITTED = "submitted", _("결재 중")
        RETURNED = "returned", _("고쳐 쓰기")
        APPROVED = "approved", _("보내는 중")
        TOLD = "told", _("전해짐")
        DROPPED = "dropped", _("쓰지 않음")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="letters")
    earlier = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="+")
    variant = models.CharField(_("문안"), max_length=1, choices=Variant)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    parts = EncryptedJSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    number = models.CharField(_("문서번호"), max_length=40, blank=True)
    drafted_by = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(_("결재한 때"), null=True, blank=True)
    told_at = models.DateTimeField(_("전해진 때"), null=True, blank=True)
    file = models.ForeignKey(
        "records.StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("사과문")
        verbose_name_plural = _("사과문")
        ordering = ["drafted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~models.Q(number=""), name="one_letter_a_number"
            ),
            models.UniqueConstraint(
                fields=["complaint"],
                condition=~models.Q(status__in=["told", "dropped"]),
                name="one_open_letter_a_case",
            ),
        ]


class Review(models.Model):
    """3차 심의: whether an accepted finding was put right as promised. Never a caution by itself.

    Who did not keep the promise is heard first (소명), until ``statement_until``; then a manager
    decides with reason. Seen only by those concerned: the person, the team's lead, the managers.
    """

    class Trigger(models.TextChoices):
        NOT_CARRIED_OUT = "not_carried_out", _("약속한 조치가 이루어지지 않은 것으로 확인됨")
        MISSED = "missed", _("약속한 조치의 기한이 지남")
        THIRD_TIME = "third_time", _("같은 고객이 같은 일을 세 번째로 말함")
        NOT_RESOLVED = "not_resolved", _("고객이 해결되지 않았다고 함")

    class Status(models.TextChoices):
        OPEN = "open", _("열림")
        HEARING = "hearing", _("소명을 기다림")
        DECIDING = "deciding", _("정할 것")
        APPROVING = "approving", _("결재 중")
        ISSUED = "issued", _("주의함")
        NOT_ISSUED = "not_issued", _("주의하지 않음")
        WITHDRAWN = "withdrawn", _("주의를 철회함")
        DROPPED = "dropped", _("심의하지 않음")

    complaint = models.ForeignKey(Complaint, on_delete=models.CASCADE, related_name="reviews")
    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="reviews")
    action = models.ForeignKey(
        CorrectiveAction, null=True, blank=True, on_delete=models.PROTECT, related_name="reviews"
    )
    trigger = models.CharField(_("까닭"), max_length=20, choices=Trigger)
    status = models.CharField(_("상태"), max_length=12, choices=Status, default=Status.OPEN)
    person = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reviews",
        verbose_name=_("당사자"),
    )
    team = models.ForeignKey("centre.Team", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("연 때"))
    facts = EncryptedTextField(_("확인된 사실"), blank=True)
    asked_at = models.DateTimeField(_("소명을 요청한 때"), null=True, blank=True)
    asked_by = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    request_number = models.CharField(_("소명 요청 문서번호"), max_length=40, blank=True)
    statement_until = models.DateTimeField(_("소명 기한"), null=True, blank=True)
    statement = EncryptedTextField(_("소명"), blank=True)
    statement_at = models.DateTimeField(_("소명한 때"), null=True, blank=True)
    refused = models.BooleanField(_("소명하지 않겠다고 함"), default=False)
    decided_at = models.DateTimeField(_("정한 때"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("3차 심의")
        verbose_name_plural = _("3차 심의")
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=models.Q(status__in=["open", "hearing", "deciding", "approving"]),
                name="one_open_review_a_finding",
            )
        ]


class Caution(models.Model):
    """주의 조치, or the decision against one, with its reason. A withdrawal keeps both on record."""

    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="caution")
    issue = models.BooleanField(_("주의함"))
    to_person = models.BooleanField(_("당사자에게"), default=False)
    to_team = models.BooleanField(_("담당 팀에"), default=False)
    statement_summary = EncryptedTextField(_("소명 요지"), blank=True)
    judgement = EncryptedTextField(_("판단"))
    improvement = EncryptedTextField(_("바라는 개선"), blank=True)
    improvement_due_on = models.DateField(_("개선 기한"), null=True, blank=True)
    support = EncryptedTextField(_("센터가 함께 할 일"), blank=True)
    drafted_by = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_at = models.DateTimeField(_("결재한 때"), null=True, blank=True)
    number = models.CharField(_("문서번호"), max_length=40, blank=True)
    team_number = models.CharField(_("팀 문서번호"), max_length=40, blank=True)
    withdrawn_at = models.DateTimeField(_("철회한 때"), null=True, blank=True)
    withdrawn_why = EncryptedTextField(_("철회한 까닭"), blank=True)

    class Meta:
        verbose_name = _("주의 조치")
        verbose_name_plural = _("주의 조치")


class CautionApproval(models.Model):
    """A step of the line of a caution. It waits for whoever holds the place; no deputy acts.

    Kept apart from the approvals of cases, which everybody sees who reads the case.
    """

    class Decision(models.TextChoices):
        WAITING = "waiting", _("기다림")
        APPROVED = "approved", _("결재함")
        RETURNED = "returned", _("돌려보냄")

    caution = models.ForeignKey(Caution, on_delete=models.CASCADE, related_name="approvals")
    place = models.PositiveSmallIntegerField()
    approver = models.ForeignKey("centre.StaffMember", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = EncryptedTextField(_("의견"), blank=True)

    class Meta:
        verbose_name = _("주의 조치 결재")
        verbose_name_plural = _("주의 조치 결재")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["caution"],
                condition=models.Q(decision="waiting"),
                name="one_open_approval_a_caution",
            )
        ]


class ReplyTemplate(models.Model):
    """답변 틀. ``[ ]`` marks what the handler fills in; an unfilled one blocks approval."""

    code = models.SlugField(_("코드"), max_length=20, unique=True)
    title = models.CharField(_("제목"), max_length=80)
    text = models.TextField(_("본문"))
    topics = models.ManyToManyField("centre.Topic", blank=True, verbose_name=_("유형"))
    kinds = models.CharField(_("구분"), max_length=60, blank=True)
    active = models.BooleanField(_("쓰는 중"), default=True)

    class Meta:
        verbose_name = _("답변 틀")
        verbose_name_plural = _("답변 틀")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class RateCount(models.Model):
    """How often something was tried within an hour; ``name`` is a keyed hash, never an address.

    Kept in the database, so that guesses are limited also while the cache is away.
    """

    name = models.CharField(max_length=80)
    window = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "window"], name="one_count_an_hour")]
        indexes = [models.Index(fields=["window"])]
