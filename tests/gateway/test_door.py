"""The door that all five APIs share: mounts, bodies, callers."""

import pytest

from businesses.models import Business
from businesses.roles import Role
from gateway import actions
from tests.gateway.calls import Caller, error_of

pytestmark = pytest.mark.django_db
NAMES = ["faturo", "highlevel", "base39", "aira", "fatoripay"]


@pytest.mark.parametrize("name", NAMES)
def test_unknown_paths_answer_json_in_the_api_s_own_shape(business: Business, name: str) -> None:
    response = Caller(business, name).get("/nothing/here/")
    assert response.status_code == 404
    assert "json" in response["Content-Type"]
    assert error_of(response)
