"""Who came and who called."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField

#: Within this time what was entered by mistake can be taken back.
UNDO_WITHIN: Final = timedelta(minutes=5)


class Purpose(models.TextChoices):
    """용무 구분. The last is no wait (§11.4)."""

    CONSULT = "consult", _("상담·문의")
    OPINION = "opinion", _("의견·불만")
    EDUCATION = "education", _("교육·행사")
    PAPERS = "papers", _("서류")
    OTHER = "other", _("회의·배달·그 밖")


class VisitState(models.TextChoices):
    WAITING = "waiting", _("기다리심")
    CALLED = "called", _("부름")
    SERVED = "served", _("응대함")
    LEFT = "left", _("그냥 가심")
    MISTAKEN = "mistaken", _("잘못 적음")


HERE: Final = (VisitState.WAITING, VisitState.CALLED)


class Visit(models.Model):
    """Somebody who came. ``label`` is a colour and a number, never a person's.

    ``served_at`` is when a member of staff began to attend to the visitor: the wait ends there.
    ``entered_late`` was written down afterwards and is shown apart. ``sought_away``: the person
    sought was not there, so somebody else takes over or a contact note is left.
    """

    form_token = models.CharField(max_length=64, unique=True)
    label = models.CharField(_("번호표"), max_length=20)
    name = EncryptedTextField(_("성함"), blank=True)
    purpose = models.CharField(_("용무"), max_length=10, choices=Purpose.choices)
    sought = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="visitors",
        verbose_name=_("찾는 직원"),
    )
    sought_away = models.BooleanField(_("찾는 직원이 없었음"), default=False)
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("팀")
    )
    state = models.CharField(
        _("상태"), max_length=10, choices=VisitState.choices, default=VisitState.WAITING
    )
    arrived_at = models.DateTimeField(_("오신 때"))
    recorded_at = models.DateTimeField(_("적은 때"))
    recorded_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("적은 사람"),
    )
    entered_late = models.BooleanField(_("뒤늦게 적음"), default=False)
    called_at = models.DateTimeField(_("부른 때"), null=True, blank=True)
    called_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("부른 사람"),
    )
    served_at = models.DateTimeField(_("응대를 시작한 때"), null=True, blank=True)
    served_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("응대한 사람"),
    )
    ended_at = models.DateTimeField(_("끝난 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("방문")
        verbose_name_plural = _("방문")
        ordering = ["arrived_at", "pk"]
        indexes = [
            models.Index(
                fields=["arrived_at"],
                condition=models.Q(ended_at=None),  # both databases see that the query fits it
                name="visit_here",
            ),
            models.Index(fields=["arrived_at"], name="visit_arrived"),
            models.Index(fields=["ended_at"], name="visit_ended"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="served") | models.Q(served_at__isnull=False),
                name="served_at_some_time",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "called"], ended_at=None)
                | (~models.Q(state__in=["waiting", "called"]) & models.Q(ended_at__isnull=False)),
                name="who_is_here_has_not_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_wait(self) -> bool:
        """Meetings and deliveries are not waits."""
        return self.purpose != Purpose.OTHER

    @property
    def is_here(self) -> bool:
        return self.state in HERE

    def may_undo(self, *, now: datetime) -> bool:
        return self.state != VisitState.MISTAKEN and now - self.recorded_at <= UNDO_WITHIN


class Origin(models.TextChoices):
    PHONE = "phone", _("전화")
    VISIT = "visit", _("방문")


class Way(models.TextChoices):
    """원하는 방법 (§11.2)."""

    PHONE = "phone", _("전화")
    TEXT = "text", _("문자")
    EMAIL = "email", _("이메일")
    POST = "post", _("우편")
    VISIT = "visit", _("다시 방문")


#: ``contact_way`` as it stands in texts, with its particle.
WAYS: Final = {
    Way.PHONE: "전화로",
    Way.TEXT: "문자로",
    Way.EMAIL: "이메일로",
    Way.POST: "우편으로",
    Way.VISIT: "방문하실 때",
}


class Ending(models.TextChoices):
    REACHED = "reached", _("연락 닿음")
    SENT = "sent", _("보내 드림")
    UNREACHED = "unreached", _("세 번 연락했으나 닿지 않음")
    CALLED_BACK = "called_back", _("먼저 연락하셔서 말씀드림")
    MISTAKEN = "mistaken", _("잘못 적음")


class ContactNote(models.Model):
    """용건 메모: what somebody wanted of a person who was not there, and the promise to ring back.

    ``sought`` was asked for; ``keeper`` is to make the contact now. ``stands_in``: the keeper has
    it because of an absence, and it goes back when that ends, unless an attempt was made.
    ``wanted_at`` is a later wish, by which the contact is to be made.
    """

    form_token = models.CharField(max_length=64, unique=True)
    origin = models.CharField(_("경로"), max_length=10, choices=Origin.choices)
    visit = models.ForeignKey(
        Visit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="notes",
        verbose_name=_("방문"),
    )
    sought = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="notes_sought",
        verbose_name=_("찾는 직원"),
    )
    keeper = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="notes_kept",
        verbose_name=_("연락할 사람"),
    )
    stands_in = models.BooleanField(_("대신 맡음"), default=False)
    hands = models.PositiveSmallIntegerField(default=1)
    team = models.ForeignKey("centre.Team", on_delete=models.PROTECT, verbose_name=_("팀"))
    name = EncryptedTextField(_("성함"))
    organisation = EncryptedTextField(_("소속"), blank=True)
    contact = EncryptedTextField(_("연락처"), blank=True)
    matter = EncryptedTextField(_("용건"))
    way = models.CharField(_("원하는 방법"), max_length=10, choices=Way.choices, default=Way.PHONE)
    good_time = EncryptedTextField(_("연락하기 좋은 때"), blank=True)
    wanted_at = models.DateTimeField(_("원하는 때"), null=True, blank=True)
    aid = models.CharField(_("편의"), max_length=60, blank=True)
    taken_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="notes_taken",
        verbose_name=_("받은 사람"),
    )
    taken_at = models.DateTimeField(_("받은 때"))
    first_attempt_at = models.DateTimeField(_("처음 연락한 때"), null=True, blank=True)
    ending = models.CharField(_("끝"), max_length=12, choices=Ending.choices, blank=True)
    closed_at = models.DateTimeField(_("마친 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("용건 메모")
        verbose_name_plural = _("용건 메모")
        ordering = ["-taken_at"]
        indexes = [
            models.Index(
                fields=["keeper"], condition=models.Q(closed_at=None), name="note_open_keeper"
            ),
            models.Index(fields=["taken_at"], name="note_taken"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ending="", closed_at=None)
                | (~models.Q(ending="") & models.Q(closed_at__isnull=False)),
                name="a_closed_note_has_its_ending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_origin_display()} {self.pk}"

    @property
    def code(self) -> str:
        """The promise it stands under."""
        return "phone-callback" if self.origin == Origin.PHONE else "visitor-contact"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def may_undo(self, *, now: datetime) -> bool:
        return self.is_open and now - self.taken_at <= UNDO_WITHIN


class Attempt(models.Model):
    """One try at making the contact."""

    class Outcome(models.TextChoices):
        REACHED = "reached", _("통화함(만남)")
        NO_ANSWER = "no_answer", _("받지 않음")
        BUSY = "busy", _("통화 중")
        MESSAGE = "message", _("말을 남김")
        SENT = "sent", _("보냄(문자·이메일·우편)")

    note = models.ForeignKey(ContactNote, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(_("때"))
    by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+", verbose_name=_("직원")
    )
    way = models.CharField(_("방법"), max_length=10, choices=Way.choices)
    outcome = models.CharField(_("결과"), max_length=10, choices=Outcome.choices)

    class Meta:
        verbose_name = _("연락 시도")
        verbose_name_plural = _("연락 시도")
        ordering = ["at", "pk"]


class SpotAnswer(models.Model):
    """Answered on the spot: counted, without personal data and without a clock."""

    form_token = models.CharField(max_length=64, unique=True)
    origin = models.CharField(_("경로"), max_length=10, choices=Origin.choices)
    at = models.DateTimeField(_("때"))
    by = models.ForeignKey(
        "centre.StaffMember", on_delete=models.PROTECT, related_name="+", verbose_name=_("직원")
    )
    mistaken = models.BooleanField(_("잘못 적음"), default=False)

    class Meta:
        verbose_name = _("바로 답함")
        verbose_name_plural = _("바로 답함")
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="spot_answer_at")]


class DifficultCall(models.Model):
    """특이민원: one occurrence, for the protection of staff. It says nothing about who it was.

    Cases and promises go on as they are. Leads and managers see it, for a year (a choice).
    """

    class Kind(models.TextChoices):
        ABUSE = "abuse", _("폭언")
        HARASSMENT = "harassment", _("성희롱")
        THREAT = "threat", _("협박·위협")
        DAMAGE = "damage", _("기물")
        LONG = "long", _("장시간")
        REPEATED = "repeated", _("반복")

    class Ended(models.TextChoices):
        CALMED = "calmed", _("차분히 마침")
        TAKEN = "taken", _("용건을 접수하고 글로 답변하기로 함")
        ENDED = "ended", _("더 상담하기 어려워 마침")
        LEFT = "left", _("고객이 먼저 마침")
        POLICE = "police", _("경찰에 알림")

    class After(models.TextChoices):
        FINE = "fine", _("괜찮음")
        REST = "rest", _("쉬게 함")
        COUNSEL = "counsel", _("상담 연결")

    form_token = models.CharField(max_length=64, unique=True)
    origin = models.CharField(_("방법"), max_length=10, choices=Origin.choices)
    kind = models.CharField(_("유형"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("때"))
    minutes = models.PositiveSmallIntegerField(_("걸린 시간(분)"), null=True, blank=True)
    notices_given = models.PositiveSmallIntegerField(_("안내 횟수"), default=0)
    recording_told = models.BooleanField(_("녹음 안내함"), default=False)
    ended = models.CharField(_("마친 이유"), max_length=10, choices=Ended.choices)
    with_whom = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("함께한 사람"),
    )
    after = models.CharField(_("직원 상태"), max_length=10, choices=After.choices)
    remark = EncryptedTextField(_("있었던 일"), blank=True)
    recorded_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("적은 사람"),
    )
    recorded_at = models.DateTimeField(_("적은 때"))
    confirmed_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("확인한 팀장"),
    )
    confirmed_at = models.DateTimeField(_("확인한 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("특이민원 기록")
        verbose_name_plural = _("특이민원 기록")
        ordering = ["-at", "-pk"]
