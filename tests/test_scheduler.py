from __future__ import annotations

from dataclasses import replace

from builders import make_draft

from agentinstruct_local.scheduler import Scheduler


def draft(*order: int):
    return replace(make_draft(), id=str(order), order=(*order, 0)[:2])


def started(scheduler: Scheduler, *numbers: int):
    drafts = [draft(number) for number in numbers]
    for one in drafts:
        scheduler.start(one)
    return drafts


def test_the_gate_keeps_the_plans_order_whatever_comes_first():
    scheduler = Scheduler(asked=9)
    one, two, three = started(scheduler, 1, 2, 3)
    assert scheduler.open() is None
    scheduler.wait(three)
    scheduler.wait(two)
    assert scheduler.open() is None
    scheduler.wait(one)
    assert [scheduler.open(), scheduler.open(), scheduler.open()] == [one, two, three]
    assert scheduler.open() is None


def test_a_draft_that_ends_before_the_gate_lets_the_next_through():
    scheduler = Scheduler(asked=9)
    one, two = started(scheduler, 1, 2)
    scheduler.wait(two)
    scheduler.end(one)
    assert scheduler.open() is two


def test_the_items_of_a_reply_stand_in_their_drafts_place():
    scheduler = Scheduler(asked=9)
    one, two = started(scheduler, 1, 2)
    scheduler.wait(two)
    children = [replace(one, order=(1, number)) for number in (1, 2)]
    for child in children:
        scheduler.start(child)
    scheduler.end(one)
    assert scheduler.open() is None
    for child in reversed(children):
        scheduler.wait(child)
    assert [scheduler.open() for _ in range(3)] == [*children, two]


def test_enough_rows_draw_the_finish_line_at_the_last_of_them():
    scheduler = Scheduler(asked=2)
    one, two, three, four = started(scheduler, 1, 2, 3, 4)
    scheduler.end(three, accepted=True)
    assert scheduler.wanted(four.order)
    assert not scheduler.reached
    scheduler.end(two, accepted=True)
    assert scheduler.reached
    assert not scheduler.wanted(four.order)
    assert scheduler.wanted(one.order), "an earlier draft may still take a later one's place"
    assert not scheduler.done
    scheduler.end(one, accepted=True)
    assert scheduler.done, "what is still under way cannot change the rows"
    assert scheduler.live == 1
    assert scheduler.accepted == 3


def test_nothing_under_way_is_done():
    scheduler = Scheduler(asked=2)
    assert scheduler.done
    (one,) = started(scheduler, 1)
    assert not scheduler.done
    scheduler.end(one)
    assert scheduler.done
    assert scheduler.live == 0
