-- bgdb: phase=contract
-- Takes back V2.9__authors_contract.sql.
-- Nothing to undo.
SELECT 1;
