"""The door that all five APIs share: mounts, bodies, credentials, limits, and refusals in each API's own words."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from gateway import actions, limits
from gateway.models import ApiKey
from tests.gateway.calls import NAMES, Caller, error_of

pytestmark = pytest.mark.django_db

STATUSES = {
    "faturo": {},
    "highlevel": {409: 400},
    "base39": {422: 400},
    "aira": {422: 400},
    "fatoripay": {},
}  # fmt: skip
"""What each API says in place of ours."""
BODIES: dict[str, tuple[bytes, int]] = {
    "not JSON": (b"hello", 400),
    "half an object": (b'{"label": "x"', 400),
    "NaN": (b'{"label": "x", "amount": NaN}', 400),
    "Infinity": (b'{"label": "x", "amount": -Infinity}', 400),
    "the same key twice": (b'{"label": "x", "label": "y"}', 400),
    "20 digits": (b'{"label": "x", "amount": 12345678901234567890}', 400),
    "5,000 digits": (b'{"label": "x", "amount": ' + b"9" * 5000 + b"}", 400),
    "a huge exponent": (b'{"label": "x", "amount": 1e999999}', 400),
    "half a surrogate pair": (rb'{"label": "\ud800"}', 400),
    "a surrogate in a key": (rb'{"label": "x", "amount": {"\udfff": 1}}', 400),
    "NUL": (rb'{"label": "a\u0000b"}', 400),
    "not UTF-8": (b'{"label": "\xff"}', 400),
    "UTF-16": ('{"label": "x"}'.encode("utf-16"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"label": "x"}', 400),
    "21 levels": (b'{"label": "x", "amount": ' + b"[" * 20 + b"]" * 20 + b"}", 400),
    "200,000 levels": (b"[" * 200_000, 400),
    "200,000 objects": (b'{"a":' * 190_000, 400),
    "brackets in text only": (b'{"label": "' + b"[" * 50 + b'", "amount": 3}', 201),
    "20 levels": (b'{"label": "x", "amount": ' + b"[" * 19 + b"]" * 19 + b"}", 201),
    "19 digits": (b'{"label": "x", "amount": 9223372036854775807}', 201),
    "more than 1 MB": (b'{"label": "' + b"x" * 1_000_000 + b'"}', 413),
    "an array": (b"[]", 422),
    "a text": (b'"x"', 422),
    "null": (b"null", 422),
    "nothing": (b"", 422),
    "another type": (b'{"label": 5}', 422),
}


def said(name: str, status: int) -> int:
    return STATUSES[name].get(status, status)


def check_shape(name: str, answer: Any, status: int) -> Any:
    """A refusal as the API's documents show them; never HTML, never a traceback."""
    assert answer.status_code == said(name, status), answer.content
    body = error_of(answer)
    status = answer.status_code
    assert answer["X-Request-Id"]
    if name == "faturo":
        assert answer["Content-Type"] == "application/problem+json"
        assert body["type"] == f"urn:faturo:problem:{body['code']}"
        assert (body["status"], body["instance"]) == (status, f"urn:faturo:request:{answer['X-Request-Id']}")
        assert body["title"] and isinstance(body["errors"], list)
        return body
    assert answer["Content-Type"] == "application/json"
    if name == "highlevel":
        assert set(body) == {"statusCode", "message", "error", "traceId"}
        assert (body["statusCode"], body["traceId"]) == (status, answer["X-Request-Id"])
        assert isinstance(body["message"], list if status == 422 else str)
    elif name == "fatoripay":
        assert set(body) == ({"message"} if status == 401 else {"message", "errors"})
        assert all(isinstance(words, list) for words in body.get("errors", {}).values())
    else:
        assert set(body) == ({"message"} if (name, status) == ("base39", 401) else {"code", "message"})
    assert body["message"]
    return body


@pytest.mark.parametrize("what", BODIES)
def test_bodies_are_read_with_bounds(call: Caller, what: str) -> None:
    raw, status = BODIES[what]
    start = time.perf_counter()
    answer = call.post("/things", raw=raw)
    assert time.perf_counter() - start < 2
    if status == 201:
        assert answer.status_code == 201
    else:
        check_shape(call.dialect.name, answer, status)
        assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_only_json_is_read(call: Caller, kind: str) -> None:
    path = f"{call.dialect.prefix}/things"
    answer = call.client.generic("POST", path, b'{"label": "x"}', content_type=kind, headers=call.headers)
    check_shape(call.dialect.name, answer, 415)


