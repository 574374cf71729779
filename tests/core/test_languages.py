"""Whichever language is active, one of ours is spoken."""

import pytest
from django.utils import translation

from core.languages import language, tag


@pytest.mark.parametrize(("active", "spoken"), [("pt-br", "pt-br"), ("en", "en"), ("fr", "en"), (None, "en")])
def test_the_active_language_is_one_of_ours(active: str | None, spoken: str) -> None:
    with translation.override(active):
        assert language() == spoken


def test_tags_are_written_as_browsers_expect_them() -> None:
    assert [tag("pt-br"), tag("en")] == ["pt-BR", "en"]
