"""Which role may do what."""

import pytest

from app.clinic.access import Role


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.EDITOR, {Role.VIEWER, Role.EDITOR}),
        (Role.ADMIN, {Role.VIEWER, Role.EDITOR, Role.ADMIN}),
    ],
)
def test_a_role_covers_itself_and_those_below(role, may):
    assert {needed for needed in Role if role.covers(needed)} == may
