create table t (a UInt8) engine = MergeTree;
