from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Concat, Upper
from django.test.utils import isolate_apps
from django.utils.functional import lazystr

from records.crypto import Unreadable
from records.fields import EncryptedJSONField, EncryptedTextField

pytestmark = pytest.mark.django_db

with isolate_apps("records"):

    class Box(models.Model):
        text = EncryptedTextField(blank=True, default="")
        remark = EncryptedTextField(null=True)
        data = EncryptedJSONField(default=dict)

        objects: models.Manager[Any] = models.Manager()

        class Meta:
            app_label = "records"


@pytest.fixture(autouse=True)
def _table(db):
    kind = "bigserial" if connection.vendor == "postgresql" else "integer"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE records_box (id {kind} PRIMARY KEY, text text NOT NULL, "
            "remark text NULL, data text NOT NULL)"
        )


def stored(column: str = "text") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s FROM records_box ORDER BY id" % column)  # noqa: S608, UP031
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("text", ["홍길동", "a", "줄\n바꿈 %s '\"", "가" * 20_000, "gAAAAAfake"])
def test_plain_in_python_and_never_in_the_database(text):
    box = Box.objects.create(text=text, remark=text, data={"name": text})
    assert box.text == text
    for column in ("text", "remark", "data"):
        assert stored(column)[0].startswith("gAAAAA")
        assert stored(column)[0] != text
        assert "홍길동" not in stored(column)[0]
    read = Box.objects.get()
    assert (read.text, read.remark, read.data) == (text, text, {"name": text})


def test_blank_stays_blank():
    Box.objects.create(text="", remark=None, data={})
    Box.objects.create(text="", remark="", data="")
    assert stored("text") == ["", ""]
    assert stored("remark") == [None, ""]
    assert stored("data") == ["", ""]
    assert list(Box.objects.order_by("pk").values_list("text", "remark", "data")) == [
        ("", None, {}),
        ("", "", {}),
    ]


@pytest.mark.parametrize(
    "value", [{"a": 1}, [], [1, "홍"], 0, False, "text", {"n": None}, 1.5, {"": {}}]
)
def test_json_comes_back_as_it_was(value):
    Box.objects.create(data=value)
    assert Box.objects.get().data == value
    assert stored("data") != [""]


def test_json_takes_dates():
    Box.objects.create(data={"at": datetime(2026, 1, 2, tzinfo=UTC)})
    assert Box.objects.get().data == {"at": "2026-01-02T00:00:00Z"}


def test_every_way_of_reading():
    box = Box.objects.create(text="하나")
    assert Box.objects.values_list("text", flat=True).get() == "하나"
    assert Box.objects.values("text").get() == {"text": "하나"}
    assert Box.objects.annotate(copy=F("text")).get().copy == "하나"
    deferred = Box.objects.defer("text").get()
    assert "text" in deferred.get_deferred_fields()
    assert deferred.text == "하나"
    assert Box.objects.only("id").get().text == "하나"
    assert next(Box.objects.iterator()).text == "하나"
    assert Box.objects.raw("SELECT * FROM records_box")[0].text == "하나"
    box.text = "둘"
    box.refresh_from_db()
    assert box.text == "하나"


def test_every_way_of_writing():
    one, two = Box.objects.bulk_create([Box(text="하나"), Box(text=lazystr("둘"))])
    assert [box.text for box in Box.objects.order_by("pk")] == ["하나", "둘"]
    one.text, two.text = "셋", "넷"
    Box.objects.bulk_update([one, two], ["text"])
    assert [box.text for box in Box.objects.order_by("pk")] == ["셋", "넷"]
    Box.objects.filter(pk=one.pk).update(text="다섯")
    two.text = "여섯"
    two.save(update_fields=["text"])
    assert [box.text for box in Box.objects.order_by("pk")] == ["다섯", "여섯"]
    Box.objects.update(remark=F("text"))  # a copied token is as good as its original
    assert [box.remark for box in Box.objects.order_by("pk")] == ["다섯", "여섯"]
    mine = Value("일", output_field=Box._meta.get_field("text"))
    Box.objects.update(text=Case(When(pk=one.pk, then=mine), default=F("text")))
    assert [box.text for box in Box.objects.order_by("pk")] == ["일", "여섯"]
    assert all(token.startswith("gAAAAA") for token in stored())
    Box.objects.update(text="")
    assert stored() == ["", ""]


