import threading

import pytest
from django.db import connection, transaction

from records.models import Counter
from records.services import next_number


@pytest.mark.django_db
def test_numbers_follow_one_another_under_each_name():
    assert [next_number(name="receipt:2026") for _ in range(3)] == [1, 2, 3]
    assert next_number(name="receipt:2027") == 1
    assert next_number(name="receipt:2026") == 4


@pytest.mark.django_db
def test_a_number_is_two_queries(django_assert_num_queries):
    next_number(name="receipt:2026")
    with django_assert_num_queries(2):
        next_number(name="receipt:2026")


@pytest.mark.django_db(transaction=True)
def test_a_number_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        next_number(name="receipt:2026")
    assert not Counter.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rollback_gives_the_number_back():
    with transaction.atomic():
        next_number(name="receipt:2026")
        transaction.set_rollback(True)
    with transaction.atomic():
        assert next_number(name="receipt:2026") == 1


@pytest.mark.postgres
@pytest.mark.races
@pytest.mark.django_db(transaction=True)
def test_threads_get_each_number_once_and_leave_no_gap():
    """The counter itself is made in the race; every third transaction is rolled back."""
    start = threading.Barrier(8)
    kept: list[int] = []

    def one(turn: int) -> None:
        with transaction.atomic():
            number = next_number(name="receipt:2026")
            if turn % 3 == 0:
                transaction.set_rollback(True)
        if turn % 3:
            kept.append(number)

    def run() -> None:
        try:
            start.wait()
            for turn in range(20):
                one(turn)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == list(range(1, len(kept) + 1))
    assert len(kept) == 8 * 13
