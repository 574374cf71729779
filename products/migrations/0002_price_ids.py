from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from core.ids import new_public_id


def give_ids(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    Price = apps.get_model("products", "Price")
    rows = list(Price.objects.filter(public_id="").only("pk"))
    for row in rows:
        row.public_id = new_public_id()
    Price.objects.bulk_update(rows, ["public_id"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [
        migrations.AddField(
            "price", "public_id", models.CharField(max_length=24, default="", editable=False)
        ),
        migrations.RunPython(give_ids, migrations.RunPython.noop),
        migrations.AlterField(
            "price",
            "public_id",
            models.CharField(max_length=24, unique=True, default=new_public_id, editable=False),
        ),
    ]