@pytest.mark.parametrize(
    "computed", [Value("홍길동"), Concat(F("text"), Value("홍길동")), Upper(Value("a"))]
)
def test_the_database_cannot_put_plain_text_in(computed):
    Box.objects.create(text="하나")
    for write in (
        lambda: Box.objects.update(text=computed),
        lambda: Box.objects.update(data=computed),
        lambda: Box.objects.create(text=Upper(Value("홍길동"))),
        lambda: Box.objects.bulk_create([Box(remark=Value("홍길동"))]),
    ):
        with pytest.raises(FieldError), transaction.atomic():
            write()
    assert Box.objects.get().text == "하나"
    assert stored("remark") == [None]


def test_a_value_that_cannot_be_read_is_an_error(settings):
    Box.objects.create(text="홍길동", data={"a": 1})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_box SET remark = 'plain text'")
    with pytest.raises(Unreadable) as refused:
        Box.objects.get()
    assert "plain text" not in str(refused.value)
    assert Box.objects.values_list("text", flat=True).get() == "홍길동"  # others are undisturbed
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    for column in ("text", "data", "remark"):
        with pytest.raises(Unreadable):
            Box.objects.values_list(column, flat=True).get()


def test_an_older_key_still_reads(settings):
    Box.objects.create(text="홍길동")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    box = Box.objects.get()
    assert box.text == "홍길동"
    box.save()
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Box.objects.get().text == "홍길동"


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "홍길동"},
        {"text": F("remark")},
        {"text": lazystr("홍길동")},
        {"text__in": ["홍길동"]},
        {"text__contains": "홍"},
        {"text__icontains": "홍"},
        {"text__iexact": ""},
        {"text__startswith": "gAAAAA"},
        {"text__gt": ""},
        {"text__length": 3},
        {"text__regex": "."},
        {"data": {}},
        {"data__name": "홍길동"},
        {"data__has_key": "name"},
    ],
)
def test_other_look_ups_are_refused(asked):
    with pytest.raises(FieldError, match="is encrypted"):
        Box.objects.filter(**asked).exists()


def test_blank_and_null_can_be_asked():
    Box.objects.create(text="")
    Box.objects.create(text="하나", remark="하나", data={"a": 1})
    assert Box.objects.filter(text="").count() == 1
    assert Box.objects.exclude(text="").get().text == "하나"
    assert Box.objects.filter(data="").count() == 1
    assert Box.objects.filter(remark__isnull=True).count() == 1
    assert Box.objects.filter(remark=None).count() == 1


@pytest.mark.parametrize("option", ["unique", "db_index", "primary_key"])
def test_it_cannot_be_unique_or_indexed(option):
    with pytest.raises(ValueError, match="encrypted"):
        EncryptedTextField(**{option: True})


def test_neither_text_nor_token_shows_in_a_repr():
    box = Box.objects.create(text="홍길동")
    assert "홍길동" not in f"{box!r}{Box.objects.all()!r}"
    assert "gAAAAA" not in f"{box!r}{box.__dict__}{Box.objects.values()!r}"


def test_migrations_know_the_field():
    assert EncryptedTextField(blank=True).deconstruct()[1:] == (
        "records.fields.EncryptedTextField",
        [],
        {"blank": True},
    )


def test_threads_do_not_disturb_one_another():
    field = Box._meta.get_field("text")

    def there_and_back(number: int) -> bool:
        if number % 5 == 0:
            with pytest.raises(Unreadable):
                field.from_db_value("damaged", None, connection)
            return True
        token = field.get_prep_value(f"{number}")
        return field.from_db_value(token, None, connection) == f"{number}"

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(there_and_back, range(400)))
