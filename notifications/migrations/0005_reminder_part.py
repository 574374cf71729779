"""Each part of a payment schedule has its own steps."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_mail")]  # noqa: RUF012

    operations = [  # noqa: RUF012
        migrations.RemoveConstraint(model_name="reminder", name="reminder_once"),
        migrations.AddField(
            model_name="reminder",
            name="part",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("invoice", "part", "step", "channel"), name="reminder_once"
            ),
        ),
    ]