def test_a_body_in_another_encoding_is_refused(call: Caller) -> None:
    kind = "application/json; charset=utf-16"
    path = f"{call.dialect.prefix}/things"
    answer = call.client.generic("POST", path, b"{}", content_type=kind, headers=call.headers)
    check_shape(call.dialect.name, answer, 400)


def test_a_content_type_without_a_body_means_nothing(call: Caller) -> None:
    assert call.get("/things").status_code == 200


@pytest.mark.parametrize("path", ["/things", "/things/"])
def test_a_slash_at_the_end_changes_nothing(call: Caller, path: str) -> None:
    assert call.get(path).status_code == 200
    assert call.post(path, {"label": "x"}).status_code == 201


@pytest.mark.parametrize("path", ["/nothing/here/", "/", "", "//things", "/things/../things", "/%00"])
def test_unknown_addresses(call: Caller, path: str) -> None:
    answer = call.get(path)
    check_shape(call.dialect.name, answer, 400 if "%00" in path else 404)


@pytest.mark.parametrize("query", ["?a=%00", "?%ED%A0%80=1", "?a=%ED%BF%BF"])
def test_addresses_that_no_database_could_hold(call: Caller, query: str) -> None:
    answer = call.get(f"/things{query}")
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        check_shape(call.dialect.name, answer, 400)


def test_a_prefix_is_a_whole_word(client: Client) -> None:
    assert client.get("/airain/things")["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_named(call: Caller, method: str) -> None:
    answer = call.send(method, "/things")
    check_shape(call.dialect.name, answer, 405)
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


def test_head_is_a_get_without_its_body(call: Caller) -> None:
    answer = call.send("HEAD", "/things")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer["Content-Length"]) == len(call.get("/things").content) > 2
    assert call.send("HEAD", "/nothing").status_code == 404


def test_strangers_do_not_learn_which_addresses_there_are(call: Caller) -> None:
    for path in ("/things", "/nothing"):
        check_shape(call.dialect.name, Client().get(call.dialect.prefix + path), 401)


def test_missing_and_wrong_credentials(call: Caller, business: Business) -> None:
    name, path = call.dialect.name, f"{call.dialect.prefix}/things"
    secret = call.secret
    wrong = [{key: value.replace(secret, f"{secret[:-1]}!") for key, value in call.headers.items()}]
    wrong += [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}, {"X-API-KEY": " "}]
    wrong += [{"Authorization": f"Bearer {'x' * 5000}"}, {"client-id": call.key.public_id}]
    for headers in wrong:
        answer = Client(headers=headers).get(path)
        check_shape(name, answer, 401)
        if name != "aira":
            assert answer["WWW-Authenticate"] == "Bearer"


def test_the_secret_of_one_api_opens_no_other(call: Caller, business: Business) -> None:
    for name in NAMES:
        other = Caller(business, name)
        expected = 200 if name == call.dialect.name else 401
        sent = call.dialect.headers(other.key, other.secret)
        assert Client(headers=sent).get(f"{call.dialect.prefix}/things").status_code == expected


def test_revoked_and_expired_keys(call: Caller) -> None:
    assert call.get("/things").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    check_shape(call.dialect.name, call.get("/things"), 401)
    ApiKey.objects.update(expires_at=None)
    assert call.get("/things").status_code == 200
    actions.revoke_key(call.key)
    check_shape(call.dialect.name, call.get("/things"), 401)


def test_a_key_that_only_reads(call: Caller, business: Business) -> None:
    reader = Caller(business, call.dialect.name, Role.VIEWER)
    assert reader.get("/things").status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        check_shape(call.dialect.name, reader.send(method, "/things", {"label": "x"}), 403)
    assert not Customer.objects.exists()


def test_a_handler_may_ask_for_more_than_writing(call: Caller, business: Business) -> None:
    biller, viewer = (Caller(business, call.dialect.name, role) for role in (Role.BILLER, Role.VIEWER))
    assert biller.post("/issue").status_code == 200
    check_shape(call.dialect.name, viewer.post("/issue"), 403)


