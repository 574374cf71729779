"""`manage.py reset_two_factor USERNAME`: for a person who has lost both the phone and the backup codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from businesses import second_factor
from businesses.models import User


class Command(BaseCommand):
    help = "Switch off a person's second step; they sign in with their password alone and can switch it on again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"Nobody signs in as “{options['username']}”.")
        if not second_factor.switch_off(user, by="command:reset_two_factor"):
            raise CommandError(f"{user.username} has no second step switched on.")
        self.stdout.write(f"{user.username} signs in with the password alone now.")
