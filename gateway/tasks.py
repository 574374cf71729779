"""What runs in the background."""

from celery import shared_task

from gateway import actions


@shared_task(name="gateway.tasks.forget_answers", ignore_result=True)
def forget_answers() -> int:
    """Answers kept for repeated requests and tokens that have ended, once nobody can use them."""
    return actions.forget()
