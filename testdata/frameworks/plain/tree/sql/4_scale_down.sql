alter table t add column small bool;
