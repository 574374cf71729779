"""What staff were told of within the last hour is found by an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_reminder_part")]  # noqa: RUF012

    operations = [  # noqa: RUF012
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["business", "kind", "created_at"], name="message_by_kind"),
        ),
    ]
