from django.db import migrations

ROUTES = [
    "UPDATE outbox_delivery SET route = channel || ':' || target, "
    "lane = (SELECT subject FROM businesses_event WHERE businesses_event.id = event_id) WHERE route = ''",
    "INSERT INTO outbox_route (name, failures, window_used) SELECT DISTINCT route, 0, 0 FROM outbox_delivery",
]


class Migration(migrations.Migration):
    """What waited before anything could be sent gets its way out."""

    dependencies = [("outbox", "0003_sending")]
    operations = [migrations.RunSQL(ROUTES, migrations.RunSQL.noop)]
