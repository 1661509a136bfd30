"""The centre's own values: typed, checked, and the default until somebody chooses."""

import pytest

from centre import options
from centre.calendar import Allowance, Unit
from centre.errors import BadOption
from centre.models import Option
from centre.services import set_option
from centre.tests.instants import FRIDAY
from records.actors import SYSTEM
from records.models import Event

pytestmark = pytest.mark.django_db


def put(key, value):
    set_option(key=key, value=value, by=SYSTEM, now=FRIDAY)


@pytest.mark.parametrize("spec", options.specs().values(), ids=lambda spec: spec.key)
def test_every_default_is_right_and_can_be_shown(spec):
    assert options.parse(spec, spec.default) == options.value(spec.key)
    assert options.shown(spec, spec.default)
    assert str(spec.label)
    assert str(spec.source) in {"헌장", "센터가 정한 값"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("centre_phone", "(054)855-1365"),
        ("reply_rule", "civil_days"),
        ("new_promise_days", 3),
        ("approval_wait", Allowance(4, Unit.HOURS)),
        ("supplement_days", 7),
        ("filings_per_hour", 30),
        ("code_tries_per_address", 20),
        ("code_tries_per_number", 10),
        ("retention_years", 3),
        ("repeat_window_days", 365),
        ("official_masthead", False),
    ],
)
def test_defaults(key, value):
    assert options.value(key) == value


def test_what_was_set_is_in_force_and_recorded():
    put("new_promise_days", " 5 ")
    assert options.number("new_promise_days") == 5
    assert options.values()["new_promise_days"] == 5
    event = Event.objects.get()
    assert event.kind == "option-set"
    assert event.data == {"key": "new_promise_days", "before": "3", "after": "5"}
    put("new_promise_days", "5")
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("new_promise_days", "0", "1부터 30까지"),
        ("new_promise_days", "-1", "숫자만"),
        ("new_promise_days", "셋", "숫자만"),
        ("new_promise_days", "３", "숫자만"),  # a full-width digit
        ("new_promise_days", "31", "1부터 30까지"),
        ("approval_wait", "4", "처리기간은"),
        ("approval_wait", "2d", "‘4h’처럼"),
        ("approval_wait", "0h", "1 이상"),
        ("reply_rule", "whenever", "다음 가운데"),
        ("official_masthead", "true", "‘yes’ 또는"),
        ("centre_name", " ", "빈칸"),
        ("centre_name", "가" * 201, "200자"),
        ("centre_name", "두\n줄", "한 줄로"),
        ("centre_phone", "전화", "형식"),
        ("centre_url", "javascript:alert(1)", "형식"),
    ],
)
def test_a_bad_value_is_refused_in_korean(key, value, says):
    with pytest.raises(BadOption, match=says) as refused:
        put(key, value)
    assert str(options.specs()[key].label) in str(refused.value)
    assert not Option.objects.exists()


def test_an_unknown_key_is_an_error_and_a_broken_row_is_not_guessed():
    with pytest.raises(KeyError):
        options.value("no_such_thing")
    Option.objects.create(key="retention_years", value="viele")
    with pytest.raises(BadOption):
        options.value("retention_years")


def test_all_values_are_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        options.values()
    with django_assert_num_queries(1):
        assert options.text("centre_name")
    with django_assert_num_queries(1):
        assert options.allowance("approval_wait").value == 4
