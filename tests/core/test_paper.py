"""The PDF engine: reaches nothing, stops in time, and is there again for the next page."""

import contextlib
import io
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import weasyprint
from pypdf import PdfReader

from core import paper
from core.paper import PaperError, render

SECRET = "TOP-SECRET-4711"
SVG_NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f'{SVG_NS} width="9" height="9"'

# What makes an engine fetch; {svg}, {css} and {txt} become addresses on a listening socket or of local files.
VECTORS = {
    "img": '<img src="{svg}" alt=""/>',
    "img upper case": '<img src="{upper}" alt=""/>',
    "img with spaces": '<img src="  {svg}\n" alt=""/>',
    "img srcset": '<img srcset="{svg} 2x" alt=""/>',
    "picture source": '<picture><source srcset="{svg}"/><img alt=""/></picture>',
    "img redirect": '<img src="{redirect}" alt=""/>',
    "base href": '<base href="{folder}"/><img src="secret.svg" alt=""/>',
    "object": '<object data="{svg}" type="image/svg+xml">x</object>',
    "embed": '<embed src="{svg}" type="image/svg+xml"/>',
    "iframe": '<iframe src="{txt}"></iframe>',
    "video poster": '<video src="{txt}" poster="{svg}"></video>',
    "input image": '<input type="image" src="{svg}"/>',
    "background attribute": '<table background="{svg}"><tr><td background="{svg}">x</td></tr></table>',
    "meta refresh": '<meta http-equiv="refresh" content="0; url={txt}"/>',
    "link stylesheet": '<link rel="stylesheet" href="{css}"/>',
    "link icon": '<link rel="icon" href="{svg}"/>',
    "link attachment": '<link rel="attachment" href="{txt}"/>',
    "anchor attachment": '<a rel="attachment" href="{txt}">x</a>',
    "xml stylesheet": '<?xml-stylesheet type="text/css" href="{css}"?>',
    "css import": '<style>@import url("{css}");</style>',
    "css import in data": '<link rel="stylesheet" href="data:text/css,@import%20url(%22{css}%22);"/>',
    "css font-face": '<style>@font-face {{ font-family: F; src: url("{txt}") }} p {{ font: 9pt F }}</style>',
    "css local font": '<style>@font-face {{ font-family: G; src: local("DejaVu Sans") }}</style>',
    "css background": '<p style="background: url({svg})">x</p>',
    "css content": '<style>p::before {{ content: url("{svg}") }}</style><p>x</p>',
    "css list image": '<ul style="list-style-image: url({svg})"><li>x</li></ul>',
    "css border image": '<p style="border: 9px solid; border-image: url({svg}) 30">x</p>',
    "css page background": '<style>@page {{ background: url("{svg}") }}</style>',
    "css colour profile": '<style>@color-profile --p {{ src: url("{txt}") }}</style><p>x</p>',
    "svg image": f'<svg {SVG}><image xlink:href="{{svg}}" width="9" height="9"/></svg>',
    "svg use": f'<svg {SVG}><use xlink:href="{{svg}}#a"/></svg>',
    "svg stylesheet": f'<svg {SVG}><style>@import url("{{css}}");</style><rect width="9"/></svg>',
    "svg in data": '<img alt="" src="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\' '
    "width='9' height='9'%3E%3Cimage href='{svg}' width='9' height='9'/%3E%3C/svg%3E\"/>",
}


def page(body: str) -> str:
    return f'<html lang="en"><head><title>T</title></head><body>{body}</body></html>'


def attempt(body: str) -> bytes:
    """The PDF; or nothing, when the engine gives up as our fetcher refuses (a colour profile does that)."""
    try:
        return render(page(body))
    except PaperError as refused:
        assert "disallowed protocol" in str(refused)
        return b""


def contents(pdf: bytes) -> str:
    """Everything a PDF holds, unpacked."""
    if not pdf:
        return ""
    reader = PdfReader(io.BytesIO(pdf))
    texts = [pdf.decode("latin-1"), *(p.extract_text() for p in reader.pages)]
    for number in reader.xref[0]:
        found = reader.get_object(number)
        with contextlib.suppress(AttributeError):
            texts.append(found.get_data().decode("latin-1"))  # type: ignore[union-attr]
    return "\n".join(texts)


def addresses(root: str) -> dict[str, str]:
    scheme, rest = root.split(":", 1)
    return {
        "svg": f"{root}/secret.svg",
        "css": f"{root}/secret.css",
        "txt": f"{root}/secret.txt",
        "redirect": f"{root}/redirect",
        "folder": f"{root}/",
        "upper": f"{scheme.upper()}:{rest}/secret.svg",
    }


class Listener:
    """A web server that counts who came, and has nothing but one redirect."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.root = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.seen = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = self.socket.accept()
                self.seen += 1
                moved = b"/redirect " in visitor.recv(4096)
                visitor.sendall(
                    b"HTTP/1.0 302 Found\r\nLocation: /next\r\n\r\n" if moved else b"HTTP/1.0 404 No\r\n\r\n"
                )
                visitor.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    yield server
    server.socket.close()


@pytest.fixture
def secrets(tmp_path: Path) -> str:
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.css").write_text(f'body::before {{ content: "{SECRET}" }}')
    (tmp_path / "secret.svg").write_text(
        f'<svg {SVG_NS} width="200" height="20"><text id="a" y="9">{SECRET}</text></svg>'
    )
    return tmp_path.as_uri()


@pytest.fixture
def child() -> Iterator[paper._Renderer]:
    """An engine of the test's own."""
    renderer = paper._Renderer()
    yield renderer
    renderer.stop()


