"""Secrets at rest: only tokens in the column, clear text in Python, nothing to search, keys that can be changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.db import connection, models
from django.db.models import F, Value
from django.db.models.functions import Cast
from django.test import override_settings
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from core.secrets import EncryptedField, SecretUnreadable, masked, opened, resealed, seal

SECRET = "sk_live_51HxYzAbCdEfGhIjKlMn9f3a"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_sealed_text_comes_back(text: str) -> None:
    assert opened(seal(text)) == text


def test_a_token_shows_nothing_and_is_never_the_same() -> None:
    assert SECRET not in seal(SECRET)
    assert seal(SECRET) != seal(SECRET)
    assert seal("") == opened("") == resealed("") == ""


def test_a_token_of_an_unknown_key_is_unreadable_and_the_text_says_what_to_do() -> None:
    with override_settings(FIELD_KEYS=[OLD]):
        token = seal(SECRET)
    for read in (opened, resealed):
        with override_settings(FIELD_KEYS=[NEW]), pytest.raises(SecretUnreadable) as caught:
            read(token)
        assert "FIELD_KEYS" in caught.value.text
        assert SECRET not in repr(caught.value)


@pytest.mark.parametrize("token", ["x", "é", "gAAAA", "\ud800", "gAAAAA" * 1000])
def test_what_is_no_token_is_unreadable(token: str) -> None:
    with pytest.raises(SecretUnreadable):
        opened(token)


def test_a_changed_token_is_unreadable() -> None:
    token = seal(SECRET)
    with pytest.raises(SecretUnreadable):
        opened(token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:])


def test_an_old_key_still_reads_and_resealing_lets_it_go() -> None:
    with override_settings(FIELD_KEYS=[OLD]):
        token = seal(SECRET)
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        assert opened(token) == SECRET
        fresh = resealed(token)
    with override_settings(FIELD_KEYS=[NEW]):
        assert opened(fresh) == SECRET


def test_naming_keys_later_locks_nothing_up() -> None:
    token = seal(SECRET)
    with override_settings(FIELD_KEYS=[NEW]):
        assert opened(token) == SECRET


def test_without_keys_the_secret_key_seals_and_its_fallbacks_read() -> None:
    with override_settings(SECRET_KEY="first" * 10):
        token = seal(SECRET)
    with override_settings(SECRET_KEY="second" * 10, SECRET_KEY_FALLBACKS=["first" * 10]):
        assert opened(token) == SECRET
    with override_settings(SECRET_KEY="second" * 10), pytest.raises(SecretUnreadable):
        opened(token)


def test_a_key_that_is_none_is_explained_and_not_shown() -> None:
    with override_settings(FIELD_KEYS=["not-a-key"]), pytest.raises(ImproperlyConfigured) as caught:
        seal(SECRET)
    assert "generate_key" in str(caught.value)
    assert "not-a-key" not in str(caught.value)


def test_a_mask_shows_the_ends_of_a_long_secret_only() -> None:
    assert masked(SECRET) == "sk_l…9f3a"
    assert masked("short") == masked("x" * 23) == "••••••••"
    assert masked("") == ""


@pytest.fixture
def vault(db: None) -> Iterator[Any]:
    """A model with a secret and a table, for one test."""
    with isolate_apps("core"):

        class Vault(models.Model):
            id = models.BigIntegerField(primary_key=True)
            secret = EncryptedField(blank=True)

            class Meta:
                app_label = "core"
                db_table = "test_vault"

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_vault (id bigint PRIMARY KEY, secret text NOT NULL)")
    yield Vault


def column(vault: Any) -> str:
    return str(vault.objects.values_list(Cast("secret", models.TextField()), flat=True).get())


def test_the_column_holds_a_token_and_the_row_the_text(vault: Any) -> None:
    vault.objects.create(id=1, secret=SECRET)
    assert SECRET not in column(vault)
    assert opened(column(vault)) == SECRET
    assert vault.objects.get().secret == SECRET
    assert list(vault.objects.values_list("secret", flat=True)) == [SECRET]


def test_updates_are_sealed_too(vault: Any) -> None:
    row = vault.objects.create(id=1, secret="")
    assert column(vault) == ""
    vault.objects.update(secret="one")
    assert (opened(column(vault)), vault.objects.get().secret) == ("one", "one")
    row.secret = "two"
    vault.objects.bulk_update([row], ["secret"])
    assert (opened(column(vault)), vault.objects.get().secret) == ("two", "two")


@pytest.mark.parametrize("lookup", ["", "__exact", "__icontains", "__in", "__startswith", "__gt", "__regex"])
def test_nothing_can_be_searched_for(vault: Any, lookup: str) -> None:
    with pytest.raises(FieldError, match="encrypted"):
        vault.objects.filter(**{f"secret{lookup}": [SECRET] if lookup == "__in" else SECRET}).count()


def test_an_unreadable_secret_can_be_replaced(vault: Any) -> None:
    with override_settings(FIELD_KEYS=[OLD]):
        vault.objects.create(id=1, secret=SECRET)
    with override_settings(FIELD_KEYS=[NEW]):
        with pytest.raises(SecretUnreadable):
            vault.objects.get()
        row = vault.objects.defer("secret").get()
        row.secret = "again"
        row.save(update_fields=["secret"])
        assert vault.objects.get().secret == "again"


def test_a_column_can_be_resealed_in_place(vault: Any) -> None:
    with override_settings(FIELD_KEYS=[OLD]):
        vault.objects.create(id=1, secret=SECRET)
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        fresh = Value(resealed(column(vault)), output_field=models.TextField())
        vault.objects.update(secret=fresh)
    with override_settings(FIELD_KEYS=[NEW]):
        assert vault.objects.get().secret == SECRET


def test_a_secret_is_clean_text(vault: Any) -> None:
    vault(id=1, secret="-----BEGIN KEY-----\nabc\n").full_clean()
    for dirty in ("a\x00", "\ud800", "a\u202eb"):
        with pytest.raises(ValidationError):
            vault(id=1, secret=dirty).full_clean()


def test_a_copied_column_stays_readable(vault: Any) -> None:
    vault.objects.create(id=1, secret=SECRET)
    vault.objects.update(secret=F("secret"))
    assert vault.objects.get().secret == SECRET
