"""The e-mails' screens, as staff use them: own words, previews, tests, blocked addresses, and what is asked before."""

import io
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client, override_settings

from businesses.models import Business, Event, Membership
from customers.models import Customer
from notifications.mail import actions
from notifications.mail.models import MailSettings, Message, Suppression, Wording
from notifications.models import ReminderRule
from outbox.models import Untold
from tests import factories
from tests.notifications.mailbox import Mailbox
from tests.notifications.mailing import MARIA, issued, work
from tests.notifications.mailing import billed as billed
from tests.notifications.mailing import mailbox as mailbox
from tests.notifications.mailing import morning as morning

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("morning")]
WORDINGS = "/admin/notifications/wording/"
FILES = "django.core.mail.backends.filebased.EmailBackend"


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "admin", language="en", email="ana@padaria.example"))
    return client


def own(business: Business, **fields: str) -> dict[str, Any]:
    words = {"subject": "Dear {customer}", "intro": "Pay {amount}, please."}
    return {"business": business.pk, "kind": "issued", "language": "en", **words, **fields}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_ours_stand_where_a_business_has_none(browser: Client) -> None:
    page = text(browser.get(WORDINGS))
    assert "?kind=overdue&amp;language=pt-br" in page and "our words" in page
    assert 'name="action"' not in page
    form = text(browser.get(f"{WORDINGS}add/?kind=issued&language=en"))
    assert "Here is your invoice {number}" in form and "Send me a test" in form


def test_own_words_are_saved_and_forgotten(browser: Client, business: Business) -> None:
    assert browser.post(f"{WORDINGS}add/", own(business)).status_code == 302
    row = Wording.objects.get()
    assert "your words" in text(browser.get(WORDINGS))
    assert browser.get(f"{WORDINGS}{row.pk}/change/").status_code == 200
    browser.post(f"{WORDINGS}{row.pk}/delete/", {"post": "yes"})
    assert not Wording.objects.exists()
    assert Event.objects.filter(kind="mail.unworded").exists()


def test_unsaved_words_can_be_seen_and_tried(browser: Client, business: Business) -> None:
    answer = browser.post(f"{WORDINGS}preview/", own(business))
    assert answer.status_code == 200 and "Dear Maria Souza" in text(answer) and "Pay R$" in text(answer)
    browser.post(f"{WORDINGS}test/", own(business))
    assert [(one.to, one.subject) for one in mail.outbox] == [(["ana@padaria.example"], "Dear Maria Souza")]
    assert not Wording.objects.exists()
    row = actions.save_wording(Wording(business=business, kind="issued", language="en", subject="Old"))
    changed = browser.post(f"{WORDINGS}{row.pk}/preview/", {"subject": "New {number}", "intro": ""})
    assert "New 2026-00042" in text(changed)


def test_wrong_placeholders_are_told(browser: Client, business: Business) -> None:
    for name in ("preview", "test"):
        answer = browser.post(f"{WORDINGS}{name}/", own(business, intro="{nonsense}"))
        assert answer.status_code == 422 and "{nonsense} is no placeholder" in text(answer)
    assert browser.post(f"{WORDINGS}preview/", own(business, kind="trouble")).status_code == 404


def test_who_bills_for_a_business_does_not_word_its_mails(browser: Client, business: Business) -> None:
    """She manages one business and bills for another."""
    other = factories.make_business(trade_name="Elsewhere")
    user = Membership.objects.get(business=business).user
    Membership.objects.create(business=other, user=user, role="biller")
    assert "Elsewhere" not in text(browser.get(f"{WORDINGS}add/"))
    browser.post(f"{WORDINGS}add/", own(other))
    browser.post("/admin/notifications/mailsettings/add/", {"business": other.pk, "sends_thanks": "on"})
    assert not Wording.objects.exists() and not MailSettings.objects.exists()
    assert browser.post(f"{WORDINGS}preview/", own(other)).status_code == 404


def test_settings_are_saved(browser: Client, business: Business) -> None:
    browser.post("/admin/notifications/mailsettings/add/", {"business": business.pk, "sends_thanks": "on"})
    row = MailSettings.objects.get()
    assert (row.sends_issued, row.sends_thanks) == (False, True)


def test_a_message_is_shown_to_the_letter(mailbox: Mailbox, browser: Client, billed: Customer) -> None:
    issued(billed)
    work()
    message = Message.objects.get()
    page = text(browser.get(f"/admin/notifications/message/{message.pk}/change/"))
    assert MARIA in page and "sandbox" in page and message.subject in page


def test_a_blocked_address_is_seen_and_can_be_lifted(browser: Client, billed: Customer) -> None:
    actions.suppress(billed.business_id, MARIA, "bounced")
    invoice = issued(billed)
    row = Suppression.objects.get()
    assert f"Blocked: {MARIA}" in text(browser.get(f"/admin/customers/customer/{billed.pk}/change/"))
    page = text(browser.get(f"/admin/invoices/invoice/{invoice.pk}/change/"))
    assert f"{MARIA} does not exist" in page
    assert f"To: {MARIA}" not in text(browser.get(f"/admin/invoices/invoice/{invoice.pk}/do/send/"))
    browser.post(f"/admin/notifications/suppression/{row.pk}/delete/", {"post": "yes"})
    assert not Suppression.objects.exists()


def test_issuing_says_whom_it_mails(browser: Client, billed: Customer) -> None:
    draft = factories.make_invoice(billed, issue_on=billed.business.today(), due_on=billed.business.today())
    url = f"/admin/invoices/invoice/{draft.pk}/do/issue/"
    said = f"It is e-mailed at once to: {MARIA}"
    assert said in text(browser.get(url))
    actions.save_settings(MailSettings(business=billed.business, sends_issued=False))
    assert said not in text(browser.get(url))


@pytest.mark.usefixtures("media")
@pytest.mark.parametrize(
    ("backend", "count"), [(FILES, 2), ("django.core.mail.backends.smtp.EmailBackend", 0)]
)
def test_the_demo_mails_nobody(backend: str, count: int, tmp_path: Any) -> None:
    """Only a folder gets a few to look at."""
    with override_settings(EMAIL_BACKEND=backend, EMAIL_FILE_PATH=str(tmp_path)):
        call_command("demo", stdout=io.StringIO())
        call_command("demo", stdout=io.StringIO(), invoices=60)
        kinds = list(Untold.objects.values_list("event__kind", flat=True))
        assert not ReminderRule.objects.filter(business__slug="estudio-verde", is_active=True).exists()
    assert [kind for kind in kinds if kind.startswith("invoice.")] == ["invoice.send_requested"] * count
