"""What people thought: surveys, who was asked, what they answered, and what was published.

*Confidential* answers (cases, courses) are joined to their subject and shown in groups only.
*Anonymous* ones (yearly, visit, phone) are joined to nobody: their row has a random number and a
day, no instant, no order and no link to an invitation. ``surveys.services.mixing`` sees to it that
the order in which the database wrote things tells nothing either.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.fields import EncryptedTextField

#: Who began to answer while a survey was open may still send it so long after its end.
GRACE: Final = timedelta(minutes=30)

LEAST, MOST = 1, 5
NPS_LEAST, NPS_MOST = 0, 10


class Kind(models.TextChoices):
    CASE = "case", _("고객의 소리 처리 만족도")
    COURSE = "course", _("교육 만족도")
    VISIT = "visit", _("방문 만족도")
    PHONE = "phone", _("전화 상담 만족도")
    YEARLY = "yearly", _("연간 고객만족도 조사")


#: Whose answers are joined to their subject; the others are joined to nobody.
CONFIDENTIAL_KINDS: Final = frozenset({Kind.CASE, Kind.COURSE})


class Status(models.TextChoices):
    DRAFT = "draft", _("준비 중")
    OPEN = "open", _("받는 중")
    CLOSED = "closed", _("마침")
    PUBLISHED = "published", _("결과 공개")


class Dimension(models.TextChoices):
    """차원 (domain.md §5); a question without one counts in no dimension."""

    NONE = "", _("차원 없음")
    ENVIRONMENT = "서비스 환경", _("서비스 환경")
    PROCESS = "서비스 과정", _("서비스 과정")
    RESULT = "서비스 결과", _("서비스 결과")
    SOCIAL = "사회적 만족", _("사회적 만족")
    OVERALL = "전반적 만족", _("전반적 만족")


class Renewal(models.TextChoices):
    """For what goes on: at its end the next one opens, until the end of the next period."""

    NONE = "", _("한 번만")
    QUARTER = "quarter", _("분기마다 이어서")
    HALF = "half", _("반기마다 이어서")
    YEAR = "year", _("해마다 이어서")


class SurveyQuerySet(models.QuerySet["Survey"]):
    def open(self) -> SurveyQuerySet:
        return self.filter(status=Status.OPEN)

    def ended(self) -> SurveyQuerySet:
        """No longer open, published or not."""
        return self.filter(status__in=[Status.CLOSED, Status.PUBLISHED])


class Survey(models.Model):
    """One survey with a beginning and an end, in one version.

    ``series`` stays through its versions and renewals (``visit``), and is an address that a card at
    the desk can name for years; ``slug`` names this one. ``edition`` goes up with each change of
    its questions; ``frozen`` is set by the first answer, and from then on nothing is changed.
    ``subject_type``/``subject_id``: the course that it is about, for a survey of its own.
    ``closes_at`` is planned, ``closed_at`` what happened.
    """

    kind = models.CharField(_("종류"), max_length=10, choices=Kind.choices)
    series = models.SlugField(_("이어지는 이름"), max_length=40)
    version = models.PositiveSmallIntegerField(_("판"), default=1)
    slug = models.SlugField(_("주소"), max_length=60, unique=True)
    previous = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="following",
        verbose_name=_("앞의 판"),
    )
    title = models.CharField(_("제목"), max_length=120)
    intro = models.TextField(_("안내문"), blank=True)
    thanks = models.TextField(_("끝인사"), blank=True)
    confidential = models.BooleanField(_("대상과 이어 둠"))
    status = models.CharField(
        _("상태"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    opens_at = models.DateTimeField(_("여는 때"), null=True, blank=True)
    closes_at = models.DateTimeField(_("마치는 때"), null=True, blank=True)
    opened_at = models.DateTimeField(_("연 때"), null=True, blank=True)
    closed_at = models.DateTimeField(_("마친 때"), null=True, blank=True)
    renewal = models.CharField(
        _("이어 열기"), max_length=10, choices=Renewal.choices, blank=True, default=Renewal.NONE
    )
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    team = models.ForeignKey(
        "centre.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("팀"),
    )
    asks_consented = models.BooleanField(_("안내에 동의한 분을 초대함"), default=False)
    invited_at = models.DateTimeField(_("초대를 마친 때"), null=True, blank=True)
    edition = models.PositiveIntegerField(default=1)
    frozen = models.BooleanField(_("응답이 있어 굳음"), default=False)
    mixed = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("만든 때"))
    created_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("만든 사람"),
    )

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("설문")
        verbose_name_plural = _("설문")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["series", "version"], name="one_survey_a_version"),
            models.UniqueConstraint(
                fields=["series"],
                condition=models.Q(status="open"),
                name="one_open_survey_a_series",
            ),
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=models.Q(subject_id__isnull=False),
                name="one_survey_a_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__isnull=True)
                | models.Q(opens_at__isnull=True)
                | models.Q(closes_at__gt=models.F("opens_at")),
                name="survey_closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def anonymous(self) -> bool:
        return not self.confidential

    @property
    def by_open_link(self) -> bool:
        """Whether everybody may answer, not only who was asked."""
        return self.kind in {Kind.VISIT, Kind.YEARLY, Kind.PHONE}

    @property
    def is_model(self) -> bool:
        """What the surveys of courses are made from; nobody answers it."""
        return self.kind == Kind.COURSE and self.subject_id is None

    @property
    def editable(self) -> bool:
        """Whether its questions may still be changed: nobody answered and it has not ended."""
        return not self.frozen and self.status in {Status.DRAFT, Status.OPEN}

    def is_open_at(self, now: datetime) -> bool:
        """Whether somebody may begin to answer."""
        return self.status == Status.OPEN and (self.closes_at is None or now < self.closes_at)

    def accepts(self, *, now: datetime) -> bool:
        """Whether an answer is taken: while it is open, and what was begun in time for a while."""
        if self.status == Status.DRAFT or self.is_model:
            return False
        end = self.closed_at or self.closes_at
        return end is None or now <= end + GRACE


class QuestionType(models.TextChoices):
    SCALE = "scale5", _("5점 척도")
    YES_NO = "yes_no", _("예·아니요")
    SINGLE = "single", _("하나 고르기")
    MULTIPLE = "multiple", _("여럿 고르기")
    NPS = "nps", _("0~10")
    TEXT = "text", _("자유 의견")


class Scale(models.TextChoices):
    """The words of a 5-point scale."""

    AGREE = "agree", _("그렇다 척도")
    SATISFY = "satisfy", _("만족 척도")


class Question(models.Model):
    """One question. ``code`` (C5, V1) is what standards and comparisons between years go by."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="questions")
    order = models.PositiveSmallIntegerField(_("순서"))
    code = models.CharField(_("번호"), max_length=10)
    type = models.CharField(_("형식"), max_length=10, choices=QuestionType.choices)
    scale = models.CharField(
        _("척도의 말"), max_length=10, choices=Scale.choices, blank=True, default=""
    )
    dimension = models.CharField(
        _("차원"), max_length=20, choices=Dimension.choices, blank=True, default=""
    )
    part = models.CharField(_("묶음"), max_length=40, blank=True)
    text = models.CharField(_("문항"), max_length=300)
    help = models.CharField(_("도움말"), max_length=300, blank=True)
    required = models.BooleanField(_("꼭 답함"), default=False)
    allow_na = models.BooleanField(_("‘해당 없음’을 둠"), default=False)
    at_most = models.PositiveSmallIntegerField(_("고를 수 있는 수"), null=True, blank=True)
    low_label = models.CharField(_("0의 말"), max_length=40, blank=True)
    high_label = models.CharField(_("10의 말"), max_length=40, blank=True)
    standards = models.JSONField(_("쓰이는 이행표준"), default=list, blank=True)

    class Meta:
        verbose_name = _("문항")
        verbose_name_plural = _("문항")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "code"], name="one_question_a_code")
        ]

    def __str__(self) -> str:
        return f"{self.code}. {self.text}"


