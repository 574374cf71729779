"""What docs/apis.md tells people to type works as it stands there."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business
from gateway.dialect import dialects
from tests.gateway.calls import Caller

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "apis.md").read_text()
HOME = "https://billing.example.com"


def commands() -> list[list[str]]:
    """The curl lines of the quick start, split as a shell would."""
    start = PAGE.index("in five minutes")
    block = re.search(r"```sh\n(.*?)```", PAGE[start:], re.S)
    assert block
    lines = block[1].replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("curl")]


def run(words: list[str], call: Caller, ids: dict[str, str]) -> Any:
    """One curl line, with what the page leaves open filled in."""
    for name, value in {"$API": call.dialect.prefix, **ids}.items():
        words = [word.replace(name, value) for word in words]
    address = next(word for word in words if word.startswith("/api/v1"))
    headers = [words[i + 1] for i, word in enumerate(words) if word == "-H"]
    sent = dict(header.split(": ", 1) for header in headers if header != "$KEY") | call.headers
    assert "$KEY" in headers
    sent.pop("Content-Type", None)
    client = Client(headers=sent)
    if "-d" not in words:
        return client.get(address)
    return client.post(address, words[words.index("-d") + 1], "application/json")


def test_the_quick_start_works_line_by_line(business: Business) -> None:
    call, ids = Caller(business, "faturo"), dict[str, str]()
    customer, invoice, *others = commands()
    answer = run(customer, call, ids)
    assert answer.status_code == 201, answer.content
    ids["CUSTOMER_ID"] = json.loads(answer.content)["id"]
    answer = run(invoice, call, ids)
    assert answer.status_code == 201, answer.content
    made = json.loads(answer.content)
    assert made["total"] == 9100
    ids["INVOICE_ID"] = made["id"]
    answers = [run(words, call, ids) for words in others]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert json.loads(answers[0].content)["data"] == [
        {"id": made["id"], "number": made["number"], "total": 9100}
    ]
    assert answers[2].content.startswith(b"%PDF")


@pytest.mark.parametrize("name", ["highlevel", "base39", "aira", "fatoripay"])
def test_the_page_names_each_api_s_address(name: str) -> None:
    prefix = dialects()[name].prefix
    assert f"→  {HOME}{prefix}\n" in PAGE
    for path in re.findall(r"`(/(?:highlevel|base39|fatoripay)/[^`]+)`", PAGE):
        assert any(dialect.knows(path.removeprefix(dialect.prefix)) for dialect in dialects().values())


def test_the_problem_shown_is_one_of_ours(business: Business) -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    (shown,) = (json.loads(block.replace("…", "")) for block in blocks if '"errors"' in block)
    body = json.loads(Caller(business, "faturo").post("/customers", {}).content)
    assert set(shown) == set(body)
    assert set(shown["errors"][0]) == set(body["errors"][0])
