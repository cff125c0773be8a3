"""How a person is forgotten: a function of the owner's, which the application's role may not call.

What names the person goes, from every table; what was counted stays, so that the books still add up.
"""

from app.migrate import WrittenInSql, written_in_sql

ID = "2026-11-28T00:00:00:000010"
DESCRIPTION = "billing: erasing a person"

ERASE = """
CREATE FUNCTION erase_person(person text) RETURNS void LANGUAGE plpgsql AS $erase$
DECLARE
  address text;
  customer text;
  nobody CONSTANT text := '[erased]';
BEGIN
  -- Before the person's row: a writer that waits for that row has asked for the table already.
  LOCK TABLE credit_transactions IN SHARE ROW EXCLUSIVE MODE;
  SELECT email, stripe_customer_id INTO address, customer FROM users WHERE clerk_user_id = person FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no person %', person USING ERRCODE = 'no_data_found';
  END IF;

  -- The guard of the ledger lets a description and a note be erased, but no title. Nobody else can write meanwhile.
  ALTER TABLE credit_transactions DISABLE TRIGGER ledger_append_only;
  UPDATE credit_transactions
     SET description = nobody,
         note = CASE WHEN note IS NOT NULL THEN nobody END,
         workshop_title = CASE WHEN workshop_title IS NOT NULL THEN nobody END
   WHERE clerk_user_id = person;
  ALTER TABLE credit_transactions ENABLE TRIGGER ledger_append_only;

  UPDATE workshop_steps SET notes = '', version = version + 1, updated_at = clock_timestamp()
   WHERE workshop_id IN (SELECT id FROM workshops WHERE clerk_user_id = person);
  DELETE FROM drafts WHERE workshop_id IN (SELECT id FROM workshops WHERE clerk_user_id = person);
  UPDATE workshops
     SET title = nobody, deleted_at = coalesce(deleted_at, clock_timestamp()), updated_at = clock_timestamp()
   WHERE clerk_user_id = person;
  UPDATE stripe_events SET payload = convert_to(nobody, 'UTF8')   -- what is not done yet may have to be read again
   WHERE state IN ('done', 'ignored')
     AND (purchase_id IN (SELECT id FROM purchases WHERE clerk_user_id = person)
          OR position(convert_to(address, 'UTF8') IN payload) > 0
          OR position(convert_to(customer, 'UTF8') IN payload) > 0);
  UPDATE purchases                                -- Stripe's references stay: a refund may still come
     SET customer_email = NULL, payment_method = NULL, return_path = NULL, updated_at = clock_timestamp()
   WHERE clerk_user_id = person;

  DELETE FROM sign_in_links
   WHERE email = address OR email IN (SELECT subject FROM identities WHERE clerk_user_id = person AND provider = 'email');
  DELETE FROM sessions WHERE clerk_user_id = person;
  DELETE FROM preferences WHERE clerk_user_id = person;
  DELETE FROM identities WHERE clerk_user_id = person AND subject <> person;
  UPDATE identities SET email = NULL, email_verified = false WHERE clerk_user_id = person;  -- keeps the account closed
  UPDATE users
     SET email = person || '@erased.invalid',     -- a host may have made addresses unique
         name = '', stripe_customer_id = NULL,
         deleted_at = coalesce(deleted_at, clock_timestamp()), updated_at = clock_timestamp()
   WHERE clerk_user_id = person;
END $erase$"""

ALONE = "REVOKE EXECUTE ON FUNCTION erase_person(text) FROM PUBLIC"


async def forwards() -> WrittenInSql:
    """One transaction, opened by `app.migrate.migrate`."""
    return written_in_sql(ID, DESCRIPTION, (ERASE, ALONE))
