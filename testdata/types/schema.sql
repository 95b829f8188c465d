-- Types, domains and sample values for tests/integration/type_changes.cc: every pair of them is tried on a real server.
create extension if not exists citext;
create schema m;
create type m.st as enum ('a','b','5');
create type m.st2 as enum ('a','b');
create domain m.dplain as text;
create domain m.dchk as text check (value <> 'x');
create domain m.dint as int;
create domain m.dintchk as int check (value > 0);
create domain m.dv10 as varchar(10);
create type m.cmp as (a int, b text);
create type m.cmp2 as (a int, b text);
create table m.types(n int generated always as identity, t text, vals text[]);
insert into m.types(t, vals) values
('smallint','{1,-32768}'),('integer','{1,70000}'),('bigint','{1,5000000000}'),
('oid','{1,4000000000}'),('real','{1,1.5,1e30}'),('double precision','{1,1.5,1.123456789012,1e200}'),
('numeric','{1,1.55555,123456789012345678901234567890}'),('numeric(10,2)','{1,1.55,12345678.12}'),('numeric(12,2)','{1.55,1234567890.12}'),('numeric(12,3)','{1.555,123456789.123}'),('numeric(5)','{1,12345}'),('numeric(5,-2)','{100,9999900}'),('numeric(7,-2)','{100,9999900}'),
('money','{1,1.55}'),
('boolean','{t,f}'),
('text','{a,1,long text that is longer}'),('varchar','{a,1,long text that is longer}'),('varchar(5)','{a,1,12345}'),('varchar(10)','{a,1,1234567890}'),('char(5)','{a,12345}'),('char(10)','{a,1234567890}'),('bpchar','{a,1234567890,long text that is longer}'),('"char"','{a,b}'),('name','{a,1,abcdefghijklmnop}'),('citext','{a,A}'),
('bytea','{\\x00,\\x0102}'),('uuid','{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'),('xml','{<a/>}'),('json','{"{\"b\": 1, \"a\": 2}",1}'),('jsonb','{"{\"b\": 1, \"a\": 2}",1}'),
('date','{2020-01-02}'),('time','{10:11:12.123456}'),('time(0)','{10:11:12}'),('time(3)','{10:11:12.123}'),('timetz','{10:11:12.123456+01}'),
('timestamp','{2020-01-02 10:11:12.123456}'),('timestamp(0)','{2020-01-02 10:11:12}'),('timestamp(3)','{2020-01-02 10:11:12.123}'),('timestamptz','{2020-01-02 10:11:12.123456}'),('timestamptz(3)','{2020-01-02 10:11:12.123}'),
('interval','{1 year 2 days 10:11:12.123456}'),('interval(3)','{1 year 2 days 10:11:12.123}'),('interval year to month','{1 year 2 mons}'),('interval day to second(3)','{2 days 10:11:12.123}'),('interval hour to minute','{10:11}'),
('inet','{10.0.0.1,10.0.0.0/8}'),('cidr','{10.0.0.0/8}'),('macaddr','{08:00:2b:01:02:03}'),('macaddr8','{08:00:2b:01:02:03:04:05}'),
('bit(3)','{101}'),('bit(5)','{10101}'),('varbit','{101,10101,1010101010}'),('varbit(5)','{101,10101}'),('varbit(10)','{1010101010}'),
('int4range','{"[1,5)"}'),('int8range','{"[1,5)"}'),('numrange','{"[1.5,5)"}'),('daterange','{"[2020-01-01,2020-02-01)"}'),('tsrange','{"[2020-01-01,2020-02-01)"}'),('tstzrange','{"[2020-01-01,2020-02-01)"}'),('int4multirange','{"{[1,5)}"}'),
('point','{"(1,2)"}'),('box','{"(1,2),(0,0)"}'),('circle','{"<(1,2),3>"}'),('polygon','{"((1,2),(0,0),(3,3))"}'),('path','{"((1,2),(0,0))"}'),('lseg','{"[(1,2),(0,0)]"}'),
('tsvector','{a:1}'),('tsquery','{a}'),('jsonpath','{$.a}'),('regclass','{pg_class}'),('pg_lsn','{0/1}'),('xid','{5}'),('xid8','{5}'),
('m.st','{a,5}'),('m.st2','{a,b}'),('m.dplain','{a,x}'),('m.dchk','{a}'),('m.dint','{1,-5}'),('m.dintchk','{5}'),('m.dv10','{a,1234567890}'),('m.cmp','{"(1,a)"}'),('m.cmp2','{"(1,a)"}'),
('integer[]','{"{1,2}","{70000}"}'),('bigint[]','{"{1}","{5000000000}"}'),('text[]','{"{a,1}"}'),('varchar[]','{"{a,1}"}'),('varchar(5)[]','{"{a,12345}"}'),('varchar(10)[]','{"{1234567890}"}'),('numeric(10,2)[]','{"{1.55}"}'),('numeric[]','{"{1.55555}"}'),('jsonb[]','{"{1}"}'),('json[]','{"{1}"}'),('timestamp[]','{"{2020-01-02 10:11:12}"}'),('timestamptz[]','{"{2020-01-02 10:11:12}"}'),('m.st[]','{"{a}"}'),('uuid[]','{"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"}'),('char(5)[]','{"{a}"}');
create table m.truth (source text, target text, automatic bool, possible bool, rewrites bool, narrows bool, lossy bool);
