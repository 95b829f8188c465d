-- no-transaction
-- bgdb: phase=contract release=V2__authors
-- Takes back V2.8__authors_contract.sql.
-- Nothing to undo.
SELECT 1;
