-- +goose Up
CREATE TYPE ticket_state AS ENUM ('open', 'closed');
CREATE TABLE tickets (
  id bigserial PRIMARY KEY,
  title text NOT NULL,
  state ticket_state NOT NULL DEFAULT 'open',
  assignee text
);
CREATE INDEX tickets_state ON tickets (state);
-- +goose Down
DROP TABLE tickets;
DROP TYPE ticket_state;
