"""The obvious way of pushing: a Celery task for each, in a worker of two processes, with a plain HTTP client."""

import http.client
import os

from celery import Celery

app = Celery("naive", broker=os.environ.get("BENCH_BROKER", "memory://"), set_as_current=False)
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_transport_options = {"global_keyprefix": os.environ.get("BENCH_PREFIX", "naive:")}


@app.task(name="naive.push")
def push(port: int, key: str, body: str) -> None:
    provider = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    provider.request("POST", "/invoices", body, headers)
    provider.getresponse().read()
    provider.close()
