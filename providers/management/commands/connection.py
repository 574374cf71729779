"""`manage.py connection add|list|test`: accounts at providers, from the command line."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from businesses.models import Business
from outbox import actions as outbox
from outbox.words import words
from providers import actions, calling
from providers.models import Connection, ProviderName, PushOn
from providers.registry import CONNECTORS


class Command(BaseCommand):
    help = (
        "Add, list or test connections to providers. Credentials are stored encrypted and never shown again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="connect a business to an account at a provider")
        add.add_argument("--business", required=True, metavar="SLUG")
        add.add_argument("--provider", required=True, choices=ProviderName.values, metavar="NAME")
        add.add_argument("--base-url", default="", metavar="URL", help="default: the provider's own")
        add.add_argument("--credential", action="append", default=[], metavar="KEY=VALUE")
        add.add_argument("--option", action="append", default=[], metavar="KEY=VALUE")
        add.add_argument("--push-on", choices=PushOn.values, default=PushOn.ISSUE)
        add.add_argument("--name", default="")
        add.add_argument("--test-mode", action="store_true", help="the provider's sandbox")
        listed = verbs.add_parser("list", help="show connections")
        listed.add_argument("--business", default="", metavar="SLUG")
        test = verbs.add_parser("test", help="ask the provider whether the credentials work")
        test.add_argument("id")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        business = _business(options["business"])
        try:
            connection = actions.create(
                business,
                options["provider"],
                _pairs(options["credential"]),
                base_url=options["base_url"],
                options=_pairs(options["option"]),
                push_on=options["push_on"],
                name=options["name"],
                is_live=not options["test_mode"],
                by="command:connection",
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(json.dumps(_shown(connection), indent=2))

    def _list(self, options: dict[str, Any]) -> None:
        businesses = [_business(options["business"])] if options["business"] else Business.objects.all()
        for business in businesses:
            rows = Connection.objects.for_business(business).defer("sealed_credentials", "sealed_tokens")
            for connection in rows:
                self.stdout.write(json.dumps(_shown(connection)))

    def _test(self, options: dict[str, Any]) -> None:
        connection = Connection.objects.filter(public_id=options["id"]).first()
        if connection is None:
            raise CommandError(f"There is no connection {options['id']}.")
        connector = CONNECTORS[connection.provider]
        try:
            who = calling.run(connection, connector.check(actions.access_of(connection)))
        except calling.FAILURES as failed:
            code, detail = calling.word_of(failed)
            raise CommandError(f"{words(code)} {detail}".strip()) from failed
        actions.resume(connection, by="command:connection")
        outbox.reopen(connection.route)
        self.stdout.write(f"It works. {who}".strip())


def _business(slug: str) -> Business:
    business = Business.objects.filter(slug=slug).first()
    if business is None:
        raise CommandError(f"There is no business called {slug}.")
    return business


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = dict(text.partition("=")[::2] for text in given)
    if "" in pairs or not all("=" in text for text in given):
        raise CommandError("Write it as KEY=VALUE.")
    return pairs


def _shown(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.public_id,
        "business": connection.business.slug,
        "provider": connection.provider,
        "base_url": connection.base_url,
        "push_on": connection.push_on,
        "is_live": connection.is_live,
    }
