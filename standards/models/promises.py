"""Clauses, standards, and the commitments and observations that measure them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from centre.models import Team


class Clause(models.Model):
    """A line of the charter, word for word."""

    class Kind(models.TextChoices):
        HEADING = "heading", _("제목")
        FACT = "fact", _("사실")
        PROMISE = "promise", _("약속")
        BUNDLE = "bundle", _("약속을 묶는 문장")

    line = models.PositiveSmallIntegerField(_("줄"), unique=True)
    text = models.TextField(_("문구"))
    kind = models.CharField(_("구분"), max_length=10, choices=Kind.choices)
    depth = models.PositiveSmallIntegerField(_("깊이"), default=0)

    class Meta:
        verbose_name = _("헌장 조항")
        verbose_name_plural = _("헌장 조항")
        ordering = ["line"]

    def __str__(self) -> str:
        return f"L{self.line}"


#: Variants of an allowance, as people know them.
VARIANTS: Final = {"visit_phone": _("방문·전화"), "without_email": _("이메일이 없을 때")}


class Standard(models.Model):
    """A promise with its measure, one row a version. A change makes a new version.

    ``rule`` and ``allowance`` (``7d``, ``1h``, ``15m``) feed ``centre.calendar``; both are empty
    where each occasion brings its own date. ``allowances`` holds the allowance of a variant (an
    apology to a caller is due sooner); ``period`` and ``due_on`` date the periodic ones. ``kinds``
    are the categories that count in the published figure, the others have a line of their own.
    In force from ``valid_from`` up to, but not on, ``valid_until``. ``revised``: made by people, and
    left alone by the data files from then on. ``public`` is off for the few
    clocks that only serve the work inside (approval, supplement, the second promise).
    """

    class Method(models.TextChoices):
        COMMITMENTS = "commitments", _("건마다")
        OBSERVATIONS = "observations", _("관찰로")

    code = models.SlugField(_("코드"), max_length=40)
    version = models.PositiveSmallIntegerField(_("판"), default=1)
    number = models.PositiveSmallIntegerField(_("번호"), default=0)
    name = models.CharField(_("이름"), max_length=80, blank=True)
    quote = models.TextField(_("헌장 문구"), blank=True)
    measure = models.TextField(_("이렇게 잽니다"))
    limit_text = models.CharField(_("기준"), max_length=80, blank=True)
    own_limit = models.BooleanField(_("센터가 정한 기준"), default=True)
    target = models.DecimalField(_("목표"), max_digits=4, decimal_places=3, default=1)
    method = models.CharField(_("재는 방법"), max_length=12, choices=Method.choices)
    rule = models.CharField(_("기한 규칙"), max_length=20, blank=True)
    allowance = models.CharField(_("기간"), max_length=12, blank=True)
    allowances = models.JSONField(_("갈래마다 다른 기간"), default=dict, blank=True)
    period = models.CharField(_("주기"), max_length=10, blank=True)
    due_on = models.CharField(_("해마다의 기한(월-일)"), max_length=5, blank=True)
    subject = models.CharField(_("세는 것"), max_length=30, blank=True)
    kinds = models.JSONField(_("이 약속이 말하는 의견의 구분"), default=list, blank=True)
    app = models.CharField(max_length=30, blank=True)
    public = models.BooleanField(_("공개"), default=True)
    valid_from = models.DateField(_("시작"))
    valid_until = models.DateField(_("끝"), null=True, blank=True)
    revised = models.BooleanField(_("센터가 고친 판"), default=False)
    clauses = models.ManyToManyField(Clause, related_name="standards", blank=True)

    class Meta:
        verbose_name = _("이행표준")
        verbose_name_plural = _("이행표준")
        ordering = ["number", "code", "version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_row_a_version"),
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(valid_until=None), name="one_version_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"

    @property
    def title(self) -> str:
        """What people call it: its name, else the charter's own words."""
        return self.name or self.quote.replace("\n", " / ")

    @property
    def variants(self) -> list[tuple[str, str]]:
        """The allowances of its variants, by the names that people know."""
        return [(str(VARIANTS.get(name, name)), text) for name, text in self.allowances.items()]

    @property
    def percent(self) -> float:
        """The target as people read it."""
        return float(self.target) * 100


class State(models.TextChoices):
    RUNNING = "running", _("진행 중")
    PAUSED = "paused", _("멈춤")
    KEPT = "kept", _("지킴")
    KEPT_EXTENDED = "kept_extended", _("연장 후 지킴")
    MISSED = "missed", _("지키지 못함")
    EXCLUDED = "excluded", _("따로 셈")


class CommitmentQuerySet(models.QuerySet["Commitment"]):
    def running(self) -> CommitmentQuerySet:
        return self.filter(state__in=[State.RUNNING, State.PAUSED])

    def of(self, subject_type: str, subject_id: int) -> CommitmentQuerySet:
        return self.filter(subject_type=subject_type, subject_id=subject_id)

    def due(self, *, now: datetime) -> CommitmentQuerySet:
        """Rows with a step to take at ``now``, the longest due first."""
        return self.filter(next_step_at__lte=now).order_by("next_step_at", "pk")

    def for_team(self, team: Team) -> CommitmentQuerySet:
        return self.filter(team=team)


