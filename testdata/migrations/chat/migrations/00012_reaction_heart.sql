-- +goose Up
ALTER TYPE reaction ADD VALUE IF NOT EXISTS 'heart';
