"""The process behind core.paper: reads XHTML from stdin and writes PDF to stdout until stdin closes, without
Django, secrets, network or files.
"""

import gc
import hashlib
import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

import cssselect2
import weasyprint
from PIL import Image
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from core.paper import FAILED, FOLDER_PREFIX, PDF, READY, receive, send

if sys.platform != "win32":  # there the parent's clock is the only limit
    import resource

ASSETS = Path(__file__).resolve().parent.parent / "static" / "paper"
MEMORY = 1_500_000_000  # bytes of address space
PIXELS = 12_000_000
FORBIDDEN = (
    "socket.",
    "subprocess.",
    "ftplib.",
    "http.",
    "smtplib.",
    "os.exec",
    "os.fork",
    "os.posix",
    "os.system",
)


class OurBytes(URLFetcher):  # type: ignore[misc, unused-ignore]
    """Fetches data: URLs and the fonts read at start; the rest is refused before anything is opened."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)
        self.assets = {f"faturo:{font.name}": font.read_bytes() for font in ASSETS.glob("fonts/*.woff2")}

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url in self.assets:
            return URLFetcherResponse(url, self.assets[url], {"Content-Type": "font/woff2"})
        return super().fetch(url, headers)


class Engine:
    """What is worth doing once: fonts loaded, sheets parsed."""

    def __init__(self) -> None:
        self.fetcher = OurBytes()
        self.fonts = FontConfiguration()
        self.sheets = {sheet.stem: self._parse(sheet) for sheet in sorted(ASSETS.glob("*.css"))}

    def _parse(self, sheet: Path) -> weasyprint.CSS:
        return weasyprint.CSS(
            string=sheet.read_text("utf-8"), url_fetcher=self.fetcher, font_config=self.fonts, base_url=None
        )

    def pdf(self, body: bytes) -> bytes:
        root = parse(body)
        named = root.attrib.pop("data-sheet", "")
        result: bytes = self._page(root).write_pdf(
            stylesheets=[self.sheets["fonts"], self.sheets[named]] if named else [self.sheets["fonts"]],
            font_config=self.fonts,
            pdf_variant="pdf/ua-1",
            pdf_identifier=hashlib.sha256(body).digest()[:16],
        )
        return result

    def _page(self, root: ElementTree.Element) -> weasyprint.HTML:
        """A weasyprint.HTML without its HTML5 parser or a base URL: relative addresses lead nowhere."""
        page = weasyprint.HTML.__new__(weasyprint.HTML)
        page.base_url = None
        page.url_fetcher = self.fetcher
        page.media_type = "print"
        page.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        page.etree_element = page.wrapper_element.etree_element
        return page


def parse(body: bytes) -> ElementTree.Element:
    if b"<!ENTITY" in body:
        raise ValueError("entities are not allowed")
    return ElementTree.fromstring(body)


def serve(jobs: IO[bytes], answers: IO[bytes], engine: Engine) -> None:
    send(answers, READY, b"")
    while job := receive(jobs):
        _, seconds, body = job
        limit_cpu(seconds)
        try:
            kind, answer = PDF, engine.pdf(body)
        except Exception as error:  # any page may break the engine in its own way
            kind, answer = FAILED, f"{type(error).__name__}: {error}"[:500].encode()
        send(answers, kind, answer)
        gc.collect()  # off during a page, made up for while nobody waits


def limit_cpu(seconds: float) -> None:
    """The parent's clock strikes first; this one is for a child whose parent is gone."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = within(hard, int(time.process_time() + seconds) + 2)
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def within(hard: int, most: int) -> int:
    """A host may already allow less than we would."""
    return most if hard < 0 or hard > 2**62 else min(most, hard)  # RLIM_INFINITY is -1 or huge


def limit_rest() -> None:
    if sys.platform == "win32":
        return
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a refused write is an error, not a death
    limits = {resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: 64}
    if sys.platform == "linux":
        limits[resource.RLIMIT_AS] = MEMORY
    for what, most in limits.items():
        least = within(resource.getrlimit(what)[1], most)
        resource.setrlimit(what, (least, least))


class Seal:
    """A second wall behind the fetcher: Python itself may open only its own library, and no connection."""

    def __init__(self) -> None:
        root = os.path.join(ASSETS.parent.parent, "")
        places = {os.path.join(place, "") for place in (*sys.path, sys.prefix, sys.base_prefix)}
        self.library = tuple(place for place in places if not root.startswith(place))
        self.is_closed = True
        sys.addaudithook(self.check)

    def check(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.is_closed:
            return
        if event == "open":
            if not str(args[0]).startswith(self.library):
                raise PermissionError("this process opens no files")
        elif event.startswith(FORBIDDEN):
            raise PermissionError("this process opens no connections")


def private_stdout() -> IO[bytes]:
    """Keeps stdout for answers; whatever a C library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return answers


def hush() -> None:
    logging.disable(logging.CRITICAL)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def tidy(folder: Path) -> None:
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def main(folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; we leave when stdin closes
    answers = private_stdout()
    jobs = os.fdopen(os.dup(0), "rb", buffering=0)
    engine = Engine()
    engine.pdf(b'<html lang="en"><body><b>0</b><p>0</p></body></html>')  # loads what is loaded late
    Image.MAX_IMAGE_PIXELS = PIXELS
    hush()
    limit_rest()
    seal = Seal()
    gc.freeze()
    gc.disable()
    serve(jobs, answers, engine)
    seal.is_closed = False
    tidy(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
