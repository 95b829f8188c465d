-- bgdb: ignore drop-tabel not there any more
ALTER TABLE orders ALTER COLUMN total TYPE bigint;
ALTER TABEL orders ADD COLUMN broken int;
