"""The hosted checkout as payments see it: three calls, whoever runs the page where the card is typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Kind = Literal[
    "paid",
    "processing",
    "failed",
    "expired",
    "refunded",
    "disputed",
    "dispute_lost",
    "dispute_won",
    "ignored",
]


@dataclass(frozen=True)
class Order:
    """What is to be paid, in minor units of a currency; `reference` is our payment intent's public id.

    The same reference always opens the same page, so a retry must repeat every other value too.
    """

    reference: str
    amount: int
    currency: str
    description: str
    customer_email: str
    language: str
    success_url: str
    cancel_url: str
    instalments: int = 1
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Session:
    """A page that waits for the payer."""

    external_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Settlement:
    """Money that arrived: minor units, `paid_at` in UTC; `fee` is None where the provider does not say it here."""

    session_id: str
    payment_id: str
    reference: str
    amount: int
    currency: str
    fee: int | None
    paid_at: datetime


@dataclass(frozen=True)
class News:
    """One authentic webhook. `event_id` is the same on every delivery: whoever stores it once acts once.

    `amount` is minor units: of the session, of the dispute, or refunded so far in all (not by the last refund alone).
    `settlement` comes with "paid" alone. `reason` is the provider's word, or why the news is ignored.
    """

    kind: Kind
    event_id: str = ""
    happened_at: datetime | None = None
    session_id: str = ""
    payment_id: str = ""
    reference: str = ""
    amount: int = 0
    currency: str = ""
    settlement: Settlement | None = None
    refund_ids: tuple[str, ...] = ()
    reason: str = ""


class CheckoutError(Exception):
    """The provider refused or could not be asked.

    `temporary`: the same call may succeed later. `ambiguous`: it may have been carried out, so ask again with the
    same reference or key, never with a new one.
    """

    def __init__(self, text: str, *, temporary: bool, ambiguous: bool) -> None:
        super().__init__(text)
        self.text = text
        self.temporary = temporary
        self.ambiguous = ambiguous


class BadSignature(Exception):
    """A webhook that nobody we know has signed, or not just now. Answer 401 and do nothing."""


class Checkout(Protocol):
    """What each provider of hosted checkouts offers."""

    def check(self) -> None:
        """Raises Problem, on `secret_key` or `webhook_secret`, for what cannot be one; empty ones are passed over."""
        ...

    def create_session(self, order: Order) -> Session:
        """The page for an order, the same one for the same reference; raises Problem or CheckoutError."""
        ...

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> News:
        """What a webhook says; `body` is the raw request. Raises BadSignature and nothing else."""
        ...

    def refund(self, payment_id: str, amount: int, *, key: str) -> str:
        """Gives back minor units of the payment's currency, once per `key`; the provider's id of the refund.

        Raises Problem or CheckoutError.
        """
        ...
