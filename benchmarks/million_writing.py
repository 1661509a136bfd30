"""The tables of `million_rows`, table by table."""

from __future__ import annotations

from datetime import datetime

from benchmarks.million_rows import ASIDE, GREETING, ODDITY, PARAGRAPHS, SENTENCES, insert, run

_NUMBER = """
CREATE FUNCTION pg_temp.receipt_number(year int, sequence bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    digits text := lpad(year::text, 4, '0') || lpad(sequence::text, 6, '0');
    rest int := 36;
    total int;
BEGIN
    FOR i IN 1..10 LOOP
        total := (rest + ascii(substr(digits, i, 1)) - 48) % 36;
        IF total = 0 THEN total := 36; END IF;
        rest := total * 2 % 37;
    END LOOP;
    RETURN substr(digits, 1, 4) || '-' || substr(digits, 5) || '-'
        || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', (37 - rest) % 36 + 1, 1);
END $$
"""


def write(*, now: datetime) -> None:
    """Everything that hangs on the list of cases; the temporary tables are there."""
    _complaints(now=now)
    run(
        "INSERT INTO records_counter (name, value)"
        " SELECT 'receipt:' || year, count(*) FROM bench_case GROUP BY year"
    )
    _words()
    _answers()
    _commitments(now=now)
    _observations()
    _events()
    _notices()
    _visits()
    _callbacks()


def _complaints(*, now: datetime) -> None:
    from complaints.models import Complaint  # noqa: PLC0415

    run(_NUMBER)
    insert(
        Complaint,
        _CASES + _WITH_TEXTS,
        {"now": now},
        id="c.n",
        receipt_number="pg_temp.receipt_number(c.year, c.sequence)",
        kind="c.kind",
        topic_id="c.topic_id",
        channel="c.channel",
        subject="s.text",
        body=_BODY,
        anonymous="c.nameless",
        name="CASE WHEN c.nameless THEN '' ELSE p.name END",
        email="CASE WHEN c.nameless THEN '' ELSE p.email END",
        phone="CASE WHEN c.nameless THEN '' ELSE p.phone END",
        name_index="CASE WHEN c.nameless THEN '' ELSE p.by_name END",
        email_index="CASE WHEN c.nameless THEN '' ELSE p.by_email END",
        phone_index="CASE WHEN c.nameless THEN '' ELSE p.by_phone END",
        reply_by="CASE WHEN c.nameless THEN '' WHEN c.channel = 'phone' THEN 'phone' ELSE 'email' END",
        external_body="CASE WHEN c.channel = 'transfer' THEN '국민신문고' ELSE '' END",
        external_number="CASE WHEN c.channel = 'transfer' THEN 'EX-' || c.n ELSE '' END",
        received_at="c.received",
        registered_at="least(c.received + CASE WHEN c.channel = 'web' THEN interval '0' ELSE interval '9 minutes' END, %(now)s)",
        state="c.state",
        team_id="c.team_id",
        handler_id="CASE WHEN c.state <> 'received' THEN c.handler_id END",
        assigned_at="c.received",
        team_confirmed_at="CASE WHEN c.state NOT IN ('received', 'assigned') THEN c.received + interval '2 hours' END",
        decision="CASE WHEN c.state IN ('answered', 'closed') THEN 'informed' ELSE '' END",
        told_at="CASE WHEN c.state IN ('answered', 'closed') THEN c.told END",
        closed_at="CASE WHEN c.state IN ('closed', 'referred', 'withdrawn') THEN c.told + interval '7 days' END",
    )


