-- no-transaction
-- bgdb: phase=backfill release=V2__rename_email_and_require_phone
-- Takes back V2.3__rename_email_and_require_phone_backfill.sql.
-- Nothing to undo.
SELECT 1;
