"""Any header is read as a wish, and no wish breaks anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.negotiation import choose_language, choose_media_type, holds
from app.errors import NotAcceptable

OFFERED = ("application/json", "text/csv", "image/png")
parts = st.sampled_from(
    [*OFFERED, "*/*", "text/*", "image/*", "q=", ";", ",", "0", "1", ".5", "fr"]
)
wishes = st.text(max_size=40) | st.lists(parts, max_size=12).map("".join)


@given(wishes)
def test_any_accept_header_chooses_what_is_offered_or_nothing(accept):
    try:
        assert choose_media_type(accept, OFFERED) in OFFERED
    except NotAcceptable as error:
        assert all(kind in error.detail for kind in OFFERED)  # noqa: PT017  (either may be)


@given(wishes)
def test_any_language_header_chooses_one_of_two(accepted):
    assert choose_language(accepted) in ("en", "fr")


@given(st.sampled_from(OFFERED), st.floats(0.001, 1))
def test_the_only_kind_that_is_wanted_is_given(kind, weight):
    assert choose_media_type(f"{kind};q={weight:.3f}", OFFERED) == kind


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/*, */*;q=0.1", "text/csv"),
        ("text/*;q=0, */*", "application/json"),
        ("application/*;q=0, */*", "text/csv"),
        ("*/*;q=0.5, image/png;q=0.6", "image/png"),
        ("image/png;q=0.6, */*;q=0.5", "image/png"),
    ],
)
def test_the_most_specific_range_decides(accept, kind):
    assert choose_media_type(accept, OFFERED) == kind


def test_the_first_kind_offered_wins_when_all_are_liked_alike():
    assert choose_media_type("image/png, text/csv", OFFERED) == "text/csv"


@given(st.text(max_size=30))
def test_only_the_tag_itself_or_a_star_is_held(text):
    assert holds(text, '"tag"') == any(
        tag.strip() in ('"tag"', 'W/"tag"', "*") for tag in text.split(",")
    )
