drop table ${schema}.t;
