from django.db import migrations

from core.search import index_operations


class Migration(migrations.Migration):
    """Substring search. A later migration that makes SQLite rebuild the table must run these operations again."""

    dependencies = [("invoices", "0001_initial")]
    operations = index_operations("invoices_invoice", "search_text")
