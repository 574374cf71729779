"""Requests to FatoriPay: how its door is opened, and what its refusals say. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from core.http import Answer, CallFailed, Request
from providers.connector import Access, Refused, Steps, Tokens, Unauthorized, expect
from providers.objects import dict_of

MOST_PAGES = 50
NEXT = re.compile(r"<[^>?]*\?(?P<query>[^>]*)>\s*;\s*rel=\"?next")


class Door:
    """One run's way in. Logs in when there is no token or the one there is not taken, at most once."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.token = access.tokens.get("access_token", "")
        self.is_fresh = False

    @property
    def has_login(self) -> bool:
        """The API of 2024 (document 003) knew the two headers only."""
        return self.access.options.get("path") != "createRequest"

    def ask(self, method: str, path: str, body: Any = None) -> Steps[Any]:
        """The JSON of its answer. Raises Refused, also for a success that lists errors, as the vendor's plugin does."""
        return checked((yield from self.answer(method, path, body)))

    def answer(self, method: str, path: str, body: Any = None) -> Steps[Answer]:
        if self.has_login and not self.token:
            yield from self.log_in()
        answer: Answer = yield self._request(method, path, body)
        if answer.status != 401 or self.is_fresh or not self.has_login:
            return answer
        yield from self.log_in()
        again: Answer = yield self._request(method, path, body)
        return again

    def log_in(self) -> Steps[None]:
        who = {"username": self.access.credentials.get("username", "")}
        answer: Answer = yield self._request("POST", "/auth/login", who, is_secret=True)
        try:
            said = checked(answer)
        except Refused as refused:
            raise Unauthorized(refused.text, status=refused.status) from refused
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or not token:
            raise CallFailed("garbage", is_unclear=False)
        self.token, self.is_fresh = token, True
        yield Tokens({"access_token": token})

    def invoices(self) -> Steps[tuple[list[Any], bool]]:
        """All of them, and whether their end was seen: a bare array, or pages that lead on to the next."""
        rows: list[Any] = []
        query = ""
        for _page in range(MOST_PAGES):
            answer = yield from self.answer("GET", f"/invoices/{query}")
            said = checked(answer)
            rows += listed(said)
            following = next_query(answer, said)
            if not following:
                return rows, True
            query = f"?{following}"
        return rows, False

    def _request(self, method: str, path: str, body: Any = None, *, is_secret: bool = False) -> Request:
        data = b"" if body is None else json.dumps(body).encode()
        headers = dict(self._headers(is_signed=not is_secret))
        return Request(method, f"{self.access.base_url}{path}", headers, data, is_secret=is_secret)

    def _headers(self, *, is_signed: bool) -> Iterator[tuple[str, str]]:
        """Today's API wants the token and the two headers together."""
        yield "Accept", "application/json"
        yield "Content-Type", "application/json"
        yield "client-id", self.access.credentials.get("client_id", "")
        yield "client-secret", self.access.credentials.get("client_secret", "")
        if is_signed and self.token and self.has_login:
            yield "Authorization", f"Bearer {self.token}"


def checked(answer: Answer) -> Any:
    said = expect(answer, reason)
    if isinstance(said, dict) and said.get("errors"):
        raise Refused(reason(said), status=answer.status)
    return said


def listed(said: Any) -> list[Any]:
    """A bare array, or one in an envelope."""
    rows = said.get("data") if isinstance(said, dict) else said
    if not isinstance(rows, list):
        raise CallFailed("garbage", is_unclear=False)
    return rows


def next_query(answer: Answer, said: Any) -> str:
    """That of the next page, "" after the last: in a Link header, as with us, or in the body, as Laravel writes it.

    Of an address only its query is believed.
    """
    if found := NEXT.search(answer.headers.get("link", "")):
        return found["query"]
    if not isinstance(said, dict):
        return ""
    told = said.get("next_page_url") or dict_of(said.get("links")).get("next")
    if isinstance(told, str):
        return told.partition("?")[2]
    about = said if "last_page" in said else dict_of(said.get("meta"))
    here, last = about.get("current_page"), about.get("last_page")
    if not isinstance(here, int) or not isinstance(last, int) or here >= last:
        return ""
    return urlencode({"page": here + 1})


def reason(said: Any) -> str:
    """`{message, errors: {field: [words]}}`, as Laravel writes it."""
    errors = said.get("errors")
    told = [f"{field}: {words}" for field, words in _flat(errors)] if isinstance(errors, dict) else []
    return " · ".join([str(said.get("message", "")), *told]).strip(" ·")


def _flat(errors: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, words in errors.items():
        yield field, " ".join(map(str, words)) if isinstance(words, list) else str(words)
