-- no-transaction
-- bgdb: phase=contract release=002_prices
-- Takes back 007_prices_contract.sql.
-- Nothing to undo.
SELECT 1;
