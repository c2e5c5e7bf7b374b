"""A final invoice never changes: the database refuses it, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION billing_refuse_final_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'final' THEN
        RAISE EXCEPTION 'invoice % is final', OLD.number USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION billing_refuse_part_of_final_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole text;
BEGIN
    IF TG_OP = 'INSERT' THEN whole := NEW.invoice_id; ELSE whole := OLD.invoice_id; END IF;
    IF EXISTS (SELECT FROM invoices WHERE id = whole AND state = 'final') THEN
        RAISE EXCEPTION 'invoice % is final', whole USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER final_invoice BEFORE UPDATE OR DELETE ON invoices
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_final_invoice();
CREATE TRIGGER part_of_final_invoice BEFORE INSERT OR UPDATE OR DELETE ON invoice_lines
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_part_of_final_invoice();
CREATE TRIGGER part_of_final_invoice BEFORE INSERT OR UPDATE OR DELETE ON invoice_discounts
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_part_of_final_invoice();
"""
BACKWARD = """
DROP TRIGGER final_invoice ON invoices;
DROP TRIGGER part_of_final_invoice ON invoice_lines;
DROP TRIGGER part_of_final_invoice ON invoice_discounts;
DROP FUNCTION billing_refuse_final_invoice();
DROP FUNCTION billing_refuse_part_of_final_invoice();
"""


class Migration(migrations.Migration):
    """Triggers on invoices, their lines and their discounts."""

    dependencies = [("billing", "0005_budgets")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
