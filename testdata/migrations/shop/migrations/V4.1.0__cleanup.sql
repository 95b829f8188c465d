DELETE FROM coupons WHERE valid_until < now() - interval '1 year';
