set lock_timeout = '2s';
create index concurrently j on b (id);