#: Where a case stands now: open ones as their age allows, ended ones mostly closed.
_CASES = """
FROM (
    SELECT *, channel = 'box' AND now_in < 60 AS nameless,
           row_number() OVER (PARTITION BY year ORDER BY n) AS sequence,
           CASE WHEN told IS NOT NULL THEN
                CASE WHEN fate >= 995 THEN 'withdrawn' WHEN fate >= 985 THEN 'referred'
                     WHEN told > %(now)s - interval '7 days' THEN 'answered' ELSE 'closed' END
                WHEN received > %(now)s - interval '2 hours' OR now_in < 5 THEN 'received'
                WHEN now_in < 20 THEN 'assigned' WHEN now_in < 70 THEN 'reviewing'
                WHEN now_in < 80 THEN 'waiting' WHEN now_in < 95 THEN 'approving'
                ELSE 'telling' END AS state
      FROM bench_case
) c
JOIN bench_person p ON p.i = c.person
"""
_WITH_TEXTS = f"""
JOIN bench_sentence s ON s.i = pg_temp.r(c.n, 20, {SENTENCES})
JOIN bench_paragraph a ON a.i = pg_temp.r(c.n, 21, {PARAGRAPHS})
JOIN bench_paragraph b ON b.i = pg_temp.r(c.n, 22, {PARAGRAPHS})
"""
_BODY = f"""
    CASE WHEN pg_temp.r(c.n, 23, 10) < 3 THEN '{GREETING} ' ELSE '' END || a.text || ' '
    || CASE WHEN pg_temp.r(c.n, 24, 100) = 0 THEN '{ASIDE} ' ELSE '' END || b.text
    || CASE WHEN pg_temp.r(c.n, 25, 20000) = 0 THEN ' {ODDITY}' ELSE '' END
"""


def _words() -> None:
    """What the trigger would have written; pairs never span a space, so parts can be put together."""
    from complaints.models import Complaint  # noqa: PLC0415
    from complaints.words import Words  # noqa: PLC0415

    pairs = "complaints_pairs(s.text) || a.pairs || b.pairs"
    for text, when in (
        (GREETING, "pg_temp.r(c.n, 23, 10) < 3"),
        (ASIDE, "pg_temp.r(c.n, 24, 100) = 0"),
        (ODDITY, "pg_temp.r(c.n, 25, 20000) = 0"),
    ):
        pairs += f" || CASE WHEN {when} THEN complaints_pairs('{text}') ELSE '' END"
    insert(Words, "FROM bench_case c" + _WITH_TEXTS, complaint_id="c.n", pairs=pairs)
    ours = Complaint.objects.extra(
        tables=["complaints_words"],
        where=[
            "complaint_id = complaints_complaint.id",
            "mod(complaints_complaint.id, 997) = 0",
            "pairs <> complaints_pairs(subject || E'\\n' || body)",
        ],
    )
    assert not ours.exists(), "the words are not as the trigger writes them"


def _answers() -> None:
    from complaints.models import Approval, Response  # noqa: PLC0415

    insert(
        Response,
        "FROM bench_case c JOIN bench_sentence s ON s.i = pg_temp.r(c.n, 30, 400)"
        " WHERE told IS NOT NULL AND fate < 985 AND handler_id IS NOT NULL",
        id="n",
        complaint_id="n",
        status="'told'",
        decision="'informed'",
        answer="s.text || ' 확인하여 바로잡았습니다.'",
        drafted_by_id="handler_id",
        drafted_at="told - interval '5 hours'",
        submitted_at="told - interval '4 hours'",
        approved_at="told - interval '1 hour'",
        told_at="told",
    )
    insert(
        Approval,
        "FROM bench_case WHERE told IS NOT NULL AND fate < 985 AND handler_id IS NOT NULL",
        complaint_id="n",
        document="'response'",
        document_id="n",
        approver_id="lead_id",
        asked_at="told - interval '4 hours'",
        decision="'approved'",
        decided_at="told - interval '1 hour'",
    )


def _promise(code: str, source: str, **columns: str) -> None:
    """Commitments of one code, settled as their dates say."""
    from standards.models import Commitment, Standard  # noqa: PLC0415

    standard = Standard.objects.filter(code=code).latest("version")
    kept, due, version = columns["fulfilled_at"], columns["due_at"], standard.pk
    insert(
        Commitment,
        source,
        None,
        **{
            "standard_id": str(version),
            "code": f"'{code}'",
            "rule": f"'{standard.rule}'",
            "allowance": f"'{standard.allowance}'",
            "first_due_at": due,
            "state": f"CASE WHEN {kept} <= {due} THEN 'kept' WHEN {due} <= now() OR {kept} > {due}"
            " THEN 'missed' ELSE 'running' END",
            "settled_at": f"least({kept}, CASE WHEN {due} <= now() THEN {due} END)",
            "next_step": f"CASE WHEN {kept} IS NULL AND {due} > now() THEN 'missed' ELSE '' END",
            "next_step_at": f"CASE WHEN {kept} IS NULL AND {due} > now() THEN {due} END",
        }
        | columns,
    )


