create index i on a (x);