class Choice(models.Model):
    """What may be chosen. ``asks_again``: whoever chooses it is offered 다시 살펴봐 주세요."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="choices")
    order = models.PositiveSmallIntegerField(_("순서"))
    text = models.CharField(_("보기"), max_length=120)
    asks_again = models.BooleanField(_("다시 살펴보기를 권함"), default=False)

    class Meta:
        verbose_name = _("보기")
        verbose_name_plural = _("보기")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.text


class Invitation(models.Model):
    """Somebody was asked, once a ``key`` (``complaint:12:closed:1``).

    Only a keyed hash of the token is here; the token itself can be made anew from the random
    number of the row with the centre's key (``surveys.tokens``), for the reminder. ``used`` is all
    that is known of an anonymous one; a confidential one is named by its response.
    ``worker`` is whose work it asks about: he does not enter the answers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations")
    key = models.CharField(max_length=120, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topic = models.ForeignKey(
        "centre.Topic", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    channel = models.CharField(_("접수경로"), max_length=10, blank=True)
    worker = models.ForeignKey(
        "centre.StaffMember", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = EncryptedTextField(_("이름"), blank=True)
    way = models.CharField(_("방법"), max_length=10)
    address = EncryptedTextField(_("받는 곳"), blank=True)
    context = models.JSONField(default=dict, blank=True)
    invited_at = models.DateTimeField(_("초대한 때"))
    sent_at = models.DateTimeField(_("전해진 때"), null=True, blank=True)
    expires_at = models.DateTimeField(_("끝나는 때"))
    reminded_at = models.DateTimeField(_("다시 여쭌 때"), null=True, blank=True)
    used = models.BooleanField(_("답함"), default=False)

    class Meta:
        verbose_name = _("초대")
        verbose_name_plural = _("초대")
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=models.Q(used=False, reminded_at=None),
                name="invitation_to_remind",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="invitation_subject"),
        ]

    def __str__(self) -> str:
        return self.key


class AnswerWay(models.TextChoices):
    WEB = "web", _("인터넷")
    PHONE = "phone", _("전화")
    PAPER = "paper", _("종이")


class Response(models.Model):
    """What one person answered on a day in Seoul.

    Confidential: joined to its invitation, with the groups copied from it. Anonymous: ``invitation``
    and all that follows it stay empty. The number is random, so it tells no order.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="responses")
    answered_on = models.DateField(_("답한 날"))
    way = models.CharField(
        _("답한 방법"), max_length=10, choices=AnswerWay.choices, default=AnswerWay.WEB
    )
    invitation = models.OneToOneField(
        Invitation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="response",
        verbose_name=_("초대"),
    )
    subject_type = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    team = models.ForeignKey(
        "centre.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    topic = models.ForeignKey(
        "centre.Topic", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    channel = models.CharField(_("접수경로"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("응답")
        verbose_name_plural = _("응답")
        indexes = [
            models.Index(fields=["survey", "answered_on"], name="response_survey_day"),
            models.Index(fields=["subject_type", "subject_id"], name="response_subject"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.Model):
    """One answer, or one of several choices (then a row each).

    ``value``: 1–5 of a scale, 0–10, 1 yes and 0 no. ``not_applicable`` counts in no mean. What
    people wrote is encrypted; ``released`` is what a person let be published, personal data taken
    out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    value = models.SmallIntegerField(_("값"), null=True, blank=True)
    choice = models.ForeignKey(
        Choice, null=True, blank=True, on_delete=models.PROTECT, related_name="answers"
    )
    not_applicable = models.BooleanField(_("해당 없음"), default=False)
    text = EncryptedTextField(_("자유 의견"), blank=True, default="")
    released = models.TextField(_("공개하는 글"), blank=True)
    released_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("공개를 정한 사람"),
    )
    released_at = models.DateTimeField(_("공개를 정한 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("답")
        verbose_name_plural = _("답")
        indexes = [models.Index(fields=["question", "value"], name="answer_of_question")]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question"],
                condition=models.Q(choice=None),
                name="one_answer_a_question",
            ),
            models.UniqueConstraint(
                fields=["response", "question", "choice"],
                condition=models.Q(choice__isnull=False),
                name="one_answer_a_choice",
            ),
            models.CheckConstraint(
                condition=models.Q(value=None) | models.Q(value__gte=0, value__lte=10),
                name="answer_value_in_range",
            ),
        ]


