"""`manage.py api_key create`: a key for somebody's code, as one JSON object that a script can read."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import actions
from gateway.dialect import Dialect, dialects
from gateway.models import ApiKey, ApiName


class Command(BaseCommand):
    help = "Create a key for one of the APIs; prints base_path, headers and ids as JSON. The secret is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a new key")
        create.add_argument("--business", required=True, metavar="SLUG")
        create.add_argument("--dialect", required=True, choices=ApiName.values, metavar="NAME")
        create.add_argument("--name", default="", help="what the key is for; shown in the back office")
        create.add_argument("--read-only", action="store_true")
        create.add_argument(
            "--options",
            default="{}",
            metavar="JSON",
            help='the API\'s own settings: \'{"money": "minor"}\' for base39',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        business = Business.objects.filter(slug=options["business"]).first()
        if business is None:
            raise CommandError(f"There is no business called {options['business']}.")
        role = Role.VIEWER if options["read_only"] else Role.FINANCE
        name = options["name"] or f"{options['dialect']} (command line)"
        try:
            own = json.loads(options["options"])
            key, secret = actions.create_key(
                business, name, options["dialect"], role=role, options=own, by="command:api_key"
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ValueError as error:
            raise CommandError(f"--options is not JSON: {error}") from error
        dialect = dialects()[key.dialect]
        customer = Customer.objects.for_business(business).order_by("pk").first()
        shown: dict[str, Any] = {
            "base_path": dialect.prefix,
            "headers": dialect.headers(key, secret),
            "ids": dialect.ids(business, customer),
        }
        if dialect.token_path:
            shown["oauth"] = self._oauth(dialect, key, secret)
        self.stdout.write(json.dumps(shown, indent=2))

    def _oauth(self, dialect: Dialect, key: ApiKey, secret: str) -> dict[str, str]:
        """For clients that exchange a code for tokens; the code works once, within ten minutes."""
        return {
            "token_path": dialect.prefix + dialect.token_path,
            "client_id": key.public_id,
            "client_secret": secret,
            "code": actions.authorization_code(key),
        }
