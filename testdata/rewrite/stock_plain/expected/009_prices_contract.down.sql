-- no-transaction
-- bgdb: phase=contract release=002_prices
-- Takes back 009_prices_contract.sql.
-- Nothing to undo.
SELECT 1;
