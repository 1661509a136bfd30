"""The rows of a centre with very many cases, written by the database itself from a numbered list.

Everything follows from a case's number by hashing, so that two loads of one size are alike. What
is encrypted is valid and repeats: names, contacts and letters come from pools made beforehand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, models

#: How long ago the first case came.
DAYS: Final = 1096
PEOPLE: Final = 20_000
SENTENCES: Final = 400
PARAGRAPHS: Final = 4_000
#: Words to look for: how often each stands in a text is known, and no sentence holds them.
FREQUENT: Final = "안녕"  # in three of ten
COMMON: Final = "주차"  # in one of a hundred
RARE: Final = "누각"  # in one of twenty thousand

_PLACES = (
    "물길공원", "중앙시장", "장애인복지관", "도서관", "보훈회관", "노인복지관", "초등학교 앞",
    "터미널", "역 광장", "체육관", "주민센터", "강변 산책로", "청소년수련관", "요양원", "아동센터",
    "전통시장", "미술관", "보건소", "마을회관", "폐교 캠핑장",
)  # fmt: skip
_WHATS = (
    "봉사 시간이", "확인서가", "교육 신청이", "모집 글이", "활동 일정이", "담당자 연락이",
    "인증 서류가", "보험 안내가", "간식 준비가", "집결 장소가", "자원봉사 실적이", "홈페이지 화면이",
    "문자 알림이", "대기 순서가", "상담 전화가", "휠체어 경사로가", "조끼와 장갑이", "버스 시간이",
    "우수 봉사자 표창이", "가족 봉사단 모임이",
)  # fmt: skip
_HOWS = (
    "아직 올라오지 않았습니다.", "안내와 달랐습니다.", "미리 알려 주시면 좋겠습니다.",
    "두 번이나 바뀌었습니다.", "찾기 어려웠습니다.", "덕분에 잘 마무리되었습니다.",
    "왜 늦어지는지 궁금합니다.", "다시 확인해 주시기 바랍니다.", "무척 친절하셔서 고마웠습니다.",
    "서로 맞지 않아 헛걸음했습니다.",
)  # fmt: skip
GREETING = "안녕하십니까. 지난번에도 말씀드린 적이 있는 사람입니다."
ASIDE = "차를 둘 곳이 없어 주차 때문에도 한참을 돌았습니다."
ODDITY = "오래된 누각 옆에서 있었던 일입니다."


def sentences() -> list[str]:
    """Sentences of varied words, in an order that mixes them."""
    every = [" ".join(words) for words in itertools.product(_PLACES, _WHATS, _HOWS)]
    found = [every[(n * 1021) % len(every)] for n in range(SENTENCES)]
    assert not any(w in text for w in (FREQUENT, COMMON, RARE) for text in found)
    return found


def run(statement: str, values: Mapping[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def copy(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """A temporary table of these rows."""
    run(f"CREATE TEMP TABLE {table} ({columns})")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as into:
        for row in rows:
            into.write_row(row)
    run(f"ANALYZE {table}")


def insert(
    model: type[models.Model],
    source: str,
    values: Mapping[str, Any] | None = None,
    **columns: str,
) -> None:
    """INSERT … SELECT: each column from its expression, and what is not named by its default."""
    names, expressions = [], []
    for field in model._meta.concrete_fields:
        given = columns.pop(field.attname, None)
        if given is None and field.primary_key:
            continue
        names.append(f'"{field.column}"')
        expressions.append(given if given is not None else _default(field))
    assert not columns, f"{model.__name__} has no {', '.join(columns)}"
    table = model._meta.db_table
    run(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(expressions)} {source}", values
    )


def _default(field: models.Field[Any, Any]) -> str:
    value = field.get_default()
    if value is None or field.null:
        return "NULL"
    if value == {} and field.get_internal_type() == "JSONField":
        return "'{}'::jsonb"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(value)
    return "'{}'".format("" if value == {} else str(value).replace("'", "''"))


# --- what the rows are made of --------------------------------------------------------------------


#: Half a text each, so that a million texts hardly repeat.
_PARAGRAPHS = f"""
CREATE TEMP TABLE bench_paragraph AS
SELECT i, (SELECT string_agg(text, ' ' ORDER BY k)
             FROM generate_series(0, 4) AS k
             JOIN bench_sentence s
               ON s.i = (hashint8extended(p.i, k) & 2147483647) % {SENTENCES}) AS text
  FROM generate_series(0, {PARAGRAPHS - 1}) AS p(i);
