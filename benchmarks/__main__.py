"""`make bench`: what costs how much here, as ratios to the obvious way of doing the same, in one run."""

import argparse
import os
import platform
import sys

from django.utils.module_loading import import_string

from benchmarks.database import throwaway

ON_A_DATABASE = {"core", "lists", "admin", "api"}
EVERYTHING = ("core", "lists", "admin", "api", "pdf", "push")


def main() -> None:
    asked = _arguments()
    what = asked.what or EVERYTHING
    sizes = asked.sizes or [1_000, 100_000, *([1_000_000] if asked.million else [])]
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}.")
    print("Times vary with the machine and what else it does; the ratios, taken in turns, much less.")
    with throwaway():
        # By name: models can be imported only once Django is set up.
        if ON_A_DATABASE & set(what):
            import_string("benchmarks.suite.run")(what, sizes)
        if "push" in what:
            import_string("benchmarks.push.main")()
        if "pdf" in what:
            sys.argv = sys.argv[:1]
            import_string("benchmarks.pdf.main")()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*EVERYTHING, []], help="default: everything")
    parser.add_argument("--million", action="store_true", help="lists and screens at a million invoices too")
    parser.add_argument(
        "--sizes", nargs="+", type=int, metavar="N", help="at these numbers of invoices instead"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
