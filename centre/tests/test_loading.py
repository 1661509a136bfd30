"""The data file in the database: once, never over what people made of it."""

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password

from centre.checks import breaches
from centre.factories import TeamFactory
from centre.loading import NotADemo, load_centre_data
from centre.models import (
    Absence,
    ApprovalStep,
    Deputy,
    Expert,
    Option,
    Position,
    ReferralBody,
    StaffMember,
    Team,
    Topic,
    User,
)
from centre.queries import (
    Approver,
    approval_line,
    approver,
    desk_team,
    employed,
    is_present,
    stand_in,
)
from centre.tests.instants import at
from records.models import Event

pytestmark = pytest.mark.django_db

NOW = at("2026-11-20 14:00")  # a Friday


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def load(*, demo=False, now=NOW):
    return load_centre_data(now=now, demo=demo)


def person(username):
    return StaffMember.objects.get(user__username=username)


def counts():
    models = (Team, StaffMember, User, Deputy, Topic, Expert, ApprovalStep, ReferralBody, Absence)
    return [model.objects.count() for model in models]


def test_a_new_centre_has_everything_but_passwords():
    assert load() == []
    assert counts() == [6, 13, 14, 25, 12, 21, 10, 30, 0]
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert desk_team() == Team.objects.get(code="support")
    assert Topic.objects.get(taken_by_lead=True).code == "service"
    assert not Option.objects.exists()
    assert breaches(now=NOW) == []


def test_roles_positions_and_deputies_are_the_files():
    load()
    assert person("noh.jh").user.roles == {"desk", "handler"}
    assert User.objects.get(username="sys.admin").roles == {"administrator"}
    assert person("moon.tk").position == Position.DIRECTOR
    assert person("seo.yh").position == Position.SECRETARY_GENERAL
    assert person("oh.sr").position == Position.LEAD
    assert person("im.do").position == Position.MEMBER
    order = person("nam.gy").deputies.order_by("place")
    assert [deputy.stands_in.user.username for deputy in order] == ["baek.sw", "song.hn"]


def test_without_a_ground_nobody_is_an_expert():
    load()
    assert not Expert.objects.filter(ground="").exclude(approved_on=None).exists()
    assert not Expert.objects.exclude(ground="").filter(approved_on=None).exists()


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("response", [("lead", None, "deputy", "", None)]),
        ("response_by_lead", [("secretary_general", None, "other", "director", None)]),
        ("referral", [("lead", None, "other", "lead", "support")]),
        ("extension", [("lead", None, "other", "lead", "support")]),
        (
            "apology_letter",
            [
                ("lead", None, "deputy", "", None),
                ("director", None, "other", "secretary_general", None),
            ],
        ),
        (
            "caution",
            [("secretary_general", None, "wait", "", None), ("director", None, "wait", "", None)],
        ),
        ("repeat_closure", [("secretary_general", None, "other", "director", None)]),
        ("publication", [("director", None, "other", "secretary_general", None)]),
    ],
)
def test_approval_lines_are_the_files(document, line):
    load()
    assert [
        (
            step.position,
            step.team and step.team.code,
            step.when_absent,
            step.other_position,
            step.other_team and step.other_team.code,
        )
        for step in approval_line(document)
    ] == line


def test_the_lines_work_with_the_absences_of_the_demo():
    load(demo=True)
    education = Team.objects.get(code="education")
    [step] = approval_line("response")
    assert approver(step, team=education, at=NOW) == Approver(person("cha.mj"), person("oh.sr"))
    drafter = {person("cha.mj").pk}
    found = approver(step, team=education, at=NOW, without=drafter)
    assert found == Approver(person("bae.sj"), person("oh.sr"))
    [referral] = approval_line("referral")
    assert approver(referral, team=education, at=NOW) == Approver(person("bae.sj"))


