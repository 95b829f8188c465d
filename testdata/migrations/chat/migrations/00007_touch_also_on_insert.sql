-- +goose Up
DROP TRIGGER messages_touch ON messages;
CREATE TRIGGER messages_touch BEFORE INSERT OR UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION touch();
-- +goose Down
SELECT 1;
