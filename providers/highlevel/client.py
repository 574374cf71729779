"""We as a client of this API."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from businesses.telling import Limits
from providers.connector import (
    Access,
    Bill,
    Credential,
    Job,
    News,
    Option,
    Recovery,
    Secured,
    Seen,
    Steps,
)


class Client:
    name = "highlevel"
    live_url = "https://services.leadconnectorhq.com"
    test_url = "https://services.leadconnectorhq.com"
    credentials: Sequence[Credential] = ()
    options: Sequence[Option] = ()
    limits = Limits(20)
    recovery = Recovery.LOOK_UP
    operations: Mapping[str, Callable[[Job], Steps[None]]] = {}

    def refuse(self, bill: Bill, access: Access) -> None:
        pass

    def check(self, access: Access) -> Steps[str]:
        yield from ()
        return ""

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        yield from ()
        raise NotImplementedError

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        yield from ()
        return []

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        return []


HIGHLEVEL = Client()
