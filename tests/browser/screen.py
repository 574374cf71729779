"""What a person does at a screen: open, type, press, read. And what an auditor asks of it."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar
from urllib.request import Request, urlopen

from django.utils import translation
from django.utils.translation import gettext
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from scripts import chrome

T = TypeVar("T")

DESK = (1366, 900)
PHONE = (390, 844)
PATIENCE = 10  # seconds
UNNAMED = """
const seen = (field) => field.getClientRects().length && getComputedStyle(field).visibility !== "hidden";
const texts = (ids) => (ids || "").split(/\\s+/).map((id) => document.getElementById(id)?.textContent.trim()).join("");
const label = (field) => [...(field.labels || [])].map((each) => each.textContent.trim()).join("");
const name = (field) => field.getAttribute("aria-label")?.trim() || texts(field.getAttribute("aria-labelledby"))
  || label(field) || field.title || field.placeholder;
return [...document.querySelectorAll("input:not([type=hidden], [type=submit]), select, textarea")]
  .filter((field) => seen(field) && !name(field)).map((field) => field.outerHTML.slice(0, 160));
"""
"""The visible fields that a screen reader could only call "edit"."""


class Screen:
    def __init__(self, browser: Chrome, url: str, language: str) -> None:
        self.browser, self.url, self.language = browser, url, language
        self.expected: list[str] = []

    # Where we are

    def open(self, path: str) -> None:
        self.browser.get(path if path.startswith("http") else f"{self.url}{path}")

    def desk(self) -> None:
        chrome.resize(self.browser, *DESK)

    def be_dark(self) -> None:
        """The person's own choice of theme, as the back office remembers it."""
        self.run("localStorage.adminTheme = '\"dark\"'")

    def phone(self) -> None:
        chrome.resize(self.browser, *PHONE)

    @property
    def path(self) -> str:
        return self.browser.current_url.removeprefix(self.url)

    def forget_everything(self) -> None:
        """Further windows, cookies, storage; the page first, so that none of its requests is left without a cookie."""
        for window in self.browser.window_handles[1:]:
            self.browser.switch_to.window(window)
            self.browser.close()
        self.browser.switch_to.window(self.browser.window_handles[0])
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        self.browser.get("about:blank")
        wiped = {"origin": self.url, "storageTypes": "local_storage"}
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin", wiped)
        for command in ("Network.clearBrowserCookies", "Emulation.clearDeviceMetricsOverride"):
            self.browser.execute_cdp_cmd(command, {})
        chrome.complaints(self.browser)

    @contextlib.contextmanager
    def as_stranger(self) -> Iterator["Screen"]:
        """The same window without its cookies, which come back afterwards."""
        cookies = self.browser.execute_cdp_cmd("Network.getCookies", {"urls": [self.url]})["cookies"]
        self.browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        yield self
        self.desk()
        kept = [{"name": cookie["name"], "value": cookie["value"], "url": self.url} for cookie in cookies]
        self.browser.execute_cdp_cmd("Network.setCookies", {"cookies": kept})

    # What it says

    def words(self, text: str) -> str:
        """One of our texts as this reader should see it."""
        with translation.override(self.language):
            return gettext(text)

    def one(self, css: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def text(self, css: str = "body") -> str:
        return plain(self.one(css).text)

    def value(self, css: str) -> str:
        return self.one(css).get_attribute("value") or ""

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def wait(self, until: Callable[[], T]) -> T:
        """The first answer that is true; an element may be replaced while we look at it."""
        wait = WebDriverWait(self.browser, PATIENCE, 0.05, [StaleElementReferenceException])
        return wait.until(lambda _browser: until())

    # What a person does

    def write(self, css: str, text: object) -> WebElement:
        field = self.one(css)
        field.clear()
        field.send_keys(str(text))
        return field

    def press(self, *keys: str) -> None:
        """On whatever has the focus."""
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_with_ctrl(self, key: str) -> None:
        ActionChains(self.browser).key_down(Keys.CONTROL).send_keys(key).key_up(Keys.CONTROL).perform()

    def click(self, css: str) -> None:
        element = self.one(css)
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def leave_by(self, css: str) -> None:
        """Click what opens the next page, and wait until it is there."""
        self.run("window.isOld = true")
        self.click(css)
        self.arrive()

    def arrive(self) -> None:
        self.wait(lambda: self.run("return document.readyState === 'complete' && !window.isOld"))

    def choose(self, css: str, typed: str) -> None:
        """Through a lookup field: open it, type, take the first that is found."""
        self.click(f"{css} + .select2 .select2-selection")
        self.wait(lambda: self.one(".select2-search__field")).send_keys(typed)
        self.wait(lambda: typed.lower() in self.text(".select2-results__option--highlighted").lower() or None)
        self.press("\n")

    # What an auditor asks

    def complaints(self) -> list[str]:
        """What the browser objected to, except what the test had announced in `expected`."""
        found = chrome.complaints(self.browser)
        return [text for text in found if not any(re.search(known, text) for known in self.expected)]

    def is_too_wide(self) -> bool:
        return bool(self.run("return document.documentElement.scrollWidth > window.innerWidth"))

    def unnamed_fields(self) -> list[str]:
        return list(self.run(UNNAMED))

    def contrast(self, css: str) -> float:
        """Of an element's text against what is painted behind it."""
        ink, papers = self.run(COLOURS, self.one(css))
        paper = (255.0, 255.0, 255.0)
        for layer in reversed(papers):
            paper = _over(_rgba(layer), paper)
        lighter, darker = sorted((_light(_over(_rgba(ink), paper)), _light(paper)), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    def fetch(self, path: str) -> bytes:
        """A file, with the cookies of this window."""
        cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in self.browser.get_cookies())
        address = path if path.startswith("http") else f"{self.url}{path}"
        with urlopen(Request(address, headers={"Cookie": cookies}), timeout=60) as answer:
            return bytes(answer.read())


COLOURS = """
const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const rgba = (colour) => {
  paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
  return [...paint.getImageData(0, 0, 1, 1).data];
};
const papers = [];
for (let node = arguments[0]; node; node = node.parentElement) {
  papers.push(rgba(getComputedStyle(node).backgroundColor));
}
return [rgba(getComputedStyle(arguments[0]).color), papers];
"""
"""The colours of a text and of everything behind it, as bytes, however the stylesheet writes them."""

Colour = tuple[float, float, float]


def _rgba(given: Iterable[int]) -> tuple[float, float, float, float]:
    red, green, blue, alpha = given
    return red, green, blue, alpha / 255


def _over(layer: tuple[float, float, float, float], paper: Colour) -> Colour:
    *ink, alpha = layer
    red, green, blue = (alpha * top + (1 - alpha) * below for top, below in zip(ink, paper, strict=True))
    return red, green, blue


def _light(colour: Colour) -> float:
    """Relative luminance, as WCAG 2 reckons it."""
    parts = [part / 255 for part in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def plain(text: str) -> str:
    """With single plain spaces: amounts carry ones that do not break."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


def typed(amount: str, language: str) -> str:
    """A decimal as this reader types it."""
    return str(Decimal(amount)).replace(".", "," if language == "pt-br" else ".")