class Commitment(models.Model):
    """One occasion on which a standard applies.

    ``key`` is unique (``complaint:12:reply``): a commitment is opened once. ``first_due_at`` never
    changes; ``due_at`` is the date in force. ``cap_at`` is an earlier date set by another body.
    ``next_step`` / ``next_step_at``: the step the sweep takes next, empty when none is left; a
    missed commitment may still have daily steps (독촉). ``category`` splits a standard's figure
    where the charter speaks of some cases only (the kind of complaint).
    Kept or missed is decided by ``fulfilled_at`` against the dates, never by which step ran first.
    Every index costs the sweep something at every step: there are no others than are asked for.
    """

    key = models.CharField(max_length=120)
    standard = models.ForeignKey(
        Standard,
        on_delete=models.PROTECT,
        related_name="commitments",
        verbose_name=_("이행표준"),
        db_index=False,
    )
    code = models.CharField(max_length=40)
    category = models.CharField(max_length=20, blank=True)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    team = models.ForeignKey(
        "centre.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name=_("팀"),
        db_index=False,
    )
    rule = models.CharField(_("기한 규칙"), max_length=20, blank=True)
    allowance = models.CharField(_("기간"), max_length=12, blank=True)
    started_at = models.DateTimeField(_("시작"))
    first_due_at = models.DateTimeField(_("처음 약속한 기한"))
    due_at = models.DateTimeField(_("처리기한"))
    cap_at = models.DateTimeField(_("더 이른 기한"), null=True, blank=True)
    extended_at = models.DateTimeField(_("연장한 때"), null=True, blank=True)
    extensions = models.PositiveSmallIntegerField(_("연장 횟수"), default=0)
    calendar_version = models.PositiveIntegerField(default=1)
    state = models.CharField(_("상태"), max_length=14, choices=State.choices, default=State.RUNNING)
    fulfilled_at = models.DateTimeField(_("지킨 때"), null=True, blank=True)
    settled_at = models.DateTimeField(_("판정한 때"), null=True, blank=True)
    excluded_why = models.CharField(_("따로 세는 까닭"), max_length=40, blank=True)
    next_step = models.CharField(max_length=20, blank=True)
    next_step_at = models.DateTimeField(null=True, blank=True)
    steps_taken = models.PositiveIntegerField(default=0)
    troubled_at = models.DateTimeField(_("처리 오류"), null=True, blank=True)

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("이행 약속")
        verbose_name_plural = _("이행 약속")
        indexes = [
            models.Index(
                fields=["next_step_at", "id"],
                condition=models.Q(next_step_at__isnull=False),
                name="commitment_next_step",
            ),
            models.Index(fields=["subject_type", "subject_id"], name="commitment_subject"),
            models.Index(
                fields=["calendar_version"],
                condition=models.Q(state__in=["running", "paused"]),
                name="commitment_calendar",
            ),
            models.Index(
                fields=["team", "due_at"],
                condition=models.Q(state__in=["running", "paused"]),
                name="commitment_team_due",
            ),
            models.Index(fields=["code", "due_at"], name="commitment_code_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="promised_once_a_key"),
            models.CheckConstraint(
                condition=models.Q(due_at__gte=models.F("first_due_at")),
                name="due_never_before_first_due",
            ),
            models.CheckConstraint(
                condition=models.Q(next_step="", next_step_at=None)
                | (~models.Q(next_step="") & models.Q(next_step_at__isnull=False)),
                name="a_next_step_has_its_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["kept", "kept_extended"])
                | models.Q(fulfilled_at__isnull=False),
                name="kept_by_a_fact",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["paused", "kept", "kept_extended", "excluded"])
                | models.Q(next_step_at=None),
                name="no_step_unless_running_or_missed",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def is_late(self, *, now: datetime) -> bool:
        return self.fulfilled_at is None and now > self.due_at


class Pause(models.Model):
    """A stretch during which the clock stood still; open while ``ended_at`` is empty."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="pauses")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment"],
                condition=models.Q(ended_at=None),
                name="one_open_pause_a_commitment",
            )
        ]


class Redating(models.Model):
    """A due date that moved: from, to and why (pause, extension, closure)."""

    commitment = models.ForeignKey(Commitment, on_delete=models.CASCADE, related_name="redatings")
    at = models.DateTimeField()
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()
    why = models.CharField(max_length=200)

    class Meta:
        ordering = ["at", "pk"]


class Observation(models.Model):
    """Something measured without a clock of its own: ``n`` tries, ``kept`` of them good."""

    key = models.CharField(max_length=120, unique=True)
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="observations")
    category = models.CharField(max_length=20, blank=True)
    team = models.ForeignKey("centre.Team", null=True, blank=True, on_delete=models.PROTECT)
    at = models.DateTimeField()
    n = models.PositiveIntegerField(default=1)
    kept = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["standard", "at"], name="observation_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kept__lte=models.F("n")), name="no_more_kept_than_tried"
            )
        ]