class Publication(models.Model):
    """Results as they were published, word for word and number for number.

    A correction is a further one with the next ``number`` and the reason; nothing is rewritten.
    """

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="publications")
    number = models.PositiveSmallIntegerField(default=1)
    published_at = models.DateTimeField(_("공개한 때"))
    published_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("공개한 사람"),
    )
    results = models.JSONField(_("결과"))
    comment = models.TextField(_("풀이"), blank=True)
    correction_why = models.TextField(_("바로잡은 까닭"), blank=True)

    class Meta:
        verbose_name = _("결과 공개")
        verbose_name_plural = _("결과 공개")
        ordering = ["survey", "number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="one_publication_a_number"),
            models.CheckConstraint(
                condition=models.Q(number=1, correction_why="")
                | (models.Q(number__gt=1) & ~models.Q(correction_why="")),
                name="a_correction_has_a_reason",
            ),
        ]


class ResultFinding(models.Model):
    """지적: what the results say is wrong, and what is done about it, by whom and by when.

    ``first_due_on`` is the day set first and never changes; ``due_on`` is the day in force.
    """

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="findings")
    question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    text = models.TextField(_("지적"))
    found_at = models.DateTimeField(_("적은 때"))
    found_by = models.ForeignKey(
        "centre.StaffMember",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("적은 사람"),
    )
    action = models.TextField(_("조치"), blank=True)
    owner = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="survey_actions",
        verbose_name=_("조치 담당자"),
    )
    decided_at = models.DateTimeField(_("조치를 정한 때"), null=True, blank=True)
    first_due_on = models.DateField(_("처음 정한 기한"), null=True, blank=True)
    due_on = models.DateField(_("기한"), null=True, blank=True)
    done_at = models.DateTimeField(_("마친 때"), null=True, blank=True)
    evidence = models.TextField(_("한 일"), blank=True)
    verified_at = models.DateTimeField(_("확인한 때"), null=True, blank=True)
    verified_by = models.ForeignKey(
        "centre.StaffMember",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("확인한 사람"),
    )
    verified_note = models.TextField(_("확인한 것"), blank=True)

    class Meta:
        verbose_name = _("설문에서 나온 지적")
        verbose_name_plural = _("설문에서 나온 지적")
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_on=None) | models.Q(due_on__gte=models.F("first_due_on")),
                name="survey_action_never_due_before_first_due",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None)
                | models.Q(done_at__isnull=False, verified_by__isnull=False)
                & ~models.Q(verified_by=models.F("owner")),
                name="survey_action_verified_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
