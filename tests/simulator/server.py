"""The server of the pretended providers, and what a test may ask of it."""

import asyncio
import random
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.simulator.aira import Aira
from tests.simulator.base39 import Base39
from tests.simulator.fatoripay import FatoriPay
from tests.simulator.faults import Fault
from tests.simulator.highlevel import HighLevel
from tests.simulator.provider import Call, Provider, Reply, Webhook


class Simulator:
    """`with Simulator() as simulator:` answers at `simulator.base_url("base39")`.

    One account at each provider, `simulator.base39` and so on; a further `connection` name gives an address that tells
    who calls, at the same account. `latency` in seconds, before each answer. `calls` counts `METHOD /provider/path`.
    """

    def __init__(self, latency: float = 0.0, seed: int = 5) -> None:
        self.highlevel, self.base39, self.aira, self.fatoripay = HighLevel(), Base39(), Aira(), FatoriPay()
        mine: tuple[Provider, ...] = (self.highlevel, self.base39, self.aira, self.fatoripay)
        self.providers = {provider.name: provider for provider in mine}
        self.latency = latency
        self.faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self.broken: list[str] = []
        self.port = 0
        self._dice = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="providers", daemon=True)

    def base_url(self, provider: str, connection: str = "-") -> str:
        return f"http://127.0.0.1:{self.port}/{connection}/{provider}"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{connection}/{provider}/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        provider, path = request.match_info["provider"], f"/{request.match_info['path']}"
        self.calls[f"{request.method} /{provider}{path}"] += 1
        said = f"{request.method} /{request.match_info['connection']}/{provider}{path}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, path, dict(request.query), headers, await request.read())
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = next((fault for fault in self.faults if fault.strikes(said, self._dice.random())), None)
        reply = self._answer(provider, call) if not fault or fault.is_done else Reply(500)
        response = web.Response(
            status=reply.status,
            body=reply.raw(),
            headers={"Content-Type": "application/json", **reply.headers},
        )
        return await fault.does(request, response) if fault else response

    def _answer(self, provider: str, call: Call) -> Reply:
        """A mistake of the pretender's is no fault that a test asked for: it is written down."""
        try:
            return self.providers[provider].answer(call)
        except Exception as error:
            self.broken.append(f"{call.method} /{provider}{call.path}: {error!r}")
            return Reply(500)

    def send(self, url: str, webhook: Webhook, times: int = 1) -> list[int]:
        """Bring a webhook, as often as told; how each was answered."""
        return [_send(url, webhook) for _ in range(times)]

    def shuffled(self, webhooks: Sequence[Webhook], copies: int = 2) -> list[Webhook]:
        """In any order, each as often as told."""
        return self._dice.sample([*webhooks] * copies, len(webhooks) * copies)


def _send(url: str, webhook: Webhook) -> int:
    request = urllib.request.Request(url, data=webhook.body, headers=dict(webhook.headers), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