ALTER TABLE bench_paragraph ADD pairs tsvector;
UPDATE bench_paragraph SET pairs = complaints_pairs(text);
ANALYZE bench_paragraph
"""  # noqa: S608 - nothing from outside


def lay_out(count: int, *, now: datetime) -> None:
    """The temporary tables from which everything is written: people, sentences, and the list of cases."""
    _people()
    copy("bench_sentence", "i int, text text", list(enumerate(sentences())))
    run(_PARAGRAPHS)
    run(
        """
        CREATE FUNCTION pg_temp.r(n bigint, salt int, size int) RETURNS int LANGUAGE sql IMMUTABLE
        AS 'SELECT ((hashint8extended($1, $2) & 2147483647) % $3)::int'
        """
    )
    run(
        """
        CREATE TEMP TABLE bench_topic AS
        SELECT (row_number() OVER (ORDER BY id) - 1)::int AS i, id AS topic_id, team_id
          FROM centre_topic WHERE team_id IS NOT NULL AND active;
        CREATE TEMP TABLE bench_staff AS
        SELECT (row_number() OVER (PARTITION BY team_id ORDER BY id) - 1)::int AS i,
               count(*) OVER (PARTITION BY team_id)::int AS of, id AS staff_id, team_id
          FROM centre_staffmember WHERE left_on IS NULL;
        """
    )
    run(_CASES, {"count": count, "now": now, "start": now - timedelta(days=DAYS)})
    run("ALTER TABLE bench_case ADD PRIMARY KEY (n); ANALYZE bench_case")


def _people() -> None:
    from records.crypto import blind_index, encrypt  # noqa: PLC0415

    family, given = "김이박최정강조윤장임", "하람서준지우민서도윤예은시우수아주원채원"

    def person(i: int) -> tuple[Any, ...]:
        name = family[i % 10] + given[i // 10 % 10 * 2] + given[i // 100 % 10 * 2 + 1]
        email, phone = f"bench{i}@example.invalid", f"0105{i:07d}"
        return (
            i, encrypt(name), encrypt(email), encrypt(phone),
            blind_index("name", name), blind_index("email", email), blind_index("phone", phone),
        )  # fmt: skip

    columns = "i int, name text, email text, phone text, by_name text, by_email text, by_phone text"
    copy("bench_person", columns, map(person, range(PEOPLE)))
    letters = (
        (i, encrypt(f"고객님의 말씀에 답을 드립니다. {i}번째 글입니다.")) for i in range(200)
    )
    copy("bench_letter", "i int, text text", letters)


#: ``told`` is when the answer reached the citizen; null while the case is open.
_CASES = """
CREATE TEMP TABLE bench_case AS
WITH days AS (
    SELECT n, %(start)s + n::float8 / %(count)s * (%(now)s - %(start)s) AS about,
           pg_temp.r(n, 1, 1000) AS channel_of, pg_temp.r(n, 2, 100) AS kind_of,
           pg_temp.r(n, 3, 1000) AS fate
      FROM generate_series(1, %(count)s) AS n
), arrivals AS (
    SELECT *, least(
        date_trunc('day', about AT TIME ZONE 'Asia/Seoul') AT TIME ZONE 'Asia/Seoul'
        + CASE WHEN channel_of < 550 THEN interval '7 hours' ELSE interval '9 hours' END
        + pg_temp.r(n, 4, CASE WHEN channel_of < 550 THEN 57600 ELSE 32400 END)
          * interval '1 second',
        %(now)s - (%(count)s - n + 60) * interval '1 second') AS received
      FROM days
), ends AS (
    SELECT *, received + CASE
               WHEN fate < 950 THEN interval '6 hours' + pg_temp.r(n, 5, 550000) * interval '1 s'
               WHEN fate < 985 THEN interval '8 days' + pg_temp.r(n, 5, 400000) * interval '1 s'
               ELSE interval '2 days' + pg_temp.r(n, 5, 100000) * interval '1 s' END AS ended,
           pg_temp.r(n, 6, 2000) = 0 AS stuck
      FROM arrivals
)
SELECT n, received, fate,
       CASE WHEN ended <= %(now)s AND NOT stuck THEN ended END AS told,
       CASE WHEN kind_of < 55 THEN 'complaint' WHEN kind_of < 75 THEN 'suggestion'
            WHEN kind_of < 85 THEN 'compliment' ELSE 'enquiry' END AS kind,
       CASE WHEN channel_of < 550 THEN 'web' WHEN channel_of < 800 THEN 'phone'
            WHEN channel_of < 880 THEN 'visit' WHEN channel_of < 930 THEN 'email'
            WHEN channel_of < 960 THEN 'box' WHEN channel_of < 975 THEN 'post'
            WHEN channel_of < 985 THEN 'fax' WHEN channel_of < 995 THEN 'letter'
            ELSE 'transfer' END AS channel,
       (date_trunc('day', received AT TIME ZONE 'Asia/Seoul') + interval '7 days 18 hours')
           AT TIME ZONE 'Asia/Seoul' AS due,
       extract(year FROM received AT TIME ZONE 'Asia/Seoul')::int AS year,
       t.topic_id, t.team_id, s.staff_id AS handler_id, l.staff_id AS lead_id,
       pg_temp.r(n, 8, 100) AS now_in, pg_temp.r(n, 9, 20000) AS person
  FROM ends
  JOIN bench_topic t ON t.i = floor(
       power(pg_temp.r(n, 7, 10000) / 10000.0, 2) * (SELECT count(*) FROM bench_topic))
  LEFT JOIN bench_staff s ON s.team_id = t.team_id AND s.i = pg_temp.r(n, 10, s.of)
  LEFT JOIN bench_staff l ON l.team_id = t.team_id AND l.i = 0
"""
