"""What of the deliveries waits for somebody, for the first page; and whether work is being done at all."""

from collections.abc import Iterator

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from businesses.models import User
from outbox.health import overdue_since
from outbox.models import Delivery, State
from payments.admin.attention import Attention
from providers.models import Connection, Health

LINES = (
    (State.NEEDS_PERSON, "warn", _("Deliveries that need a person")),
    (State.DEAD, "bad", _("Deliveries given up")),
)


def attention(user: User) -> Iterator[Attention]:
    rows = Delivery.objects.for_staff(user).filter(state__in=[state for state, _tone, _label in LINES])
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    for state, tone, label in LINES:
        if counts.get(state):
            url = f"{reverse('admin:outbox_delivery_changelist')}?state__exact={state}"
            yield Attention(str(label), tone, counts[state], [], url)
    paused = Connection.objects.for_staff(user).filter(is_active=True, health=Health.PAUSED).count()
    if paused:
        url = reverse("admin:providers_connection_changelist")
        yield Attention(str(_("Connections whose credentials are refused")), "bad", paused, [], url)


def is_stuck() -> bool:
    """Whether something waits for much too long: then no worker is at work."""
    return overdue_since() is not None
