"""`scripts/python -m scripts.venv [--dev] ARGS…`: `.venv/bin/python ARGS…`, in an up-to-date `.venv`."""

import os
import sys

from scripts import packages
from scripts.console import ROOT, VAR, VENV_PYTHON, environment, main


def execute() -> int:
    arguments = sys.argv[1:]
    dev = arguments[:1] == ["--dev"]
    VAR.mkdir(exist_ok=True)
    packages.install(dev=dev)
    os.chdir(ROOT)
    os.execve(VENV_PYTHON, [str(VENV_PYTHON), *arguments[dev:]], environment())


if __name__ == "__main__":
    main(execute)