def test_the_second_header_has_to_be_the_same_key_s(routes: None, business: Business) -> None:
    one, two = Caller(business, "fatoripay"), Caller(business, "fatoripay")
    mixed = {**one.headers, "client-id": two.key.public_id}
    check_shape("fatoripay", Client(headers=mixed).get("/fatoripay/things"), 401)


def test_the_day_of_last_use_is_noted(call: Caller) -> None:
    assert ApiKey.objects.get().last_used_at is None
    call.get("/things")
    assert ApiKey.objects.get().last_used_at


def test_every_answer_tells_what_is_left(call: Caller) -> None:
    highlevel = call.dialect.name == "highlevel"
    name = "X-RateLimit-Remaining" if highlevel else "RateLimit-Remaining"
    first, second = (int(call.get(path)[name]) for path in ("/things", "/nothing"))
    assert first - second in (
        1,
        1 - call.dialect.limit.burst,
    )  # the second: a new window began between the two
    if highlevel:
        headers = call.get("/things").headers
        assert headers["X-RateLimit-Max"] == "100"
        assert headers["X-RateLimit-Interval-Milliseconds"] == "10000"
        assert headers["X-RateLimit-Limit-Daily"] == "200000"
        assert 0 < int(headers["X-RateLimit-Daily-Remaining"]) < 200_000


def use_up(call: Caller) -> Any:
    """The answer to one request too many; again when a new window began meanwhile."""
    for _try in range(3):
        for _used in range(call.dialect.limit.burst):
            limits.count(call.key.public_id, call.dialect.limit)
        answer = call.post("/things", {"label": "x"})
        if answer.status_code == 429:
            return answer
    raise AssertionError("never too many")


def test_too_many_requests(call: Caller, business: Business) -> None:
    answer = use_up(call)
    check_shape(call.dialect.name, answer, 429)
    assert 0 < int(answer["Retry-After"]) <= 10
    assert not Customer.objects.exists()
    assert Caller(business, call.dialect.name).get("/things").status_code == 200


