"""What runs in the background; each task only looks into the database for what is due."""

from celery import shared_task

from outbox import actions

ROUNDS = 20


@shared_task(name="outbox.tasks.fan_out", ignore_result=True)
def fan_out() -> int:
    """Look at the events that are new; after very many, the next run goes on."""
    taken = 0
    for _round in range(ROUNDS):
        found = actions.fan_out()
        taken += found
        if found < actions.BATCH:
            break
    return taken
