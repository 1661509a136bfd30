import time
import unicodedata

import pytest

from records.masking import mask_email, mask_name, mask_phone, mask_text


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("홍길동", "홍*동"),
        ("홍길", "홍*"),
        ("홍", "*"),
        ("남궁민우", "남**우"),
        ("황보한솔님", "황***님"),
        ("홍 길동", "홍*동"),
        (" 홍길동 ", "홍*동"),
        (unicodedata.normalize("NFD", "홍길동"), "홍*동"),
        ("田中太郎", "田**郎"),
        ("Nguyễn Thị Lan", "N***** T** L**"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Lan"), "N***** T** L**"),
        ("Smith", "S****"),
        ("J Smith", "* S****"),
        ("O'Brien", "O******"),
        ("김 Maria", "* M****"),
        ("홍길동(민수)", "홍******"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_name(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("010-1234-5678", "010-****-5678"),
        ("01012345678", "010-****-5678"),
        ("+82 10 1234 5678", "010-****-5678"),
        ("0111234567", "011-***-4567"),
        ("054-274-1365", "054-***-1365"),
        ("02-123-4567", "02-***-4567"),
        ("1588-1234", "****-1234"),
        ("+1 415 555 2671", "+* *** *** 2671"),
        ("1365", "****"),
        ("12-3-4", "**-*-*"),
        ("없음", "**"),
        ("", ""),
    ],
)
def test_a_phone(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("hana@example.com", "ha***@example.com"),
        ("abc@example.com", "ab***@example.com"),
        ("ab@example.com", "a***@example.com"),
        ("a@example.com", "***@example.com"),
        ('"a@b"@example.com', '"a***@example.com'),
        ("hana", "***"),
        ("@example.com", "***"),
        ("hana@", "***"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_an_email(email, masked):
    assert mask_email(email) == masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("010-1234-5678로 연락 주세요", "010-****-5678로 연락 주세요"),
        ("01012345678", "010-****-5678"),
        ("+82 10-1234-5678 입니다", "010-****-5678 입니다"),
        ("054) 123-1365", "054-***-1365"),
        ("메일 hana@example.com 로", "메일 ha***@example.com 로"),
        ("900101-1234567", "******-*******"),
        ("9001011234567", "******-*******"),
        ("계좌 110-234-567890", "계좌 ***-***-******"),
        ("김하람이 냈습니다", "김*람이 냈습니다"),
        ("접수번호 2026-000123-K 건", "접수번호 2026-000123-K 건"),
        ("2026-012345-6", "2026-012345-6"),
        ("2026-11-22 14:03 방문, 3,000명", "2026-11-22 14:03 방문, 3,000명"),
        ("봉사 시간 3시간", "봉사 시간 3시간"),
        ("", ""),
    ],
)
def test_texts_lose_what_tells_of_a_person(text: str, shown: str) -> None:
    assert mask_text(text, names=("김하람", "")) == shown


def test_a_long_text_is_masked_in_no_time() -> None:
    started = time.monotonic()
    mask_text("a" * 20_000 + "0-" * 20_000 + "1" * 20_000 + "@" * 10_000)
    assert time.monotonic() - started < 2
