TRUNCATE ledger;
