"""What is said of deeds without a patient in one place is what their routes do in another."""

import pytest
from fastapi.routing import APIRoute

from app.api.records.record_route import READING, RecordRoute
from app.db.cohort_columns import CHANGES_NOBODY
from app.main import create_app
from app.settings import Settings


def routes():
    for context in create_app(Settings()).router.routes:
        inner = getattr(context, "original_router", None)
        for route in inner.routes if inner else [context]:
            if isinstance(route, APIRoute):
                yield route.name, route


ROUTES = dict(routes())


def can_change_a_patient(route):
    """Whether a route may hold the head of the chain and say that the cohort has changed."""
    takes_turns = type(route).take_turn is RecordRoute.take_turn
    return not route.methods <= READING and route.changes_cohort and takes_turns


@pytest.mark.parametrize("name", sorted(CHANGES_NOBODY))
def test_a_deed_that_changes_nobody_is_one_of_a_route_that_cannot(name):
    route = ROUTES[name]
    assert not isinstance(route, RecordRoute) or not can_change_a_patient(route)


@pytest.mark.parametrize("name", ["create_import", "create_patient", "patch_patient", "erase"])
def test_a_deed_that_changes_somebody_is_not_among_them(name):
    assert can_change_a_patient(ROUTES[name])
    assert name not in CHANGES_NOBODY