def _commitments(*, now: datetime) -> None:
    case = {"subject_type": "'complaint'", "subject_id": "n", "team_id": "team_id"}
    prefix = "'complaint:' || n || "
    _promise(
        "every-opinion",
        "FROM bench_case",
        key=prefix + "':every-opinion'",
        started_at="received",
        due_at="received + interval '4 hours'",
        fulfilled_at="least(received + interval '9 minutes', now())",
        **case,
    )
    named = "FROM bench_case WHERE NOT (channel = 'box' AND now_in < 60)"
    case["category"] = "kind"
    left_out = "fate >= 985 AND told IS NOT NULL"
    kept = f"CASE WHEN NOT ({left_out}) THEN told END"
    _promise(
        "reply",
        named,
        key=prefix + "':reply'",
        started_at="received",
        due_at="due",
        fulfilled_at=kept,
        state=f"CASE WHEN {left_out} THEN 'excluded' WHEN told <= due THEN 'kept'"
        " WHEN due <= now() THEN 'missed' ELSE 'running' END",
        excluded_why=f"CASE WHEN {left_out} THEN 'referred' ELSE '' END",
        settled_at="least(told, CASE WHEN due <= now() THEN due END)",
        next_step="CASE WHEN told IS NULL AND due > now() THEN 'missed' ELSE '' END",
        next_step_at="CASE WHEN told IS NULL AND due > now() THEN due END",
        **case,
    )
    _promise(
        "reply-renewed",
        f"{named} AND due < now() AND (told IS NULL OR told > due)",
        key=prefix + "':reply-renewed:1'",
        started_at="due",
        due_at="due + interval '7 days'",
        fulfilled_at=kept,
        **case,
    )
    _promise(
        "stage-1",
        f"{named} AND kind = 'complaint'",
        key=prefix + "':stage-1'",
        started_at="received",
        due_at="received + interval '1 day'",
        fulfilled_at="CASE WHEN fate % 25 > 0 AND received < now() - interval '6 hours'"
        " THEN received + interval '1 hour' * (fate % 6 + 0.5) END",
        **case,
    )


def _observations() -> None:
    from standards.models import Observation, Standard  # noqa: PLC0415

    for code, at, kept, some in (
        ("expert-assigned", "received", "(fate % 9 > 0)::int", "handler_id IS NOT NULL"),
        ("receipt-mail", "received", "(fate % 90 > 0)::int", "channel IN ('web', 'email')"),
        ("result-mail", "told", "(fate % 99 > 0)::int", "channel = 'web' AND told IS NOT NULL"),
    ):
        standard = Standard.objects.filter(code=code).latest("version")
        insert(
            Observation,
            f"FROM bench_case WHERE {some}",
            key=f"'complaint:' || n || ':{code}'",
            standard_id=str(standard.pk),
            team_id="team_id",
            at=at,
            kept=kept,
        )


def _events() -> None:
    from records.models import Event  # noqa: PLC0415

    for kind, at, actor, some in (
        ("complaint-received", "received", "citizen", "TRUE"),
        ("assigned", "received", "system", "handler_id IS NOT NULL"),
        ("told", "told", "system", "told IS NOT NULL AND fate < 985"),
        ("closed", "told + interval '7 days'", "staff", "told < now() - interval '7 days'"),
    ):
        insert(
            Event,
            f"FROM bench_case WHERE {some}",
            subject_type="'complaint'",
            subject_id="n",
            kind=f"'{kind}'",
            at=at,
            recorded_at=at,
            actor_kind=f"'{actor}'",
            actor_label=f"'{actor}'",
            data="jsonb_build_object('channel', channel, 'kind', kind)",
            key=f"'complaint:' || n || ':{kind}'",
        )


