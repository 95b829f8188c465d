-- +goose Up
create table b (id int);
