-- +goose Up
create table w (id int);
