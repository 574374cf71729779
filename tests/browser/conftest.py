"""The app behind a real server, and a real browser that must not complain about anything it is shown."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver import Chrome

from businesses.models import Business, User
from scripts import chrome
from tests import factories
from tests.browser.screen import Screen

NO_BROWSER = "\n*** NOT TESTED: the screens, for lack of Chromium (Debian: chromium chromium-driver). ***"


@pytest.fixture
def language() -> str:
    """Of the browser and of the person before it; a test may ask for both in turn."""
    return "pt-br"


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[str], Chrome]]:
    """One browser a language, started when it is first needed."""
    if not chrome.find():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(NO_BROWSER)
    contexts = {code: chrome.opened(code) for code, _name in django_settings.LANGUAGES}
    running: dict[str, Chrome] = {}

    def browser(code: str) -> Chrome:
        if code not in running:
            running[code] = contexts[code].__enter__()
        return running[code]

    yield browser
    for code in running:
        contexts[code].__exit__(None, None, None)


@pytest.fixture
def screen(
    browsers: Callable[[str], Chrome], language: str, live_server: LiveServer, settings: Settings
) -> Iterator[Screen]:
    """An empty window of someone who reads `language`; at the end there must be nothing in its log."""
    settings.SITE_URL = live_server.url
    screen = Screen(browsers(language), live_server.url, language)
    screen.desk()
    yield screen
    complaints = screen.complaints()
    screen.forget_everything()
    assert complaints == []


@pytest.fixture
def house(live_server: LiveServer, language: str) -> Business:
    """A Brazilian business that writes its invoices in the language of the test."""
    return factories.make_business(slug="padaria", language=language)


@pytest.fixture
def person(house: Business, language: str) -> User:
    return factories.make_staff(house, "admin", username="ana", language=language)


@pytest.fixture
def signed_in(screen: Screen, person: User) -> Screen:
    """Past the login page; the story walks through it."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": screen.url, "httpOnly": True}
    screen.browser.execute_cdp_cmd("Network.setCookie", cookie)
    return screen
