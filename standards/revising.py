"""A promise changes by a new version: what is the centre's own, never what the charter says.

The charter's words (quote and clauses) and a limit that the charter sets stay as they are. The
target, the wording of the measure and the centre's own limit may change, from today on; what was
promised before keeps the version under which it was promised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from centre import steady
from centre.calendar import UNITS, Allowance, CalendarError, Rule, Unit, seoul_day
from centre.queries import calendar
from records.actors import Actor
from records.services import record
from standards.charter import close
from standards.errors import CannotRevise, ChangedMeanwhile, UnknownStandard
from standards.models import Standard
from standards.terms import SET_BY_THE_CENTRE

SUBJECT: Final = "standard"
_LONGEST: Final = timedelta(days=366)
_THOUSANDTHS: Final = Decimal("0.001")


def revisable(standard: Standard) -> frozenset[str]:
    """The fields of a version that are the centre's own."""
    fields = {"measure", "target"}
    if standard.own_limit:
        fields.add("limit_text")
        if standard.allowance and standard.code not in SET_BY_THE_CENTRE:
            fields |= {"allowance", "allowances"}
    return frozenset(fields)


@transaction.atomic
def revise_standard(
    *,
    code: str,
    version: int,
    why: str,
    by: Actor,
    now: datetime,
    measure: str | None = None,
    limit_text: str | None = None,
    target: Decimal | None = None,
    allowance: str | None = None,
    allowances: Mapping[str, str] | None = None,
) -> Standard:
    """Make the next version of a standard, valid from today in Seoul, and close the old one.

    ``version`` is the one that was seen; ChangedMeanwhile when it is in force no more. What is
    None stays; ``target`` is 0 to 1, ``allowances`` names the variants that change. A second
    version on one day replaces the first, which then was in force on no day. CannotRevise names
    the field: what is the charter's, what does not fit, a limit whose wording says something
    else, or nothing changed.
    """
    standard = Standard.objects.filter(code=code, valid_until=None).first()
    if standard is None:
        raise UnknownStandard(_("지금 쓰는 이행표준 가운데 '%s'이(가) 없습니다.") % code)
    if standard.version != version:
        raise ChangedMeanwhile
    asked = {
        "measure": measure,
        "limit_text": limit_text,
        "target": target,
        "allowance": allowance,
        "allowances": allowances,
    }
    changes = _changes(standard, asked, now=now)
    if not why.strip():
        raise CannotRevise(_("바꾸는 까닭을 적어 주십시오."), field="why")
    if not close(standard, on=seoul_day(now)):
        raise ChangedMeanwhile
    return _next_version(standard, changes, why=why.strip(), by=by, now=now)


def _next_version(
    standard: Standard, changes: dict[str, Any], *, why: str, by: Actor, now: datetime
) -> Standard:
    clauses = list(standard.clauses.all())
    before = {name: getattr(standard, name) for name in changes}
    values = {
        field.attname: getattr(standard, field.attname)
        for field in Standard._meta.concrete_fields
        if not field.primary_key
    }
    made = {"version": standard.version + 1, "valid_from": seoul_day(now), "valid_until": None}
    new = Standard.objects.create(**values | changes | made | {"revised": True})
    steady.forget()
    new.clauses.set(clauses)
    record(
        subject_type=SUBJECT,
        subject_id=new.pk,
        kind="standard-revised",
        at=now,
        by=by,
        text=why,
        data={
            "code": new.code,
            "version": new.version,
            "changes": {
                name: [_plain(before[name]), _plain(value)] for name, value in changes.items()
            },
        },
    )
    return new


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


# --- what may be asked for ------------------------------------------------------------------------


