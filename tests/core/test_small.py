"""Ids, addresses, problems and the outermost middleware."""

import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from core import middleware
from core.addresses import Address
from core.ids import new_public_id, new_token
from core.problems import Conflict, Problem

Handler = Callable[[HttpRequest], HttpResponse]


def test_ids_cannot_be_guessed_and_never_repeat() -> None:
    ids, tokens = {new_public_id() for _ in range(1000)}, {new_token() for _ in range(1000)}
    assert len(ids) == len(tokens) == 1000
    assert all(re.fullmatch("[0-9a-f]{24}", key) for key in ids)
    assert all(re.fullmatch("[A-Za-z0-9]{30}", token) for token in tokens)


def test_an_address_takes_four_lines_at_most() -> None:
    full = Address("Rua A", "1", "ap 2", "Centro", "Rio", "RJ", "20000-000", "BR")
    assert full.lines(home="PT", language="pt-br")[2:] == ["Rio/RJ · 20000-000", "Brasil"]
    assert full.lines(home="BR", language="en") == ["Rua A, 1, ap 2", "Centro", "Rio/RJ · 20000-000"]
    assert Address().lines(home="", language="en") == []
    assert Address(**full.as_dict()) == full


def test_a_problem_is_a_validation_error_that_names_its_field() -> None:
    problem = Problem("No.", field="lines.0.name", code="required")
    assert isinstance(problem, ValidationError)
    assert (problem.text, problem.field, problem.code) == ("No.", "lines.0.name", "required")
    assert Conflict("Late.", legal={"void"}).legal == ("void",)


def answer(through: Callable[[Handler], Handler], path: str) -> HttpResponse:
    return through(lambda _request: HttpResponse("ok"))(RequestFactory().get(path))


@pytest.mark.parametrize("query", ["q=%00", "q=a&%00=b", "q=a&q=%00b"])
def test_nul_in_an_address_is_the_callers_fault(query: str) -> None:
    assert answer(middleware.clean_query, f"/admin/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["", "q=a%C3%A7%C3%A3o", "q=%ED%A0%80", "q=%0A", "q=%FF"])
def test_other_addresses_pass(query: str) -> None:
    assert answer(middleware.clean_query, f"/admin/?{query}").status_code == 200


def test_every_answer_forbids_foreign_content() -> None:
    for path in ("/i/x/", "/admin/"):
        policy = answer(middleware.headers, path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert ("unsafe-eval" in policy) is path.startswith("/admin/")


def test_each_admin_page_has_its_own_nonce() -> None:
    first, second = (
        answer(middleware.headers, "/admin/").headers["Content-Security-Policy"] for _ in range(2)
    )
    assert first != second
