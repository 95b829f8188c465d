-- no-transaction
-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- Takes back V2.7__rename_email_and_require_phone_contract.sql.
-- Nothing to undo.
SELECT 1;
