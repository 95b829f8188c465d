BEGIN;

-- Running downgrade 1975ea83b712 -> 

DROP TABLE a;

DELETE FROM alembic_version WHERE alembic_version.version_num = '1975ea83b712';

COMMIT;
