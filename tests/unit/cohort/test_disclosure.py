"""What may be told of small groups, question after question."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from app.cohort.disclosure import Disclosures, Verdict

N = 100


class Asker:
    """Asks about sets of the patients 0 to 99; a question is named by what it asks."""

    def __init__(self, minimum=10):
        self.disclosures = Disclosures(minimum)

    def ask(self, meant, *groups):
        """Judge groups, each a range or list of patients; who is meant in none is left out."""
        masks = [mask(group) for group in groups]
        sizes = [len(group) for group in groups]
        question = (tuple(meant), *(tuple(group) for group in groups))
        return self.disclosures.judge(question, mask(meant), masks, sizes)

    def shows(self, meant, *groups):
        """Which groups are shown; None if nothing is."""
        verdict = self.ask(meant, *(groups or [meant]))
        return list(verdict.shown) if verdict.is_allowed else None


def mask(of):
    found = np.zeros(N, dtype=bool)
    found[list(of)] = True
    return found


@pytest.fixture
def asker():
    return Asker()


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ((50, 50), [True, True]),
        ((10, 90), [True, True]),
        ((9, 91), [False, False]),  # 100 - 91 = 9
        ((50, 30, 15, 5), [True, True, False, False]),  # the next smallest goes with it: 15 + 5
        ((80, 8, 8, 4), [True, False, False, False]),  # 20 are hidden already
        ((60, 30, 5, 5), [True, True, False, False]),  # 10 together
        ((95, 5), [False, False]),
        ((100, 0), [True, False]),  # nobody is in the other
    ],
)
def test_small_groups_are_hidden_and_as_many_others_as_hide_them(asker, sizes, shown):
    edges = np.cumsum([0, *sizes]).tolist()
    groups = [range(start, end) for start, end in pairwise(edges)]
    assert asker.shows(range(100), *groups) == shown
    hidden = sum(size for size, is_shown in zip(sizes, shown, strict=True) if not is_shown)
    assert hidden == 0 or hidden >= 10


def test_fewer_than_the_minimum_are_not_spoken_of(asker):
    verdict = asker.ask(range(9), range(9))
    assert verdict == Verdict(is_allowed=False, shown=(False,), may_count=False)
    assert asker.shows(range(10)) == [True]


def test_of_many_of_whom_few_can_be_used_it_is_not_said_how_many(asker):
    assert asker.ask(range(50), range(5)) == Verdict(False, (False,), may_count=False)


def test_of_many_of_whom_nobody_can_be_used_the_number_is_told_and_remembered(asker):
    assert asker.ask(range(50), []) == Verdict(False, (False,), may_count=True)
    assert asker.ask(range(45), []) == Verdict(False, (False,), may_count=False)
    assert asker.ask(range(40), []).may_count


def test_nobody_at_all_may_be_counted(asker):
    assert asker.ask([]) == Verdict(False, (), may_count=True)


@pytest.mark.parametrize("apart", range(1, 12))
def test_a_selection_is_not_told_if_it_differs_from_another_by_few(apart):
    for first, second in [(100, 100 - apart), (100 - apart, 100)]:
        asker = Asker()
        assert asker.shows(range(first)) == [True]
        assert asker.shows(range(second)) == ([True] if apart >= 10 else None)


def test_what_was_refused_is_not_remembered(asker):
    assert asker.shows(range(50)) == [True]
    assert asker.shows(range(45)) is None
    assert asker.shows(range(36)) == [True]  # 14 fewer than 50; 45 was never told


def test_the_same_question_has_the_same_answer_whatever_came_between(asker):
    first = asker.ask(range(100), range(60), range(60, 100))
    asker.ask(range(30))
    assert asker.ask(range(100), range(60), range(60, 100)) is first


A, B, C = range(50), range(50, 95), range(95, 100)


@pytest.mark.parametrize(
    ("questions", "refused"),
    [
        ([(A, A), (B, B)], range(100)),  # everybody - a - b
        ([(range(100), range(100)), (A, A)], B),
        ([(range(100), A, [*B, *C])], B),  # b and c together - b
        ([(range(100), A, B, C)], B),
        ([(range(100), A, B, C)], range(95)),  # everybody - (a or b)
        ([(range(100), range(100))], range(95)),
    ],
)
def test_a_hidden_group_does_not_follow_from_any_answers_together(asker, questions, refused):
    for question in questions:
        assert asker.ask(*question).is_allowed
    assert asker.shows(refused) is None


def test_a_union_does_not_give_away_what_its_parts_hide(asker):
    d, e, f, g = range(30), range(30, 60), range(60, 85), range(85, 88)
    everybody = range(88)
    assert asker.shows(everybody, d, e, f, g) == [True, True, False, False]
    # d and f are no set within any other that was told but everybody, 33 fewer; yet (d or f) - d
    # is f, and everybody - e - (d or f) is g.
    assert asker.shows([*d, *f]) is None


def test_groups_that_overlap_in_few_are_told_where_the_few_do_not_follow(asker):
    assert asker.shows(range(60)) == [True]
    assert asker.shows(range(55, 100)) == [True]  # 5 are in both, but who knows the sum of both?
    assert asker.shows(range(100)) is None  # 60 + 45 - 100


def test_those_who_are_left_out_are_counted_however_few(asker):
    assert asker.shows(range(100), range(97)) == [True]
    # Of whom a variable is not known, 3 more: outside of the promise, as the answers count them.
    assert asker.shows(range(100), range(50), range(50, 94)) == [True, True]


def test_those_left_out_of_one_question_are_protected_in_another(asker):
    assert asker.shows(range(100), range(97)) == [True]
    assert asker.shows(range(97), range(97)) is None  # 100 meant before, 97 now


def test_with_a_minimum_of_one_everything_is_told():
    asker = Asker(minimum=1)
    assert asker.shows(range(100)) == [True]
    assert asker.shows(range(100), range(99), [99]) == [True, True]
    assert asker.shows([99]) == [True]


def test_questions_at_one_time_are_judged_in_turn():
    # Each pair of ranges differs by 1: whoever is first is told, and no other.
    for _ in range(20):
        asker = Asker()
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(asker.shows, [range(n) for n in range(92, 100)]))
        assert found.count([True]) == 1


def test_what_takes_too_long_to_be_sure_of_is_not_told():
    asker, random = Asker(), np.random.default_rng(5)
    told = [asker.shows(np.flatnonzero(random.random(N) < 0.5).tolist()) for _ in range(90)]
    assert told[0] == [True]
    assert told[-1] is None
