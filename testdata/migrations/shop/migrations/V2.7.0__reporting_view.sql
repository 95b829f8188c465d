CREATE VIEW order_totals AS
  SELECT o.id, o.customer_id, o.total FROM orders o;
COMMENT ON VIEW order_totals IS 'one line an order';
