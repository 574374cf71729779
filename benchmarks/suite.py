"""The benchmarks that need a database, all on one, which grows from size to size."""

import io
import time
from collections.abc import Collection, Sequence

from django.core.management import call_command

from benchmarks import admin, api, lists, writes
from benchmarks.database import label, settle
from businesses.models import Business

ON_LISTS = {"lists": lists.main, "admin": admin.main, "api": api.main}


def run(what: Collection[str], sizes: Sequence[int]) -> None:
    wanted = [act for name, act in ON_LISTS.items() if name in what]
    for size in sorted(sizes) if wanted else []:
        business = _fill(size)
        for act in wanted:
            act(business)
    if "core" in what:  # last: it leaves invoices behind that would stand on the lists' first pages
        writes.main()


def _fill(count: int) -> Business:
    """With the same loader as `manage.py demo --invoices`."""
    start = time.perf_counter()
    call_command("demo", invoices=count, stdout=io.StringIO())
    settle()
    print(f"\n{count:,} invoices on {label()} (filled in {time.perf_counter() - start:.0f} s)", flush=True)
    return Business.objects.get(slug="estudio-verde")
