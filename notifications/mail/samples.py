"""A made-up message of each kind, so that words can be seen and tried before any payer reads them."""

from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from businesses.models import Business, User
from businesses.telling import End
from core.dates import short_date
from core.ids import new_public_id
from core.money import format_money
from core.problems import Problem
from notifications.mail import post, smtp, wording
from notifications.mail.addresses import is_address
from notifications.mail.letters import Letter, one_line, paragraphs, sender_of
from notifications.mail.models import Kind
from notifications.mail.wording import Words

AMOUNT = 148_000


def letter(business: Business, kind: str, language: str, words: Words | None = None) -> Letter:
    with translation.override(language):
        said = words or wording.of(business, kind, language)
        values = _values(business, kind, language)
        label = {
            Kind.PAID: pgettext("amount", "Paid"),
            Kind.CREDITED: _("Credit"),
            Kind.OVERDUE: _("Amount due today"),
        }
        return Letter(
            kind=kind,
            language=language,
            sender=sender_of(business),
            subject=one_line(wording.filled(said.subject, values)),
            greeting=_("Hello %(name)s,") % {"name": values["customer"]},
            intro=paragraphs(wording.filled(said.intro, values)),
            amount_label=label.get(Kind(kind), _("Amount due")),
            amount=values["amount"],
            amount_note=_note(kind, values["due"]),
            rows=((_("Invoice"), values["number"]),),
            button=_("See the invoice"),
            url=values["link"],
        )


def _note(kind: str, due: str) -> str:
    if kind in (Kind.PAID, Kind.CREDITED):
        return ""
    return (_("was due on %(day)s") if kind == Kind.OVERDUE else _("due on %(day)s")) % {"day": due}


def _values(business: Business, kind: str, language: str) -> dict[str, str]:
    day = business.today() + timedelta(days=-5 if kind == Kind.OVERDUE else 3)
    return {
        "customer": "Maria Souza",
        "business": business.name,
        "number": f"{day.year}-00042",
        "amount": format_money(AMOUNT, business.currency, language),
        "due": short_date(day, language),
        "link": "https://example.com/",
    }


def send(business: Business, kind: str, language: str, user: User, words: Words | None = None) -> str:
    """Mail a sample to a member of staff, now; returns the address. Raises Problem when it does not go."""
    if not is_address(user.email):
        raise Problem(
            _("You have no e-mail address yet. Ask an administrator to enter it."), code="no_address"
        )
    sample = letter(business, kind, language, words)
    plain, rich = post.text(sample), post.html(sample)
    outcome = smtp.send(post.envelope(sample, user.email, new_public_id(), [], plain=plain, rich=rich))
    if outcome.end != End.SENT:
        message = _("It was not sent: %(answer)s")
        raise Problem(message % {"answer": outcome.detail}, code=outcome.code)
    return user.email
