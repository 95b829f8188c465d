create table i (id int);
COPY i FROM stdin;
1
\.
create table j (id int);
