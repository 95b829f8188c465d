-- +goose Up
ALTER TYPE ticket_state RENAME VALUE 'closed' TO 'resolved';
ALTER TABLE tickets ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid();
-- +goose Down
SELECT 1;