def _changes(standard: Standard, asked: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """What differs from the version in force, checked and written as it is stored."""
    own = revisable(standard)
    changes: dict[str, Any] = {}
    for name, value in asked.items():
        if value is None:
            continue
        found = _CHECKS[name](standard, value, now)
        if found != getattr(standard, name):
            if name not in own:
                raise CannotRevise(_why_not(standard), field=name)
            changes[name] = found
    if not changes:
        raise CannotRevise(_("바뀐 것이 없습니다. 바꿀 칸을 고쳐 주십시오."))
    if changes.keys() & {"allowance", "allowances"} and not changes.keys() & {
        "measure",
        "limit_text",
    }:
        raise CannotRevise(
            _(
                "기간을 바꾸면 사람들이 읽는 ‘기준’이나 ‘이렇게 잽니다’도 새 기간에 맞게 고쳐 주십시오."
            ),
            field="limit_text",
        )
    return changes


def _why_not(standard: Standard) -> str:
    if not standard.own_limit:
        return _("헌장이 정한 기준은 바꿀 수 없습니다.")
    if standard.code in SET_BY_THE_CENTRE:
        return _("이 기간은 ‘센터가 정한 값’에서 바꿉니다.")
    return _("이 약속은 기간으로 재지 않습니다.")


def _measure(_standard: Standard, value: str, _now: datetime) -> str:
    return _text(value, field="measure", most=2_000)


def _limit_text(standard: Standard, value: str, _now: datetime) -> str:
    text = _text(value, field="limit_text", most=80)
    if standard.own_limit and "*" not in text:
        raise CannotRevise(
            _("센터가 스스로 정한 수에는 *를 붙여 주십시오. 예: 3근무일*"), field="limit_text"
        )
    return text


def _text(value: str, *, field: str, most: int) -> str:
    text = " ".join(value.split())
    if not text:
        raise CannotRevise(_("빈칸으로 둘 수 없습니다."), field=field)
    if len(text) > most:
        raise CannotRevise(_("%d자까지 적을 수 있습니다.") % most, field=field)
    return text


def _target(_standard: Standard, value: Decimal, _now: datetime) -> Decimal:
    if not (value.is_finite() and 0 <= value <= 1):
        raise CannotRevise(_("목표는 0%에서 100% 사이여야 합니다."), field="target")
    if value != value.quantize(_THOUSANDTHS):
        raise CannotRevise(_("목표는 0.1% 단위로 적어 주십시오."), field="target")
    return value.quantize(_THOUSANDTHS)


def _allowance(standard: Standard, value: str, now: datetime) -> str:
    return _length(standard, value, field="allowance", now=now)


def _allowances(standard: Standard, value: Mapping[str, str], now: datetime) -> dict[str, str]:
    if unknown := value.keys() - standard.allowances.keys():
        names = ", ".join(sorted(unknown))
        raise CannotRevise(_("이 약속에 없는 갈래입니다: %s") % names, field="allowances")
    known: dict[str, str] = standard.allowances
    return known | {
        variant: _length(standard, text, field=f"allowance_{variant}", now=now)
        for variant, text in value.items()
    }


def _length(standard: Standard, value: str, *, field: str, now: datetime) -> str:
    """An allowance that fits the rule, and that can be computed today."""
    if not standard.rule or standard.rule == Rule.PERIODIC:
        raise CannotRevise(_why_not(standard), field=field)
    rule = Rule(standard.rule)
    try:
        length = Allowance.parse(value)
    except CalendarError:
        length = None
    if length is None or length.unit not in UNITS[rule]:
        if Unit.DAYS in UNITS[rule]:
            raise CannotRevise(_("‘7d’처럼 날수로 적어 주십시오."), field=field)
        raise CannotRevise(
            _("‘4h’나 ‘15m’처럼 시간이나 분으로 적어 주십시오. 1근무일은 8h입니다."), field=field
        )
    try:
        far = calendar().due(rule, length, now).instant - now > _LONGEST
    except CalendarError:
        far = True
    if far:
        raise CannotRevise(_("한 해 안에 끝나는 기간을 적어 주십시오."), field=field)
    return str(length)


_CHECKS: Final[Mapping[str, Any]] = {
    "measure": _measure,
    "limit_text": _limit_text,
    "target": _target,
    "allowance": _allowance,
    "allowances": _allowances,
}