@pytest.mark.parametrize("name", VECTORS)
def test_no_construct_opens_a_connection(name: str, listener: Listener) -> None:
    attempt(VECTORS[name].format(**addresses(listener.root)))
    assert listener.seen == 0


@pytest.mark.parametrize("name", VECTORS)
def test_no_construct_brings_a_local_file_into_the_pdf(name: str, secrets: str) -> None:
    held = contents(attempt(VECTORS[name].format(**addresses(secrets))))
    assert SECRET not in held
    assert "/EmbeddedFile" not in held


def test_the_vectors_do_reach_out_when_nothing_stops_them(listener: Listener, secrets: str) -> None:
    reached = []
    for name, vector in VECTORS.items():
        before = listener.seen
        with contextlib.suppress(OSError):  # a colour profile that is not there
            weasyprint.HTML(string=page(vector.format(**addresses(listener.root)))).render()
        reached += [name] * (listener.seen > before)
    leaked = weasyprint.HTML(
        string=page(VECTORS["anchor attachment"].format(**addresses(secrets)))
    ).write_pdf()
    assert len(reached) >= 13
    assert SECRET in contents(leaked)


@pytest.mark.parametrize(
    "scheme",
    ["ftp://127.0.0.1/a", "//127.0.0.1/a", "file://localhost/etc/passwd", "/etc/passwd", "faturo:../x"],
)
def test_other_addresses_lead_nowhere(scheme: str) -> None:
    assert "root:" not in contents(
        render(page(f'<img src="{scheme}" alt=""/><a rel="attachment" href="{scheme}">x</a>'))
    )


@pytest.mark.parametrize(
    "source",
    [
        '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html lang="en"><body>&x;</body></html>',
        '<html lang="en"><body><p>not closed</body></html>',
        '<html lang="en" data-sheet="../../x"><body>x</body></html>',
    ],
)
def test_a_page_the_engine_cannot_read_is_refused(source: str) -> None:
    with pytest.raises(PaperError) as refused:
        render(source)
    assert refused.value.reason == "engine"


def test_a_page_of_many_megabytes_is_refused_before_the_engine_sees_it() -> None:
    with pytest.raises(PaperError) as refused:
        render(page("x" * (paper.MAX_BYTES + 1)))
    assert refused.value.reason == "too_large"


def svg_bomb() -> str:
    levels = "".join(f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 10))
    return f'<svg {SVG}><rect id="l0" width="1" height="1"/>{levels}<use xlink:href="#l9"/></svg>'


@pytest.mark.parametrize(
    "bomb",
    ['<table><tr><td colspan="1000000">x</td></tr><tr><td>y</td></tr></table>', svg_bomb()],
    ids=["colspan", "nested use"],
)
def test_an_endless_page_ends_in_time_and_the_next_one_works(bomb: str) -> None:
    render(page("warm"))
    start = time.monotonic()
    with pytest.raises(PaperError) as ended:
        render(page(bomb), timeout=1.5)
    assert ended.value.reason == "timeout"
    assert time.monotonic() - start < 3
    assert render(page("next")).startswith(b"%PDF")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits address space")
def test_a_page_that_wants_too_much_memory_costs_only_itself() -> None:
    with pytest.raises(PaperError):
        render(page('<table><tr><td colspan="100000000">x</td></tr></table>'), timeout=8)
    assert render(page("next")).startswith(b"%PDF")


def test_a_killed_engine_is_replaced_unnoticed(child: paper._Renderer) -> None:
    before = child.render(page("a").encode(), 10)
    assert child.child is not None
    child.child.process.kill()
    assert child.render(page("a").encode(), 10) == before


def test_threads_take_turns() -> None:
    expected = [render(page(f"<p>{n}</p>")) for n in range(6)]
    found: dict[int, bytes] = {}

    def work(n: int) -> None:
        found[n] = render(page(f"<p>{n}</p>"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(6)] == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_worker_gets_an_engine_of_its_own() -> None:
    expected = render(page("fork"))
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            same = render(page("fork")) == expected
            paper._renderer.stop()
            os._exit(0 if same else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert render(page("fork")) == expected


def test_two_engines_give_equal_bytes(child: paper._Renderer) -> None:
    source = page('<p style="font-family: Inter">Ação <b>1</b></p>')
    assert child.render(source.encode(), 10) == render(source)


def test_the_engine_leaves_when_its_stdin_closes() -> None:
    engine = paper._Child()
    engine.stdin.close()
    assert engine.process.wait(10) == 0
    assert not engine.folder.exists()
    engine.stop()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_engine_knows_none_of_our_secrets(
    child: paper._Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", SECRET)
    monkeypatch.setenv("DATABASE_URL", SECRET)
    child.render(page("x").encode(), 10)
    assert child.child is not None
    environ = Path(f"/proc/{child.child.process.pid}/environ").read_text()
    assert SECRET not in environ
    assert "django" not in Path(f"/proc/{child.child.process.pid}/maps").read_text()


def test_a_missing_pango_is_explained_with_the_command_that_installs_it(
    child: paper._Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PaperError) as missing:
        child.render(page("x").encode(), 10)
    assert missing.value.reason == "unavailable"
    assert paper.INSTALL in str(missing.value)
    assert "Traceback" not in str(missing.value)


def test_a_worker_does_not_load_the_engine_itself() -> None:
    source = Path(paper.__file__).read_text()
    assert "import weasyprint" not in source
