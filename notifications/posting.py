"""One POST of something told, and what its answer means (Standard Webhooks 1.0.0)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from django.conf import settings
from django.utils import timezone

from businesses.telling import End, Exchange, Outcome, Wire, later, retry_after
from core.http import Answer, CallFailed, Request

DELAYS = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Standard Webhooks 1.0.0: ten tries in 75 h 35 min."""
WITHIN = 15.0  # seconds
MAX_READ, MAX_KEPT = 64_000, 8_000
"""Bytes of an answer that are read, and kept for the log."""
SLOW_DOWN = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


@dataclass(frozen=True)
class Post:
    url: str
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, wire: Wire) -> Outcome:
        request = Request("POST", self.url, self._headers(), self.body, _deadline(), only_first=MAX_READ)
        try:
            answer = await wire.call(request)
        except CallFailed as failed:
            return later(failed, (self._exchange(None, failed.code),))
        outcome = meaning(answer)
        return Outcome(
            outcome.end,
            outcome.code,
            outcome.detail,
            outcome.retry_after,
            pauses=outcome.pauses,
            exchanges=(self._exchange(answer, outcome.code),),
        )

    def _headers(self) -> dict[str, str]:
        return {**self.headers, "Content-Type": self.content_type}

    def _exchange(self, answer: Answer | None, code: str) -> Exchange:
        """Without headers: some of them are credentials."""
        sent = self.body.decode(errors="replace")
        if answer is None:
            return Exchange("POST", self.url, sent, code=code)
        said = answer.body[:MAX_KEPT].decode(errors="replace")
        return Exchange("POST", self.url, sent, answer.status, said, answer.took, code)


def _deadline() -> float:
    return min(WITHIN, settings.CALL_DEADLINE)


def meaning(answer: Answer) -> Outcome:
    """Any 2xx is success; a redirect is not followed; 410 says that nobody listens there any more."""
    detail = f"HTTP {answer.status}"
    if answer.is_success:
        return Outcome(End.SENT)
    if answer.status == HTTPStatus.GONE:
        return Outcome(End.LATER, "gone", detail, pauses=True)
    wish = retry_after(answer, timezone.now()) if answer.status in SLOW_DOWN else None
    return Outcome(End.LATER, _code(answer.status), detail, wish)


def _code(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "too_many"
    if 300 <= status < 400:
        return "redirect"
    return "down" if status >= 500 else "not_taken"
