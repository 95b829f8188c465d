create table b (id int, t text);
COPY b (id, t) FROM stdin;
1	it's; drop table b;
2	\N
\.
select 1;
