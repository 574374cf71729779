"""How long a PDF takes, naively and our way, in turns within one run: `python -m benchmarks.pdf [rounds]`."""

import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import weasyprint

from core.paper import render
from invoices.paper import html
from tests.paper_samples import many

ASSETS = Path(__file__).resolve().parent.parent / "static" / "paper"
SIZES = ((1, 5), (10, 5), (100, 3))  # lines on the invoice, rounds


def naive_source(html: str, *sheets: str) -> str:
    """The same page as one would write it for `HTML(string=…)`: sheets inside, fonts by address."""
    css = "".join((ASSETS / f"{sheet}.css").read_text("utf-8") for sheet in sheets)
    css = css.replace("faturo:", (ASSETS / "fonts").as_uri() + "/")
    return html.replace("</head>", f"<style>{css}</style></head>").replace(' data-sheet="invoice"', "")


def ways(html: str) -> list[Callable[[], object]]:
    """Naive, naive with whatever font the host has (faster, but not the same page), and ours."""
    same, plain = naive_source(html, "fonts", "invoice"), naive_source(html, "invoice")
    return [
        lambda: weasyprint.HTML(string=same).write_pdf(),
        lambda: weasyprint.HTML(string=plain).write_pdf(),
        lambda: render(html, timeout=60),
    ]


def milliseconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def compare(html: str, rounds: int) -> list[list[float]]:
    """Milliseconds of each way, round by round; who goes first changes from round to round."""
    acts = ways(html)
    took: list[list[float]] = []
    for turn in range(rounds + 1):
        order = sorted(range(len(acts)), key=lambda n: (n + turn) % len(acts))
        found = {n: milliseconds(acts[n]) for n in order}
        took.append([found[n] for n in range(len(acts))])
    return took[1:]  # the first round warms up all of them


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing.settings")
    django.setup()
    logging.disable(logging.CRITICAL)  # or the naive ones would pay for writing their progress
    print("ms per PDF, median; ours is tagged (PDF/UA) and made in the child process, naive is neither")
    print(f"{'lines':>5} {'naive':>8} {'no fonts':>9} {'ours':>8} {'x naive':>8} {'x no fonts':>11}")
    for lines, usual in SIZES:
        took = compare(html(many(lines)), int(sys.argv[1]) if len(sys.argv) > 1 else usual)
        naive, plain, ours = (statistics.median(column) for column in zip(*took, strict=True))
        ratios = [statistics.median(row[n] / row[2] for row in took) for n in (0, 1)]
        print(f"{lines:>5} {naive:>8.0f} {plain:>9.0f} {ours:>8.0f} {ratios[0]:>8.2f} {ratios[1]:>11.2f}")


if __name__ == "__main__":
    main()
