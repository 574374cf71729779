from django.db import migrations, models

import core.secrets


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="failing_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="pause_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("person", "somebody paused it"),
                    ("gone", "the address answered 410, gone"),
                    ("exhausted", "it failed for three days"),
                    ("unreadable", "its secret can’t be read"),
                ],
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="paused_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="previous_secret",
            field=core.secrets.EncryptedField(blank=True, default="", editable=False),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="previous_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="told_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last success"),
        ),
    ]
