"""A worker dies at each step of a push, to each provider: one object there, and soon."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from django.test import override_settings

from businesses.models import Business
from outbox.models import Delivery, State
from providers import actions
from tests.chaos import deaths, world
from tests.simulator import Simulator, faults

pytestmark = pytest.mark.django_db(transaction=True)

ALLOWED = world.LEASE + 5
"""Seconds from the death to the end of the push."""


@pytest.mark.parametrize("provider", world.PROVIDERS)
def test_a_worker_may_die_at_any_step_of_a_push(provider: str, business: Business, tmp_path: Path) -> None:
    customer = world.make_customer(business)
    with Simulator() as simulator, override_settings(ALLOW_PRIVATE_TARGETS=True):
        cases = {}
        for number, step in enumerate(deaths.STEPS):
            name = step.replace(" ", "-")
            connection = world.connect(business, simulator, provider, name, push_on="never")
            actions.request_push(world.issue(customer, number), connection)
            cases[name] = {"route": connection.route, "step": step}
        simulator.faults = killings(cases, tmp_path)
        file = tmp_path / "cases.json"
        file.write_text(json.dumps(cases))
        with world.Fleet("crash", file) as fleet, world.quick(90) as spent:
            while not (world.is_over() and is_all_dead(fleet_folder=tmp_path, cases=cases)):
                spent()
                time.sleep(0.1)
        ended = world.check(simulator, len(cases))
    assert ended == {State.SENT: len(cases)}
    check_deaths(cases, fleet.said)


def killings(cases: dict[str, dict[str, str]], folder: Path) -> list[faults.Fault]:
    """The deaths that happen while the provider has the request."""

    def kill(name: str) -> None:
        os.killpg(int((folder / name).read_text()), signal.SIGKILL)

    found = []
    for name, case in cases.items():
        route = f"POST /{name}/.*{deaths.CREATES}"
        if case["step"] == "after sending":
            found.append(faults.before(kill, route=route, times=1))
        if case["step"] == "after acceptance":
            found.append(faults.after(kill, route=route, times=1))
    return found


def is_all_dead(*, fleet_folder: Path, cases: dict[str, dict[str, str]]) -> bool:
    """Those that die after the commit do so after their push is over."""
    return all((fleet_folder / f"{name}.died").exists() for name in cases)


def check_deaths(cases: dict[str, dict[str, str]], died: dict[str, dict[str, float]]) -> None:
    assert set(died) == set(cases)
    assert {found["code"] for found in died.values()} <= {deaths.CODE, -signal.SIGKILL}, died
    ends = dict(Delivery.objects.filter(channel="push").values_list("route", "settled_at"))
    took = {name: ends[case["route"]].timestamp() - died[name]["at"] for name, case in cases.items()}
    slow = {name: seconds for name, seconds in took.items() if seconds > ALLOWED}
    print(f"\n{len(cases)} deaths; the slowest recovery {max(took.values()):.1f} s (allowed: {ALLOWED} s)")
    assert not slow, slow
