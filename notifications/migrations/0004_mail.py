import core.fields
import core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0003_receiving"),
        ("invoices", "0004_balance"),
        ("notifications", "0003_reminders"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=core.ids.new_public_id,
                        editable=False,
                        max_length=24,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "sends_issued",
                    models.BooleanField(
                        default=True, verbose_name="e-mail invoices as soon as they are issued"
                    ),
                ),
                (
                    "sends_thanks",
                    models.BooleanField(default=True, verbose_name="thank for payments, with the receipt"),
                ),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail settings",
                "verbose_name_plural": "e-mail settings",
                "constraints": [models.UniqueConstraint(fields=("business",), name="mail_settings_once")],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=core.ids.new_public_id,
                        editable=False,
                        max_length=24,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("issued", "Invoice"),
                            ("due_soon", "Due soon"),
                            ("due_today", "Due today"),
                            ("overdue", "Overdue"),
                            ("paid", "Thank you and receipt"),
                            ("credited", "Credit note"),
                            ("trouble", "Warning to staff"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("address", models.EmailField(max_length=254, verbose_name="to")),
                (
                    "language",
                    models.CharField(
                        choices=[("pt-br", "Brazilian Portuguese"), ("en", "English")],
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("opened", "Opened"),
                            ("failed", "Failed"),
                            ("bounced", "Bounced"),
                            ("skipped", "Not needed"),
                        ],
                        default="queued",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=30, verbose_name="error")),
                ("detail", models.CharField(blank=True, max_length=300, verbose_name="answer")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
                ("opened_at", models.DateTimeField(null=True, verbose_name="opened")),
                ("subject", models.CharField(blank=True, max_length=250, verbose_name="subject")),
                ("text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("files", models.CharField(blank=True, max_length=300)),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="businesses.event"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="invoices.invoice",
                        verbose_name="invoice",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["business", "-id"], name="message_newest"),
                    models.Index(fields=["business", "state", "-id"], name="message_by_state"),
                ],
                "constraints": [models.UniqueConstraint(fields=("event", "address"), name="message_once")],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=core.ids.new_public_id,
                        editable=False,
                        max_length=24,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("address", models.EmailField(max_length=254, verbose_name="address")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bounced", "the address does not exist"),
                            ("unsubscribed", "wants no reminders"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300, verbose_name="answer")),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
            ],
            options={
                "verbose_name": "blocked address",
                "verbose_name_plural": "blocked addresses",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("business", "address", "reason"), name="suppression_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=core.ids.new_public_id,
                        editable=False,
                        max_length=24,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("issued", "Invoice"),
                            ("due_soon", "Due soon"),
                            ("due_today", "Due today"),
                            ("overdue", "Overdue"),
                            ("paid", "Thank you and receipt"),
                            ("credited", "Credit note"),
                            ("trouble", "Warning to staff"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("pt-br", "Brazilian Portuguese"), ("en", "English")],
                        default="pt-br",
                        max_length=5,
                        verbose_name="language",
                    ),
                ),
                ("subject", core.fields.LineField(blank=True, max_length=150, verbose_name="subject")),
                ("intro", core.fields.BlockField(blank=True, max_length=2000, verbose_name="opening words")),
                (
                    "business",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
            ],
            options={
                "verbose_name": "e-mail wording",
                "verbose_name_plural": "e-mail wordings",
                "ordering": ["kind", "language"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("business", "kind", "language"),
                        name="wording_once",
                        violation_error_message="There are words for this kind and language already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("intro", ""), ("subject", ""), _negated=True),
                        name="wording_says_something",
                    ),
                ],
            },
        ),
    ]
