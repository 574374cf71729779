"""What a connector is: pure functions that say which requests to make and what their answers mean.

A connector's operations are generators. They yield a `Request` and are sent its `Answer` (or have `CallFailed` thrown
in); they yield `Learned` or `Tokens` for what must be stored at once, before the next request; and they return when
all is done. Nothing in them waits, reads a clock or touches a row, so each can be tried step by step in a test.

How they end: a return is success; `Refused` will never succeed, `Unauthorized` not before somebody mends the
credentials, `Doubtful` needs a person; `CallFailed` and `Busy` are worth another try.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from django.utils.translation import gettext_lazy as _

from businesses.telling import Limits
from core.http import Answer, CallFailed, Request
from invoices.draft import InvoiceDraft

T = TypeVar("T")


class Standing(StrEnum):
    """Where an invoice stands over there, in our words; it only ever moves down the list."""

    UNKNOWN = "unknown"
    DRAFT = "draft"
    OPEN = "open"
    OVERDUE = "overdue"
    PROCESSING = "processing"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    REFUNDED = "refunded"
    CHARGEBACK = "chargeback"
    GONE = "gone"


@dataclass(frozen=True)
class Access:
    """How to reach a provider for one connection. `options` are checked; `base_url` has no slash at its end."""

    base_url: str
    credentials: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    is_live: bool = True


@dataclass(frozen=True)
class Bill:
    """An issued invoice. Amounts in minor units of `draft.currency`; `issuer` and `payer` as frozen at issue.

    `payer` also has the customer's `public_id` and `external_id`, as they are now. `status` is our own word of it now;
    `withheld` is kept back by the payer for taxes.
    """

    public_id: str
    number: str
    draft: InvoiceDraft
    total: int
    amount_due: int
    amount_paid: int
    issuer: Mapping[str, Any]
    payer: Mapping[str, Any]
    link: str
    paid_on: date | None = None
    method: str = ""
    """How the last payment was made (`payments.models.Method`), "" while there is none."""

    status: str = "open"
    withheld: int = 0

    @property
    def amount_invoiced(self) -> int:
        """What the customer was asked for at issue."""
        return self.total - self.withheld


TOLD_SUM = "told_sum"
"""Note of those who only tell sums: minor units of payments that we recorded there."""


@dataclass(frozen=True)
class Remote:
    """What we know of the invoice there; `id` is "" until it was learned."""

    id: str = ""
    number: str = ""
    link: str = ""
    standing: str = ""
    total: int | None = None
    paid: int | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One operation for one invoice. `key` is the same for every try of it: the idempotency key.

    `is_unclear`: an earlier try may have been done, so look before doing it again, unless the key makes that safe.
    """

    access: Access
    key: str
    bill: Bill
    remote: Remote = Remote()
    is_unclear: bool = False


@dataclass(frozen=True)
class Learned:
    """Stored at once. None leaves a column as it is; `notes` are added to those there."""

    id: str | None = None
    number: str | None = None
    link: str | None = None
    standing: str | None = None
    word: str | None = None
    total: int | None = None
    paid: int | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tokens:
    """New access for the connection, stored encrypted."""

    values: Mapping[str, str]


@dataclass(frozen=True)
class SeenPayment:
    """Money that the provider says it got; `external_id` names it for good, `amount` in minor units."""

    external_id: str
    amount: int
    method: str = "other"
    paid_at: datetime | None = None
    fee: int = 0


@dataclass(frozen=True)
class Seen:
    """What a provider says of an invoice now. `ref` is our own id of it, where the provider keeps one.

    `total` and `paid` in minor units of `currency`, None when it does not tell.
    """

    id: str
    standing: str
    word: str
    number: str = ""
    ref: str = ""
    link: str = ""
    currency: str = "BRL"
    total: int | None = None
    paid: int | None = None
    payments: tuple[SeenPayment, ...] = ()


@dataclass(frozen=True)
class News:
    """One thing that a webhook tells. Without `seen` it is not to be believed before the invoice was read again."""

    remote_id: str = ""
    ref: str = ""
    seen: Seen | None = None


Step = Request | Learned | Tokens
Steps = Generator[Step, Any, T]
"""Sent an Answer for a Request, None for the others."""


class Refused(Exception):
    """The provider will not do this, however often it is asked; `text` is its own reason."""

    code = "refused"

    def __init__(self, text: str = "", *, status: int | None = None) -> None:
        super().__init__(text)
        self.text, self.status = text[:300], status


class Unauthorized(Refused):
    """Nothing can succeed before somebody mends the credentials."""

    code = "unauthorized"


class Doubtful(Refused):
    """Nobody but a person can tell whether it was done."""

    code = "doubtful"


class Busy(Exception):
    """Not now: too many requests, or something of theirs is down."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.status))
        self.answer = answer

    @property
    def is_unclear(self) -> bool:
        """429 and 503 turn a request away; any other failure may come after the work."""
        return self.answer.status not in (429, 503)


class Forged(Exception):
    """A webhook whose signature or token is missing or wrong."""


BUSY = frozenset({408, 425, 429})
NOT_LET_IN = frozenset({401, 403})


def expect(answer: Answer, reason: Callable[[Any], str] = lambda _body: "") -> Any:
    """The JSON of a success. Raises Busy, Unauthorized, Refused (its text from `reason(body)`) or CallFailed.

    A redirect is a wrong address: it is refused, never followed.
    """
    if answer.is_success:
        return answer.json()
    if answer.status in BUSY or answer.status >= 500:
        raise Busy(answer)
    kind = Unauthorized if answer.status in NOT_LET_IN else Refused
    raise kind(_reason(answer, reason), status=answer.status)


def _reason(answer: Answer, reason: Callable[[Any], str]) -> str:
    try:
        return str(reason(answer.json()))[:300]
    except (CallFailed, AttributeError, LookupError, TypeError, ValueError):
        return ""


@dataclass(frozen=True)
class Credential:
    """One thing that a connection asks for. Secrets are never shown again."""

    name: str
    label: Any
    is_secret: bool = True
    is_required: bool = True
    help: Any = ""


@dataclass(frozen=True)
class Option:
    """A choice that the provider's documents leave open; the first choice is the default."""

    name: str
    label: Any
    choices: Sequence[tuple[str, Any]]


EARLY = Option(
    "early_discount",
    _("discount for paying early"),
    (
        ("refuse", _("do not push such invoices")),
        ("leave_out", _("push without it, and say so in the text")),
    ),
)
"""For providers that know no such discount."""


@dataclass(frozen=True)
class Secured:
    """A webhook as it came; header names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


class Recovery(StrEnum):
    """What makes repeating an unclear operation safe."""

    KEY = "key"
    LOOK_UP = "look_up"
    NONE = "none"


class Connector(Protocol):
    """`operations` by name: issue, send, void, pay. What a provider has no word for is left out."""

    name: str
    live_url: str
    test_url: str
    credentials: Sequence[Credential]
    options: Sequence[Option]
    limits: Limits
    recovery: Recovery
    operations: Mapping[str, Callable[[Job], Steps[None]]]

    def refuse(self, bill: Bill, access: Access) -> None:
        """Raises Problem, in words for staff, for what cannot be pushed; asked before an `issue` begins."""

    def check(self, access: Access) -> Steps[str]:
        """Whether the credentials work, by a request that changes nothing; what to show for it (an account's name)."""

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        """The invoice as it is there now; `Standing.GONE` when it is not."""

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        """Invoices there, issued or due since that day, for comparing; at most a few thousand."""

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        """What a webhook tells. Raises Forged, or Problem for a body that cannot be read."""
