-- Orders whose total is not the sum of their items, and items whose order is missing: both would be halves of transactions.
-- Parameters: none. Result: orders, torn_orders, orphan_items. Privilege: SELECT. Lock: ACCESS SHARE. Versions: 14-18.
select (select count(*) from orders) as orders,
       (select count(*)
        from orders o
        left join (select order_id, sum(quantity::bigint * price_cents) as total from order_items group by order_id) sums
          on sums.order_id = o.id
        where sums.total is distinct from o.total_cents::bigint) as torn_orders,
       (select count(*) from order_items i where not exists (select from orders o where o.id = i.order_id)) as orphan_items