def _notices() -> None:
    from notices.models import Notice  # noqa: PLC0415

    letter = "JOIN bench_letter w ON w.i = pg_temp.r(c.n, 40, 200)"
    for template, at, some in (
        ("receipt", "received", "NOT (channel = 'box' AND now_in < 60)"),
        ("response", "told", "told IS NOT NULL AND fate < 985"),
    ):
        insert(
            Notice,
            f"FROM bench_case c JOIN bench_person p ON p.i = c.person {letter} WHERE {some}",
            key=f"'complaint:' || n || ':{template}'",
            template=f"'{template}'",
            audience="'citizen'",
            subject_type="'complaint'",
            subject_id="n",
            channel="CASE WHEN channel = 'phone' THEN 'phone' ELSE 'email' END",
            recipient="p.email",
            recipient_name="p.name",
            title="w.text",
            body="w.text",
            status="'delivered'",
            owed_at=at,
            next_attempt_at=at,
            attempts="1",
            delivered_at=f"{at} + interval '4 seconds'",
        )
    insert(
        Notice,
        f"FROM bench_case c {letter} WHERE handler_id IS NOT NULL",
        key="'complaint:' || n || ':assigned:1'",
        template="'assigned'",
        audience="'staff'",
        subject_type="'complaint'",
        subject_id="n",
        staff_id="handler_id",
        channel="'email'",
        title="''",
        body="w.text",
        status="'delivered'",
        owed_at="received",
        next_attempt_at="received",
        attempts="1",
        delivered_at="received + interval '4 seconds'",
    )


def _visits() -> None:
    """A visitor for every fifth case."""
    from reception.models import Visit  # noqa: PLC0415

    source = "FROM bench_case WHERE n % 5 = 0"
    served = "received + (fate % 20) * interval '1 minute'"
    insert(
        Visit,
        source,
        id="n / 5",
        form_token="'bench-' || n",  # noqa: S106 - an expression
        label="'초록 ' || n % 100",
        purpose="CASE WHEN fate % 10 < 6 THEN 'consult' WHEN fate % 10 < 9 THEN 'papers' ELSE 'other' END",
        team_id="team_id",
        state="'served'",
        arrived_at="received",
        recorded_at="received",
        recorded_by_id="lead_id",
        served_at=served,
        served_by_id="handler_id",
        ended_at="received + interval '50 minutes'",
    )
    _promise(
        "visit-wait",
        f"{source} AND fate % 10 < 9",
        key="'visit:' || n / 5 || ':wait'",
        subject_type="'visit'",
        subject_id="n / 5",
        team_id="team_id",
        category="CASE WHEN fate % 10 < 6 THEN 'consult' ELSE 'papers' END",
        started_at="received",
        due_at="received + interval '15 minutes'",
        fulfilled_at=served,
    )


def _callbacks() -> None:
    """Somebody to ring back for every tenth case."""
    from reception.models import ContactNote  # noqa: PLC0415

    source = "FROM bench_case c JOIN bench_person p ON p.i = c.person WHERE n % 10 = 0"
    rung = "received + (fate % 70) * interval '1 minute'"
    insert(
        ContactNote,
        source,
        id="n / 10",
        form_token="'bench-' || n",  # noqa: S106 - an expression
        origin="'phone'",
        sought_id="coalesce(handler_id, lead_id)",
        keeper_id="coalesce(handler_id, lead_id)",
        team_id="team_id",
        name="p.name",
        contact="p.phone",
        matter="p.name",
        taken_by_id="lead_id",
        taken_at="received",
        first_attempt_at=rung,
        ending="'reached'",
        closed_at=rung,
    )
    _promise(
        "phone-callback",
        source,
        key="'callback:' || n / 10 || ':contact'",
        subject_type="'callback'",
        subject_id="n / 10",
        team_id="team_id",
        started_at="received",
        due_at="received + interval '1 hour'",
        fulfilled_at=rung,
    )
