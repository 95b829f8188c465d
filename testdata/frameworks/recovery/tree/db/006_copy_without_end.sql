COPY i FROM stdin;
1
2
