from django.db import migrations

from core.vendor_sql import VendorSQL

POSTGRES = """
CREATE FUNCTION outbox_untold_add() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO outbox_untold (event_id) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER outbox_untold_add AFTER INSERT ON businesses_event
FOR EACH ROW WHEN (NEW.business_id IS NOT NULL) EXECUTE FUNCTION outbox_untold_add();
"""
SQLITE = """
CREATE TRIGGER outbox_untold_add AFTER INSERT ON businesses_event WHEN NEW.business_id IS NOT NULL
BEGIN INSERT INTO outbox_untold (event_id) VALUES (NEW.id); END
"""


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial"), ("businesses", "0002_events_append_only")]
    operations = [
        VendorSQL("postgresql", POSTGRES, "DROP FUNCTION outbox_untold_add CASCADE"),
        VendorSQL("sqlite", [SQLITE], "DROP TRIGGER outbox_untold_add"),
    ]
