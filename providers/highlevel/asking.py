"""Requests to HighLevel: which token signs them, how it is renewed, and what refusals say. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from core import inbound_json
from core.http import Answer, CallFailed, Request
from providers.connector import Access, Learned, Refused, Steps, Tokens, Unauthorized, expect
from providers.highlevel.access import VERSION

MOST_PAGES = 50
PAGE = 100
"""Invoices of one page; fewer where so many would be larger than a megabyte."""
REFUSED = "renewal_refused"
FORM = "application/x-www-form-urlencoded"


class Door:
    """One run's way in: with the private integration token, or with OAuth access that is renewed once on a 401.

    A refresh token works once. Of several runs that renew at the same time all but one are refused, although nothing is
    wrong: such a run notes which token was refused and tries again later, and only gives up when it is the same then.
    `notes` is where that is remembered; a run without them gives up at once.
    """

    def __init__(self, access: Access, notes: Mapping[str, Any] | None = None) -> None:
        self.access, self.notes = access, notes
        self.own = access.credentials.get("access_token", "")
        self.token = self.own or access.tokens.get("access_token", "")
        self.is_fresh = False

    @property
    def place(self) -> dict[str, str]:
        return {"altId": self.access.credentials.get("location_id", ""), "altType": "location"}

    def get(self, path: str = "/", **query: Any) -> Steps[Any]:
        return (yield from self.ask("GET", path, query={**self.place, **query}))

    def ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Steps[Any]:
        """The JSON of its answer; a path of invoices unless it starts at another thing."""
        return expect((yield from self.answer(method, path, body, query)), reason)

    def answer(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Steps[Answer]:
        if not self.token:
            yield from self._renew()
        answer: Answer = yield self._request(method, path, body, query)
        if answer.status != 401 or self.is_fresh or self.own:
            return answer
        yield from self._renew()
        again: Answer = yield self._request(method, path, body, query)
        return again

    def rows(self, **query: Any) -> Steps[tuple[list[Any], bool]]:
        """All invoices of a list, and whether its end was seen; each once: a list may shift meanwhile."""
        found: dict[str, Any] = {}
        size, offset = PAGE, 0
        for _page in range(MOST_PAGES):
            try:
                rows, total = yield from self._page(size, offset, query)
            except CallFailed as failed:
                if failed.code != "too_large" or size == 1:
                    raise
                size = max(1, size // 4)
                continue
            found |= {str(row.get("_id")): row for row in rows if isinstance(row, dict)}
            offset += len(rows)
            if not rows or (offset >= total if total is not None else len(rows) < size):
                return list(found.values()), total is None or offset >= total
        return list(found.values()), False

    def _page(self, size: int, offset: int, query: Mapping[str, Any]) -> Steps[tuple[list[Any], int | None]]:
        """Some rows, and how many there are in all, if that is told."""
        said = yield from self.get(limit=size, offset=offset, **query)
        rows = said.get("invoices") if isinstance(said, dict) else None
        if not isinstance(rows, list):
            raise CallFailed("garbage", is_unclear=False)
        total = said.get("total")
        return rows, total if type(total) is int else None

    def _renew(self) -> Steps[None]:
        """The new refresh token is stored before anything else happens: the old one is worth nothing any more."""
        held = self.access.credentials
        refresh = self.access.tokens.get("refresh_token") or held.get("refresh_token", "")
        if not refresh or not held.get("client_id"):
            raise Unauthorized(_("Neither a token nor OAuth credentials are given."))
        form = {
            "client_id": held["client_id"],
            "client_secret": held.get("client_secret", ""),
            "grant_type": "refresh_token",
            "refresh_token": refresh,
            "user_type": "Location",
        }
        headers = {"Accept": "application/json", "Content-Type": FORM}
        url = f"{self.access.base_url}/oauth/token"
        answer = yield Request("POST", url, headers, urlencode(form).encode(), is_secret=True)
        try:
            said = expect(answer, reason)
        except Refused as refused:
            yield from self._note_refusal(refresh)
            raise Unauthorized(refused.text, status=refused.status) from refused
        yield Tokens(self._tokens(said, refresh))
        self.is_fresh = True

    def _note_refusal(self, refresh: str) -> Steps[None]:
        digest = hashlib.sha256(refresh.encode()).hexdigest()[:16]
        if self.notes is None or self.notes.get(REFUSED) == digest:
            return
        yield Learned(notes={REFUSED: digest})
        raise CallFailed("renewing", is_unclear=False)

    def _tokens(self, said: Any, refresh: str) -> dict[str, str]:
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or not token:
            raise CallFailed("garbage", is_unclear=False)
        self.token = token
        return {"access_token": token, "refresh_token": str(said.get("refresh_token") or refresh)}

    def _request(self, method: str, path: str, body: Any, query: Mapping[str, Any] | None) -> Request:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Version": VERSION,
        }
        asked = f"?{urlencode(query)}" if query else ""
        whole = path if path.startswith("/contacts") else f"/invoices{path}"
        data = b"" if body is None else json.dumps(inbound_json.plain(body)).encode()
        return Request(method, f"{self.access.base_url}{whole}{asked}", headers, data)


def one(remote_id: str, verb: str = "") -> str:
    return f"/{quote(remote_id, safe='')}{f'/{verb}' if verb else ''}"


def reason(said: Any) -> str:
    """`message` is text, or for a 422 a list of texts."""
    message = said.get("message", "")
    return " · ".join(map(str, message)) if isinstance(message, list) else str(message)
