"""The screens of the business itself and of its staff."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from businesses.models import Account, Business, Event, Membership, User
from invoices.models import Sequence
from tests import factories
from tests.factories import CNPJ, PASSWORD
from tests.pages import Values, form_at, messages_of

pytestmark = pytest.mark.django_db

STAFF = "/admin/businesses/membership/"


@pytest.fixture
def boss(business: Business) -> User:
    return factories.make_staff(business, "admin", username="boss", language="en")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def card(business: Business) -> str:
    return f"/admin/businesses/business/{business.pk}/change/"


def save(browser: Client, business: Business, **values: Any) -> Any:
    return browser.post(card(business), {**form_at(browser, card(business), "business_form"), **values})


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "blue").save(out, kind)
    return out.getvalue()


def test_the_card_is_changed_normalised_and_on_record(browser: Client, business: Business) -> None:
    assert save(browser, business, trade_name="Padoca", tax_id="12.abc.345/01de-35").status_code == 302
    business.refresh_from_db()
    assert (business.trade_name, business.tax_id) == ("Padoca", CNPJ)
    event = Event.objects.about(business).latest("pk")
    assert (event.kind, event.actor) == ("business.updated", "user:boss")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tax_id", "12.ABC.345/01DE-36"), ("currency", "XXQ"), ("time_zone", "Mars/Base"), ("accent", "red"),
        ("accent", "#4f46e5;}body{"), ("phone", "call me"), ("legal_name", "a\u202eb"), ("country", "XX"),
        ("website", "javascript:alert(1)"), ("language", "fr"), ("rounding_mode", "up"), ("slug", "../x"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_on_its_field(browser: Client, business: Business, field: str, value: str) -> None:
    answer = save(browser, business, **{field: value})
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_painted_anew(browser: Client, business: Business, media: Path, kind: str) -> None:
    data = picture(kind) + b"<script>alert(1)</script><?php"
    assert (
        save(browser, business, new_logo=SimpleUploadedFile("logo.php", data, "text/html")).status_code == 302
    )
    business.refresh_from_db()
    kept = (media / business.logo).read_bytes()
    assert business.logo.endswith(".png") and "logo.php" not in business.logo
    assert Image.open(io.BytesIO(kept)).size == (600, 150)
    assert b"script" not in kept and b"php" not in kept


@pytest.mark.parametrize(
    "data",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"%PDF-1.7", b"x", picture(size=(6000, 5000))],
)
def test_what_is_not_a_small_picture_is_no_logo(
    browser: Client, business: Business, media: Path, data: bytes
) -> None:
    answer = save(browser, business, new_logo=SimpleUploadedFile("logo.png", data, "image/png"))
    assert answer.status_code == 200
    assert "new_logo" in answer.context["adminform"].form.errors
    business.refresh_from_db()
    assert business.logo == ""
    assert [path for path in media.rglob("*") if path.is_file()] == []


def accounts_form(browser: Client, business: Business) -> tuple[Values, str]:
    form = form_at(browser, card(business), "business_form")
    prefix = next(name for name in form if name.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
    return form, prefix


def test_receiving_accounts_are_added_and_there_is_one_default(browser: Client, business: Business) -> None:
    form, prefix = accounts_form(browser, business)
    form |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-0-name": "Banco A", f"{prefix}-0-is_default": "on"}
    assert browser.post(card(business), form).status_code == 302
    form, prefix = accounts_form(browser, business)
    form |= {f"{prefix}-TOTAL_FORMS": "2", f"{prefix}-1-name": "Banco B", f"{prefix}-1-is_default": "on"}
    assert browser.post(card(business), form).status_code == 302
    assert list(Account.objects.filter(is_default=True).values_list("name", flat=True)) == ["Banco B"]


def test_the_default_moves_when_both_boxes_are_changed_at_once(browser: Client, business: Business) -> None:
    Account.objects.create(business=business, name="A", is_default=True)
    Account.objects.create(business=business, name="B")
    form, prefix = accounts_form(browser, business)
    form.pop(f"{prefix}-0-is_default")
    assert browser.post(card(business), {**form, f"{prefix}-1-is_default": "on"}).status_code == 302
    assert Account.objects.get(is_default=True).name == "B"


def test_an_account_that_loses_the_default_to_another_says_so(browser: Client, business: Business) -> None:
    old = Account.objects.create(business=business, name="A", is_default=True)
    Account.objects.create(business=business, name="B")
    form, prefix = accounts_form(browser, business)
    browser.post(card(business), {**form, f"{prefix}-1-is_default": "on"})
    assert Event.objects.about(old).get().data == {"changes": {"is_default": ["True", "False"]}}


def hire(browser: Client, into: Business, **values: str) -> Any:
    form = form_at(browser, f"{STAFF}add/", "membership_form")
    person = {"business": str(into.pk), "role": "biller", "username": "new", "password": PASSWORD}
    return browser.post(f"{STAFF}add/", {**form, **person, **values})


def test_a_new_person_can_sign_in_with_the_first_password(browser: Client, business: Business) -> None:
    assert hire(browser, business, full_name="Nina Nova").status_code == 302
    person = Client()
    answer = person.post("/admin/login/?next=/admin/", {"username": "new", "password": PASSWORD})
    assert answer.headers["Location"] == "/admin/"
    assert person.get("/admin/invoices/invoice/add/").status_code == 200
    assert person.get(STAFF).status_code == 403
    assert Event.objects.get(kind="staff.added").data == {"person": "new", "role": "biller"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", ""), ("password", "short"), ("password", "1234567890"), ("username", "a b\u202e"),
        ("username", ""), ("role", "king"), ("password", "1234"), ("username", "x" * 151),
    ],
)  # fmt: skip
def test_a_person_who_cannot_be_hired_so_is_refused_on_the_field(
    browser: Client, business: Business, field: str, value: str
) -> None:
    answer = hire(browser, business, **{field: value})
    assert (answer.status_code, Membership.objects.count(), User.objects.count()) == (200, 1, 1)
    assert field in answer.context["adminform"].form.errors


def test_nobody_hires_into_another_business(browser: Client, other_business: Business) -> None:
    assert hire(browser, other_business).status_code == 200
    assert Membership.objects.count() == 1


def test_a_known_person_joins_with_the_password_they_have(
    browser: Client, business: Business, other_business: Business
) -> None:
    known = factories.make_staff(other_business, "viewer", username="known")
    answer = hire(browser, business, username="known", password="another password 123")
    assert "password" in answer.context["adminform"].form.errors
    assert hire(browser, business, username="known", password="").status_code == 302
    known.refresh_from_db()
    assert known.check_password(PASSWORD)
    assert set(known.memberships.values_list("business", flat=True)) == {business.pk, other_business.pk}


def test_a_role_is_changed_and_on_record(browser: Client, business: Business) -> None:
    person = factories.make_staff(business, "viewer")
    membership = Membership.objects.get(user=person)
    assert browser.post(f"{STAFF}{membership.pk}/change/", {"role": "finance"}).status_code == 302
    membership.refresh_from_db()
    assert membership.role == "finance"
    assert Event.objects.get(kind="staff.role_changed").data["role"] == "finance"


def test_the_last_administrator_is_not_demoted(browser: Client) -> None:
    mine = Membership.objects.get()
    answer = browser.post(f"{STAFF}{mine.pk}/change/", {"role": "viewer"})
    assert answer.status_code == 200
    assert "at least one administrator" in answer.content.decode()
    assert Membership.objects.get().role == "admin"
    assert not Event.objects.filter(kind="staff.role_changed").exists()


def test_the_last_administrator_is_not_removed(browser: Client) -> None:
    mine = Membership.objects.get()
    answer = browser.post(f"{STAFF}{mine.pk}/delete/", {"post": "yes"})
    assert (answer.status_code, Membership.objects.count()) == (302, 1)
    assert messages_of(answer) == ["A business needs at least one administrator."]


def test_a_removed_person_is_out_at_once(browser: Client, business: Business) -> None:
    person = factories.make_staff(business, "viewer")
    theirs = Client()
    theirs.force_login(person)
    assert theirs.get("/admin/invoices/invoice/").status_code == 200
    membership = Membership.objects.get(user=person)
    assert browser.post(f"{STAFF}{membership.pk}/delete/", {"post": "yes"}).status_code == 302
    assert theirs.get("/admin/invoices/invoice/").status_code == 403
    assert Event.objects.filter(kind="staff.removed").count() == 1


def test_a_new_business_belongs_to_the_administrator_who_made_it(browser: Client, boss: User) -> None:
    url = "/admin/businesses/business/add/"
    form = {**form_at(browser, url, "business_form"), "legal_name": "Segunda Ltda", "slug": "segunda"}
    assert browser.post(url, form).status_code == 302
    assert Membership.objects.get(business__slug="segunda").user == boss


def test_a_swapped_pix_key_is_on_the_record(browser: Client, business: Business) -> None:
    account = Account.objects.create(business=business, name="A", pix_key="old@b.example")
    form, prefix = accounts_form(browser, business)
    browser.post(card(business), {**form, f"{prefix}-0-pix_key": "new@b.example"})
    event = Event.objects.about(account).latest("pk")
    assert (event.kind, event.actor) == ("account.updated", "user:boss")
    assert event.data == {"changes": {"pix_key": ["old@b.example", "new@b.example"]}}


def test_a_first_number_is_kept_and_on_the_record(browser: Client, business: Business) -> None:
    assert save(browser, business, first_number="4711", number_pattern="A{seq:05}").status_code == 302
    event = Event.objects.get(kind="series.started")
    assert (event.subject, event.actor) == (f"business:{business.pk}", "user:boss")
    assert event.data == {"series": "A#", "first": 4711}
    assert Sequence.objects.get().next_place == 4711


def test_a_first_number_makes_no_sense_where_each_customer_has_a_series(
    browser: Client, business: Business
) -> None:
    answer = save(browser, business, first_number="7", number_pattern="{customer}-{seq}")
    assert "first_number" in answer.context["adminform"].form.errors
    assert (Sequence.objects.count(), Event.objects.filter(kind="series.started").count()) == (0, 0)


def test_the_logo_is_shown_and_can_be_removed(browser: Client, business: Business, media: Path) -> None:
    assert "remove_logo" not in browser.get(card(business)).content.decode()
    save(browser, business, new_logo=SimpleUploadedFile("logo.png", picture(), "image/png"))
    page = browser.get(card(business)).content.decode()
    assert 'src="data:image/png;base64,' in page and "remove_logo" in page
    business.refresh_from_db()
    old = business.logo
    assert save(browser, business, remove_logo="on").status_code == 302
    business.refresh_from_db()
    assert business.logo == ""
    assert (media / old).exists(), "invoices issued with it still show it"
    assert Event.objects.about(business).latest("pk").data == {"changes": {"logo": [old, ""]}}


def test_a_new_logo_goes_before_the_box_that_removes_the_old_one(
    browser: Client, business: Business, media: Path
) -> None:
    upload = SimpleUploadedFile("logo.png", picture(), "image/png")
    save(browser, business, new_logo=upload, remove_logo="on")
    business.refresh_from_db()
    assert (media / business.logo).exists() and business.logo


def test_a_logo_whose_file_is_gone_still_lets_the_card_open(browser: Client, business: Business) -> None:
    Business.objects.update(logo="logos/gone.png")
    assert browser.get(card(business)).status_code == 200


def test_who_lost_a_role_finds_nothing_at_once(browser: Client, boss: User, business: Business) -> None:
    customer = factories.make_customer(business, "Padaria Sol")
    palette = {"s": "Padaria", "extended": ""}
    path = f"/admin/customers/customer/{customer.pk}/change/"
    assert path in browser.get("/admin/search/", palette).content.decode()
    Membership.objects.filter(user=boss).delete()
    assert path not in browser.get("/admin/search/", palette).content.decode()
