-- Real-looking data for the shop: people, products, orders of the last year, accounts with money.
-- Parameters (text): {{customers}}, {{orders}}, {{accounts}} row counts. Result: none. Privilege: owner. Lock: none that
-- matters. Versions: 14-18. Deterministic, so that two runs can be compared.
select setseed(0.42);

insert into customers (name, email, created_at)
select first || ' ' || last, lower(first || '.' || replace(last, ' ', '') || '.' || i || '@example.com'),
       now() - interval '1 year' + i * interval '1 minute'
from generate_series(1, {{customers}}) i,
     lateral (select (array['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Margaret', 'Linus', 'Frances', 'Ken',
                            'Radia', 'Dennis', 'Sophie', 'Tim', 'Hedy', 'Niklaus', 'Anita', 'Tony', 'Zoë', 'José', 'Søren',
                            '美咲', 'Дмитрий', 'Łukasz'])[1 + (i * 7) % 24] as first,
                     (array['Lovelace', 'Hopper', 'Turing', 'Dijkstra', 'Liskov', 'Knuth', 'Hamilton', 'Torvalds', 'Allen',
                            'Thompson', 'Perlman', 'Ritchie', 'Wilson', 'Berners-Lee', 'Lamarr', 'Wirth', 'Borg', 'Hoare',
                            'van Rossum', 'de la Cruz', 'O''Neil', '佐藤', 'Иванов', 'Wałęsa', 'Sánchez'])
                       [1 + (i / 24) % 25] as last) names;

insert into products (title, price_cents)
select (array['Walnut', 'Steel', 'Linen', 'Copper', 'Oak', 'Glass', 'Wool', 'Paper'])[1 + i % 8] || ' ' ||
       (array['lamp', 'chair', 'kettle', 'notebook', 'scarf', 'bowl', 'clock', 'shelf', 'mug'])[1 + (i / 8) % 9] || ' No. ' || i,
       199 + (i * 7919) % 20000
from generate_series(1, 500) i;

insert into orders (customer_id, total_cents, status, created_at)
select 1 + (i * 7919::bigint) % {{customers}}, 0, (array['paid', 'shipped', 'delivered', 'open'])[1 + i % 4],
       now() - interval '1 year' + i * interval '10 minutes'
from generate_series(1, {{orders}}) i;

insert into order_items (order_id, product_id, quantity, price_cents)
select o.id, p.id, 1 + (o.id + k) % 3, p.price_cents
from orders o, generate_series(1, 2) k, products p
where p.id = 1 + (o.id * 31 + k * 17) % 500;

update orders o set total_cents = sums.total
from (select order_id, sum(quantity * price_cents) as total from order_items group by order_id) sums
where sums.order_id = o.id;

insert into accounts (owner, balance_cents)
select 'account ' || i, 100000 from generate_series(1, {{accounts}}) i;
