from django.db import migrations

from core.vendor_sql import VendorSQL

POSTGRES = """
CREATE FUNCTION businesses_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
CREATE TRIGGER businesses_event_no_update BEFORE UPDATE OR DELETE ON businesses_event
FOR EACH ROW EXECUTE FUNCTION businesses_event_refuse();
"""
# Rows deleted from SQLite are found by `manage.py audit`: a DELETE trigger would also stop the test suite's flush.
SQLITE = """
CREATE TRIGGER businesses_event_no_update BEFORE UPDATE ON businesses_event
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END
"""


class Migration(migrations.Migration):
    dependencies = [("businesses", "0001_initial")]
    operations = [
        VendorSQL("postgresql", POSTGRES, "DROP FUNCTION businesses_event_refuse CASCADE"),
        VendorSQL("sqlite", [SQLITE], "DROP TRIGGER businesses_event_no_update"),
    ]
