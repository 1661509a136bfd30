from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from records import crypto


@pytest.mark.parametrize("text", ["홍길동", "", "a" * 100_000, "줄\n바꿈", "😀", "\x00"])
def test_what_is_encrypted_can_be_read(text):
    token = crypto.encrypt(text)
    assert token.isascii()
    assert crypto.decrypt(token) == text
    assert crypto.encrypt(text) != token


@pytest.mark.parametrize("token", ["", "홍길동", "010-1234-5678", "gAAAAA", "\ud800"])
def test_what_is_no_token_is_an_error_that_shows_nothing(token):
    with pytest.raises(crypto.Unreadable) as refused:
        crypto.decrypt(token)
    assert not token or token not in str(refused.value)


def test_a_changed_token_is_an_error():
    token = crypto.encrypt("홍길동")
    changed = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(changed)


def test_older_keys_read_and_the_newest_writes(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    before = crypto.encrypt("홍길동")
    settings.FIELD_KEYS = [new, old]
    after = crypto.encrypt("홍길동")
    assert crypto.decrypt(before) == "홍길동"
    settings.FIELD_KEYS = [new]
    assert crypto.decrypt(after) == "홍길동"
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(before)


def test_without_keys_nothing_is_written(settings):
    settings.FIELD_KEYS = []
    settings.INDEX_KEY = ""
    with pytest.raises(ImproperlyConfigured):
        crypto.encrypt("홍길동")
    with pytest.raises(ImproperlyConfigured):
        crypto.blind_index("name", "홍길동")


def test_a_refused_value_does_not_disturb_other_threads():
    tokens = [crypto.encrypt(f"{n}") if n % 3 else "damaged" for n in range(300)]

    def read(token: str) -> str:
        try:
            return crypto.decrypt(token)
        except crypto.Unreadable:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(read, tokens))
    assert texts == [f"{n}" if n % 3 else "refused" for n in range(300)]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "Hana@Example.com", " hana@example.com"),
        ("phone", "+82 (0)10 1234 5678", "010-1234-5678"),
        ("name", "홍 길동", "홍길동"),
    ],
)
def test_a_blind_index_is_of_the_normal_form(kind, one, other):
    assert crypto.blind_index(kind, one) == crypto.blind_index(kind, other)
    assert len(crypto.blind_index(kind, one)) == 64


def test_a_blind_index_depends_on_kind_and_key(settings):
    first = crypto.blind_index("name", "1")
    assert first != crypto.blind_index("phone", "1")
    assert first != crypto.keyed_hash("name", "1")
    settings.INDEX_KEY = b"another"
    assert first != crypto.blind_index("name", "1")
    with pytest.raises(KeyError):
        crypto.blind_index("fax", "1")


@pytest.mark.parametrize(("kind", "value"), [("email", ""), ("name", " "), ("phone", "없음")])
def test_nothing_has_no_blind_index(kind, value):
    assert crypto.blind_index(kind, value) == ""


def test_a_keyed_hash_takes_its_value_as_it_is():
    assert crypto.keyed_hash("access", "AB") != crypto.keyed_hash("access", "ab")
    assert crypto.keyed_hash("a", "bc") != crypto.keyed_hash("ab", "c")
    assert crypto.keyed_hash("access", "") != ""
