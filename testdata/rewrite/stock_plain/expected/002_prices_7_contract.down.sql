-- no-transaction
-- bgdb: phase=contract
-- Takes back 002_prices_7_contract.sql.
-- Nothing to undo.
SELECT 1;