def test_a_day_has_a_limit_too(call: Caller) -> None:
    limit = limits.Limit(burst=10, seconds=10, daily=2)
    used = [limits.count("somebody", limit) for _number in range(3)]
    assert [usage.is_over for usage in used] == [False, False, True]
    assert used[-1].resets_in > 10 or timezone.now().hour == 23


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_fault_of_ours_is_told_without_its_traceback(
    call: Caller, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    call.client.raise_request_exception = False
    answer = call.get("/crash") if method == "GET" else call.post("/things", {"label": "crash"})
    check_shape(call.dialect.name, answer, 500)
    assert "secret of ours" not in answer.content.decode()
    assert "secret of ours" in caplog.text
    assert not Customer.objects.exists()


@pytest.mark.parametrize(("what", "status"), [("conflict", 409), ("problem", 422), ("answered", 422)])
def test_what_is_refused_leaves_nothing_behind(call: Caller, what: str, status: int) -> None:
    answer = call.post("/things", {"label": what})
    assert answer.status_code == (422 if what == "answered" else said(call.dialect.name, status))
    if what != "answered":
        check_shape(call.dialect.name, answer, status)
    assert not Customer.objects.exists()


def test_a_fault_names_its_field(call: Caller) -> None:
    body = call.post("/things", {"label": "problem"}).content.decode()
    assert "colour" in body and "not so" in body
    assert "label" in call.post("/things", {}).content.decode()


@pytest.mark.parametrize(("asked", "words"), [("pt-BR", "Não encontrado."), ("en-GB,en", "Not found.")])
def test_people_read_their_own_language(call: Caller, asked: str, words: str) -> None:
    answer = call.get("/nothing", headers={"Accept-Language": asked})
    assert words in json.dumps(error_of(answer), ensure_ascii=False)


def test_without_asking_each_api_speaks_its_documents_language(call: Caller) -> None:
    words = {"base39": "Não encontrado.", "fatoripay": "Não encontrado."}.get(call.dialect.name, "Not found.")
    assert words in json.dumps(error_of(call.get("/nothing")), ensure_ascii=False)


def test_answers_are_kept_by_nobody_and_each_has_a_number(call: Caller) -> None:
    one, two = call.get("/things"), call.get("/things")
    assert one["Cache-Control"] == "no-store"
    assert one["X-Request-Id"] != two["X-Request-Id"]
    assert not one.cookies


def test_plain_http_is_refused_and_never_redirected(call: Caller, settings: Settings) -> None:
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    check_shape(call.dialect.name, call.post("/things", {"label": "x"}), 403)
    secure = call.client.post(
        f"{call.dialect.prefix}/things", {"label": "x"}, "application/json", secure=True, headers=call.headers
    )
    assert secure.status_code == 201


def test_a_strange_host_is_told_so(call: Caller) -> None:
    answer = call.get("/things", headers={"Host": "evil.example.com"})
    check_shape(call.dialect.name, answer, 400)


def at_host(call: Caller, path: str, **more: Any) -> Any:
    headers = {**call.headers, "Host": "own.example.com"}
    return call.client.post(path, {"label": "x"}, "application/json", headers=headers, **more)


def test_at_a_host_of_its_own_an_api_hangs_at_the_root(call: Caller, settings: Settings) -> None:
    settings.API_HOSTS = {"own.example.com": [call.dialect.name]}
    settings.ALLOWED_HOSTS = ["own.example.com", "testserver"]
    for path in ("/things", "/things/", f"{call.dialect.prefix}/things"):
        assert at_host(call, path).status_code == 201
    assert call.post("/things", {"label": "x"}).status_code == 201
    answer = call.client.get("/nothing", headers={**call.headers, "Host": "own.example.com"})
    check_shape(call.dialect.name, answer, 404)


def test_plain_http_at_a_host_of_its_own(call: Caller, settings: Settings) -> None:
    settings.API_HOSTS = {"own.example.com": [call.dialect.name]}
    settings.ALLOWED_HOSTS = ["own.example.com"]
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    check_shape(call.dialect.name, at_host(call, "/things"), 403)
    assert at_host(call, "/things", secure=True).status_code == 201


def test_of_two_apis_at_one_host_the_credential_chooses(
    routes: None, business: Business, settings: Settings
) -> None:
    settings.API_HOSTS = {"own.example.com": ["aira", "base39"]}
    settings.ALLOWED_HOSTS = ["own.example.com"]
    for name in ("aira", "base39"):
        assert at_host(Caller(business, name), "/things").status_code == 201


def test_fatoripay_s_own_paths_hang_at_its_host_too(business: Business, settings: Settings) -> None:
    """They begin like our own API's prefix."""
    settings.API_HOSTS = {"own.example.com": ["fatoripay"]}
    settings.ALLOWED_HOSTS = ["own.example.com"]
    call = Caller(business, "fatoripay")
    headers = {**call.headers, "Host": "own.example.com"}
    assert call.client.get("/api/v1/invoices", headers=headers).json() == []


def test_bearer_apis_with_the_same_path_share_a_host(business: Business, settings: Settings) -> None:
    settings.API_HOSTS = {"own.example.com": ["highlevel", "faturo"]}
    settings.ALLOWED_HOSTS = ["own.example.com"]
    ours, theirs = Caller(business, "faturo"), Caller(business, "highlevel")
    headers = {**ours.headers, "Host": "own.example.com"}
    assert ours.client.get("/invoices", headers=headers).json() == {"data": [], "next": None}
    where = f"/invoices?altId={theirs.ids['business']}&altType=location&limit=1&offset=0"
    headers = {**theirs.headers, "Host": "own.example.com"}
    assert theirs.client.get(where, headers=headers).json()["invoices"] == []


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_that_cannot_be_read_is_the_caller_s_fault(business: Business, kind: str) -> None:
    body = "&".join(f"a{i}=1" for i in range(16_000)).encode()
    client = Caller(business, "base39").client
    check_shape("base39", client.generic("POST", "/base39/oauth2/token", body, content_type=kind), 400)
    check_shape("base39", client.get(f"/base39/v1/invoices?{body.decode()}"), 400)


@pytest.mark.parametrize("limit", [7])
def test_the_limit_is_a_setting(settings: Settings, limit: int) -> None:
    settings.API_LIMIT = limit
    assert limits.usual_limit() == limits.Limit(burst=7, seconds=10, daily=7000)
