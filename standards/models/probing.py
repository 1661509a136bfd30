"""The 1365 portal, run by others: what is looked at, how it went, and when it was away."""

from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from standards.models.evidence import Duty


class Why(models.TextChoices):
    """How a look at a page ended."""

    OK = "ok", _("열림")
    TIMEOUT = "timeout", _("시간 안에 열리지 않음")
    AWAY = "away", _("연결되지 않음")
    NAME = "name", _("주소를 찾을 수 없음")
    TLS = "tls", _("보안 연결이 되지 않음")
    STATUS = "status", _("오류 응답")
    TEXT = "text", _("있어야 할 글이 없음")
    REDIRECTS = "redirects", _("자꾸 다른 곳으로 보냄")
    UNSAFE = "unsafe", _("열어서는 안 되는 주소여서 열지 않음")
    BROKEN = "broken", _("알아볼 수 없는 응답")


class Target(models.Model):
    """A public page that is looked at every five minutes while ``active``.

    ``lease_until``: somebody is looking at it now, and nobody else does until then. ``failures`` in
    a row make an outage, and lengthen the pause before the next look.
    """

    name = models.CharField(_("공개 화면"), max_length=80, unique=True)
    address = models.URLField(
        _("주소"), max_length=500, validators=[URLValidator(schemes=["http", "https"])]
    )
    text = models.CharField(
        _("있어야 할 글"),
        max_length=100,
        help_text=_(
            "이 글이 화면에 있어야 열린 것으로 봅니다. 오류 안내문만 나오는 때를 가려냅니다."
        ),
    )
    active = models.BooleanField(_("살피는 중"), default=False)
    next_at = models.DateTimeField(_("다음에 살필 때"), null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(_("잇달아 열리지 않은 수"), default=0)
    failing_since = models.DateTimeField(_("열리지 않기 시작한 때"), null=True, blank=True)
    last_at = models.DateTimeField(_("마지막으로 살핀 때"), null=True, blank=True)
    last_why = models.CharField(_("마지막 결과"), max_length=10, choices=Why.choices, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_ms = models.PositiveIntegerField(_("걸린 시간(밀리초)"), null=True, blank=True)

    class Meta:
        verbose_name = _("1365 공개 화면")
        verbose_name_plural = _("1365 공개 화면")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProbeDay(models.Model):
    """The looks at a page in one Seoul day; those during planned maintenance are counted apart."""

    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    tries = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    planned = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["target", "day"], name="one_row_a_target_and_day"),
            models.CheckConstraint(
                condition=models.Q(good__lte=models.F("tries")), name="no_more_good_than_tried"
            ),
        ]


class Maintenance(models.Model):
    """Work that the portal announced: what is away then is no outage."""

    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"))
    why = models.CharField(_("알려진 내용"), max_length=200)

    class Meta:
        verbose_name = _("1365 예정된 점검")
        verbose_name_plural = _("1365 예정된 점검")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="maintenance_ends_later",
                violation_error_message=_("끝나는 때가 시작하는 때보다 뒤여야 합니다."),
            )
        ]

    def __str__(self) -> str:
        return self.why


class Outage(models.Model):
    """A time during which the portal could not be used; one at most is open.

    ``started_at`` is the first failed look, ``confirmed_at`` when it was sure, or staff said so
    (``declared``): from then on the hour counts in which a notice has to be up.
    """

    started_at = models.DateTimeField(_("시작"))
    confirmed_at = models.DateTimeField(_("확인한 때"))
    ended_at = models.DateTimeField(_("끝"), null=True, blank=True)
    is_open = models.BooleanField(default=True)
    why = models.CharField(_("까닭"), max_length=10, choices=Why.choices, blank=True)
    declared = models.BooleanField(_("직원이 확인함"), default=False)
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, related_name="outage")
    notice_at = models.DateTimeField(_("안내문을 올린 때"), null=True, blank=True)
    other_way = models.CharField(_("다른 방법"), max_length=300, blank=True)
    down_at = models.DateTimeField(_("안내문을 내린 때"), null=True, blank=True)

    class Meta:
        verbose_name = _("1365 접속 장애")
        verbose_name_plural = _("1365 접속 장애")
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_open"], condition=models.Q(is_open=True), name="one_open_outage"
            ),
            models.CheckConstraint(
                condition=models.Q(is_open=True, ended_at=None)
                | models.Q(is_open=False, ended_at__isnull=False),
                name="an_open_outage_has_no_end",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="an_outage_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
