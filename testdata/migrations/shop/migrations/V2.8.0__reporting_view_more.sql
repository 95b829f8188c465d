CREATE OR REPLACE VIEW order_totals AS
  SELECT o.id, o.customer_id, o.total, o.placed_at FROM orders o;
