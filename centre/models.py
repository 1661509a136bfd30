"""Who we are and when we are open."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from centre import steady
from records.fields import EncryptedJSONField


class Role(models.TextChoices):
    """What an account may do; ``centre.rights`` holds the table of rights by role."""

    DESK = "desk", _("창구")
    HANDLER = "handler", _("담당자")
    LEAD = "lead", _("팀장")
    MANAGER = "manager", _("관리자")
    ADMINISTRATOR = "administrator", _("시스템 관리자")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Without a password the account cannot sign in until one is set."""
        if not username:
            raise ValueError("an account needs a user name")
        user = self.model(username=User.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """What Django's ``createsuperuser`` calls: an account with the role administrator."""
        with transaction.atomic(using=self._db):
            user = self.create_user(username, password, **{"is_staff": True, **fields})
            RoleGrant.objects.create(user=user, role=Role.ADMINISTRATOR)
        return user


class User(AbstractBaseUser):
    """A sign-in. One account per person; what it may do comes from its role grants alone.

    There are no superusers, groups or single permissions: ``centre.auth.RoleBackend`` answers
    from the table in ``centre.rights``. ``is_staff`` is kept by ``services.grant_role`` and
    ``revoke_role``: true while there is a role.
    """

    username = models.CharField(
        _("아이디"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()]
    )
    name = models.CharField(
        _("이름"), max_length=60, blank=True, help_text=_("직원이 아닌 계정에만 적습니다.")
    )
    email = models.EmailField(_("이메일"), blank=True)
    is_active = models.BooleanField(_("쓰는 중"), default=True)
    is_staff = models.BooleanField(_("업무 화면에 들어감"), default=False)
    must_change_password = models.BooleanField(_("비밀번호를 바꿔야 함"), default=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("계정")
        verbose_name_plural = _("계정")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles granted to this account; none while the account is switched off."""
        if not self.is_active:
            return frozenset()
        granted = self.role_grants.values_list("role", flat=True)
        found: frozenset[str] = steady.kept(("roles", self.pk), lambda: frozenset(granted))
        return found

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @cached_property
    def at_the_desk(self) -> bool:
        """Whether this is a person of the team that takes what nobody else takes."""
        rows = StaffMember.objects.filter(user=self, team__takes_unassigned=True)
        return bool(steady.kept(("at the desk", self.pk), rows.exists))

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Django's question ("app.action_model"). ``RoleBackend`` has the last word."""
        return self._ask("has_perm", perm, obj)

    def has_perms(self, perms: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self._ask("has_module_perms", app_label)

    def _ask(self, question: str, *args: Any) -> bool:
        """The first backend that says yes, unless one before it forbids it."""
        answers = (getattr(backend, question, None) for backend in auth.get_backends())
        try:
            return any(answer(self, *args) for answer in answers if answer is not None)
        except PermissionDenied:
            return False


class KeptForm(models.Model):
    """What somebody sent after the end of his session, for him alone and for half an hour."""

    token = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    content = EncryptedJSONField()
    kept_until = models.DateTimeField(db_index=True)


class RoleGrant(models.Model):
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="role_grants", verbose_name=_("계정")
    )
    role = models.CharField(_("역할"), max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = _("역할")
        verbose_name_plural = _("역할")
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="one_grant_a_role")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class Team(models.Model):
    code = models.SlugField(_("코드"), max_length=30, unique=True)
    name = models.CharField(_("팀"), max_length=60)
    duties = models.TextField(_("맡은 일"), blank=True)
    extension = models.CharField(_("대표 내선"), max_length=10, blank=True)
    room = models.CharField(_("자리"), max_length=60, blank=True)
    place = models.PositiveSmallIntegerField(_("순서"), default=0)
    takes_unassigned = models.BooleanField(
        _("맡을 사람이 없는 의견을 받는 팀(고객의 소리 창구)"), default=False
    )
    dissolved_on = models.DateField(_("없어진 날"), null=True, blank=True)

    class Meta:
        verbose_name = _("팀")
        verbose_name_plural = _("팀")
        ordering = ["place", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["takes_unassigned"],
                condition=models.Q(takes_unassigned=True),
                name="one_desk_team",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Position(models.TextChoices):
    """Where a person stands in the approval lines."""

    DIRECTOR = "director", _("센터장")
    SECRETARY_GENERAL = "secretary_general", _("사무처장")
    LEAD = "lead", _("팀장")
    MEMBER = "member", _("팀원")


class StaffMember(models.Model):
    """A person who works here, as the staff guide shows them."""

    user = models.OneToOneField(
        User, on_delete=models.PROTECT, related_name="staff_member", verbose_name=_("계정")
    )
    name = models.CharField(_("이름"), max_length=60)
    title = models.CharField(_("직함"), max_length=30, blank=True)
    position = models.CharField(
        _("결재 위치"), max_length=20, choices=Position.choices, default=Position.MEMBER
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="members", verbose_name=_("팀")
    )
    extension = models.CharField(_("내선"), max_length=10, blank=True)
    room = models.CharField(_("자리"), max_length=60, blank=True)
    email = models.EmailField(_("이메일"), blank=True)
    duties = models.TextField(_("맡은 일"), blank=True)
    joined_on = models.DateField(_("들어온 날"), null=True, blank=True)
    left_on = models.DateField(
        _("나간 날"), null=True, blank=True, help_text=_("이 날부터 근무하지 않습니다.")
    )

    class Meta:
        verbose_name = _("직원")
        verbose_name_plural = _("직원")
        ordering = ["team__place", "extension", "name"]

    def __str__(self) -> str:
        return f"{self.name} {self.title}".strip()


class Deputy(models.Model):
    """Who stands in for a person, in order of ``place``. Two may stand in for each other."""

    person = models.ForeignKey(
        StaffMember, on_delete=models.CASCADE, related_name="deputies", verbose_name=_("직원")
    )
    stands_in = models.ForeignKey(
        StaffMember,
        on_delete=models.CASCADE,
        related_name="stands_in_for",
        verbose_name=_("대직자"),
    )
    place = models.PositiveSmallIntegerField(_("순서"), default=1)

    class Meta:
        verbose_name = _("대직자")
        verbose_name_plural = _("대직자")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["person", "stands_in"], name="one_row_a_deputy"),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("stands_in")),
                name="nobody_deputises_himself",
                violation_error_message=_("자기 자신은 대직자가 될 수 없습니다."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.stands_in}"


class Absence(models.Model):
    class Reason(models.TextChoices):
        TRIP = "trip", _("출장")
        LEAVE = "leave", _("연가")
        SICK = "sick", _("병가")
        OUT = "out", _("외근")
        TRAINING = "training", _("교육")
        OTHER = "other", _("그 밖")

    person = models.ForeignKey(
        StaffMember, on_delete=models.CASCADE, related_name="absences", verbose_name=_("직원")
    )
    starts_at = models.DateTimeField(_("시작"))
    ends_at = models.DateTimeField(_("끝"), help_text=_("이 때부터 다시 자리에 있습니다."))
    reason = models.CharField(_("사유"), max_length=10, choices=Reason.choices)
    detail = models.CharField(_("덧붙임"), max_length=100, blank=True)
    entered_at = models.DateTimeField(_("적은 때"))
    cancelled_at = models.DateTimeField(_("취소한 때"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("부재")
        verbose_name_plural = _("부재")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["starts_at", "ends_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="absence_ends_later",
                violation_error_message=_("끝나는 때가 시작하는 때보다 뒤여야 합니다."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_reason_display()}"


class ReferralBody(models.Model):
    """Another body to which a matter may be referred (이송). Contacts are entered by people."""

    name = models.CharField(_("기관"), max_length=120, unique=True)
    contact = models.CharField(_("연락처"), max_length=200, blank=True)
    active = models.BooleanField(_("쓰는 중"), default=True)

    class Meta:
        verbose_name = _("이송 기관")
        verbose_name_plural = _("이송 기관")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    code = models.SlugField(_("코드"), max_length=30, unique=True)
    name = models.CharField(_("유형"), max_length=60)
    description = models.CharField(_("고객에게 보이는 설명"), max_length=200, blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="topics", verbose_name=_("주관 팀")
    )
    taken_by_lead = models.BooleanField(_("언제나 팀장이 맡음"), default=False)
    other_bodies = models.CharField(_("다른 기관 소관일 때"), max_length=200, blank=True)
    place = models.PositiveSmallIntegerField(_("순서"), default=0)
    active = models.BooleanField(_("쓰는 중"), default=True)

    class Meta:
        verbose_name = _("유형")
        verbose_name_plural = _("유형")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return self.name


class Expert(models.Model):
    """A person competent for a topic; counts only with a ground and a date of approval."""

    topic = models.ForeignKey(
        Topic, on_delete=models.CASCADE, related_name="experts", verbose_name=_("유형")
    )
    person = models.ForeignKey(
        StaffMember, on_delete=models.CASCADE, related_name="expertise", verbose_name=_("직원")
    )
    ground = models.CharField(_("근거(자격·경력·교육)"), max_length=200, blank=True)
    approved_on = models.DateField(_("승인일"), null=True, blank=True)
    place = models.PositiveSmallIntegerField(_("순서"), default=1)

    class Meta:
        verbose_name = _("전문가")
        verbose_name_plural = _("전문가")
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["topic", "person"], name="one_expertise")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.person}"


class ApprovalStep(models.Model):
    """One step of an approval line (결재선, 전결 규정): who approves a kind of document.

    ``team`` empty means the team of the case. If nobody in that place is there, ``when_absent``
    says whether a deputy acts (대결), somebody else named here does, or the step waits.
    ``centre.queries.approver`` reads it.
    """

    class WhenAbsent(models.TextChoices):
        DEPUTY = "deputy", _("대직자가 대결")
        OTHER = "other", _("아래에 정한 사람이 결재")
        WAIT = "wait", _("돌아올 때까지 기다림")

    document = models.SlugField(_("문서"), max_length=40)
    name = models.CharField(_("문서 이름"), max_length=60, blank=True)
    place = models.PositiveSmallIntegerField(_("순서"), default=1)
    position = models.CharField(_("결재자"), max_length=20, choices=Position.choices)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("결재자의 팀"),
        help_text=_("비우면 그 건의 담당 팀. 센터장과 사무처장에게는 쓰지 않습니다."),
    )
    when_absent = models.CharField(
        _("없으면"), max_length=10, choices=WhenAbsent.choices, default=WhenAbsent.DEPUTY
    )
    other_position = models.CharField(
        _("대신 결재할 사람"), max_length=20, choices=Position.choices, blank=True
    )
    other_team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("대신 결재할 사람의 팀"),
        help_text=_("비우면 그 건의 담당 팀."),
    )
    shown_as_acting = models.BooleanField(_("대신한 결재를 대결로 표시"), default=True)

    class Meta:
        verbose_name = _("결재선")
        verbose_name_plural = _("결재선")
        ordering = ["document", "place"]
        constraints = [
            models.UniqueConstraint(fields=["document", "place"], name="one_step_a_place"),
            models.CheckConstraint(
                condition=models.Q(when_absent="other") ^ models.Q(other_position=""),
                name="somebody_else_is_named",
                violation_error_message=_(
                    "대신 결재할 사람은 ‘아래에 정한 사람이 결재’를 고른 때에만, 그때는 반드시 정해 주십시오."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.document} {self.place}"


class Closure(models.Model):
    """A day the centre closes, or opens although it is a holiday. Whole days in Seoul."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("휴무")
        REOPENED = "reopened", _("문 엶")

    date = models.DateField(_("날"), unique=True)
    kind = models.CharField(_("구분"), max_length=10, choices=Kind.choices, default=Kind.CLOSED)
    reason = models.CharField(_("까닭"), max_length=120)
    entered_at = models.DateTimeField(_("적은 때"))

    class Meta:
        verbose_name = _("휴무일·문 여는 날")
        verbose_name_plural = _("휴무일·문 여는 날")
        ordering = ["-date"]

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class CalendarVersion(models.Model):
    """One row (pk 1): goes up by one whenever a closure is added, changed or removed.

    ``stamp`` is new each time, so that what was cached for a version that was rolled back is
    never taken for the version of the same number that came to stay.
    """

    version = models.PositiveIntegerField(default=1)
    stamp = models.UUIDField(default=uuid.uuid4)


class Option(models.Model):
    """A value the centre sets for itself; ``centre.options`` lists the keys and their defaults."""

    key = models.SlugField(_("항목"), max_length=60, unique=True)
    value = models.CharField(_("값"), max_length=400)

    class Meta:
        verbose_name = _("센터가 정한 값")
        verbose_name_plural = _("센터가 정한 값")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
