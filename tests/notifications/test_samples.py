"""The samples in the documents check a signature: ours passes; a changed body, another secret and a replay do not."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from notifications import signing

TEXT = (Path(__file__).parents[2] / "docs" / "apis.md").read_text()
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "QUJD" * 8
BODY = '{"type": "invoice.paid", "name": "João"}'
NODE = """
const [secret, headers, body] = JSON.parse(process.argv[1]);
process.stdout.write(String(isOurs(secret, headers, Buffer.from(body))));
"""


def sample(language: str, word: str) -> str:
    return next(text for text in re.findall(rf"```{language}\n(.*?)```", TEXT, re.S) if word in text)


def in_python(secret: str, headers: dict[str, str], body: str) -> bool:
    space: dict[str, Any] = {}
    exec(sample("python", "is_ours"), space)
    return bool(space["is_ours"](secret, headers, body.encode()))


def in_node(secret: str, headers: dict[str, str], body: str) -> bool:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed; the continuous integration does not install it either")
    script, given = sample("js", "isOurs") + NODE, json.dumps([secret, headers, body])
    done = subprocess.run([node, "-e", script, given], capture_output=True, text=True, check=True)
    return done.stdout == "true"


@pytest.mark.parametrize("check", [in_python, in_node])
def test_the_sample_tells_ours_from_others(check: Callable[[str, dict[str, str], str], bool]) -> None:
    now = timezone.now()
    headers = signing.headers([OTHER, SECRET], "d1", now, BODY.encode())
    assert check(SECRET, headers, BODY)
    assert not check(SECRET, headers, BODY + " ")
    assert not check("whsec_" + "REVG" * 8, headers, BODY)
    late = signing.headers([SECRET], "d1", now - timedelta(minutes=6), BODY.encode())
    assert not check(SECRET, late, BODY)