def test_loading_again_changes_nothing_that_people_changed():
    load()
    before = counts()
    Team.objects.filter(code="support").update(name="다른 이름")
    Topic.objects.filter(code="site").update(active=False)
    person("nam.gy").deputies.all().delete()
    Topic.objects.get(code="record").experts.all().delete()
    ApprovalStep.objects.filter(document="caution", place=2).delete()
    StaffMember.objects.filter(user__username="oh.sr").update(left_on=date(2026, 1, 1))
    load()
    assert Team.objects.get(code="support").name == "다른 이름"
    assert not Topic.objects.get(code="site").active
    assert not person("nam.gy").deputies.exists()
    assert not Topic.objects.get(code="record").experts.exists()
    assert len(approval_line("caution")) == 1
    assert person("oh.sr").left_on
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [
        0, 0, 0, -2, 0, -2, -1, 0, 0,
    ]  # fmt: skip


# --- the demo -----------------------------------------------------------------------------------


def test_the_demo_has_sign_ins_that_work_and_are_shown_again(data_dir, settings):
    settings.DEMO = True
    first = load(demo=True)
    assert [line.user for line in first][:2] == ["moon.tk", "seo.yh"]
    assert {line.role for line in first} == {
        "manager", "lead", "desk+handler", "desk", "handler", "administrator",
    }  # fmt: skip
    for line in first:
        user = User.objects.get(username=line.user)
        assert user.check_password(line.password)
        assert not user.must_change_password
        validate_password(line.password, user)
    assert len({line.password for line in first}) == len(first)
    path = Path(data_dir) / "demo-sign-ins.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()).keys() == {line.user for line in first}
    before = counts()
    assert load(demo=True, now=at("2026-12-01 09:00")) == first
    assert counts() == before
    assert Event.objects.filter(kind="demo-loaded").count() == 1


def test_a_lost_file_gives_new_passwords(data_dir):
    old = load(demo=True)
    (data_dir / "demo-sign-ins.json").unlink()
    new = load(demo=True)
    assert old[0].password != new[0].password
    assert User.objects.get(username="moon.tk").check_password(new[0].password)


def test_a_new_database_beside_an_old_file_takes_its_passwords(data_dir):
    (data_dir / "demo-sign-ins.json").write_text(json.dumps({"moon.tk": "abcd-efgh-2345"}))
    assert load(demo=True)[0].password == "abcd-efgh-2345"
    assert User.objects.get(username="moon.tk").check_password("abcd-efgh-2345")


def test_the_absences_and_the_one_who_left():
    load(demo=True)
    assert not is_present(person("oh.sr"), at=at("2026-11-22 23:59"))
    assert is_present(person("oh.sr"), at=at("2026-11-23 00:00"))
    assert is_present(person("song.hn"), at=NOW)
    assert not is_present(person("song.hn"), at=at("2026-11-21 09:00"))
    assert not is_present(person("noh.jh"), at=NOW)
    assert is_present(person("noh.jh"), at=at("2026-11-20 15:00"))
    gone = person("jung.wr")
    assert gone.left_on == date(2026, 8, 1)
    assert not gone.user.is_active
    assert gone not in employed(at=NOW)
    assert str(stand_in(person("noh.jh"), at=NOW)) == "임다온 주임"


@pytest.mark.parametrize("now", ["2026-01-31 09:00", "2026-03-31 23:59"])
def test_three_months_back_is_a_day_there_is(now):
    load(demo=True, now=at(now))
    assert person("jung.wr").left_on.day == 1


def test_the_demo_is_not_put_on_top_of_anything_else():
    load()
    with pytest.raises(NotADemo, match="시연 자료를 넣지 않습니다"):
        load(demo=True)
    assert not Event.objects.exists()


def test_a_single_team_is_enough_to_keep_the_demo_out():
    TeamFactory()
    with pytest.raises(NotADemo):
        load(demo=True)
    assert not User.objects.exists()


def test_the_demos_database_may_be_loaded_plainly():
    load(demo=True)
    assert load() == []
