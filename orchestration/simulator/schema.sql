-- The shop's database: the contract between SoftCart's OLTP system and its warehouse.
-- Runs unchanged on MySQL 8.x and MariaDB 10.11+. Every time is UTC, every amount has its currency in
-- the row, `updated_at` is kept by the server. docs/sources.md says who writes what. The comment of
-- the tables is how the simulator knows its own shop: it writes to no other.

create table if not exists warehouses (
    warehouse_id    int          not null,
    warehouse_code  varchar(16)  not null,
    warehouse_name  varchar(100) not null,
    city            varchar(100) not null,
    country_code    char(2)      not null,
    is_active       tinyint(1)   not null default 1,
    opened_on       date         not null,
    updated_at      timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
    primary key (warehouse_id),
    unique key warehouses_code (warehouse_code)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists promotions (
    promotion_id    bigint         not null auto_increment,
    promotion_code  varchar(32)    not null,
    promotion_name  varchar(200)   not null,
    promotion_type  enum('percent', 'amount', 'free_shipping') not null,
    percent_off     decimal(5, 2)  null,
    amount_off      decimal(16, 4) null,
    currency_code   char(3)        null,
    is_active       tinyint(1)     not null default 1,
    starts_at       datetime(6)    not null,
    ends_at         datetime(6)    not null,
    updated_at      timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (promotion_id),
    unique key promotions_code (promotion_code)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists exchange_rates (
    rate_date       date           not null,
    currency_code   char(3)        not null,
    units_per_euro  decimal(18, 8) not null,
    updated_at      timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (rate_date, currency_code)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists customers (
    customer_id          bigint       not null auto_increment,
    email                varchar(254) null,
    first_name           varchar(100) null,
    last_name            varchar(100) null,
    phone                varchar(32)  null,
    birth_date           date         null,
    street_address       varchar(200) null,
    city                 varchar(100) null,
    postal_code          varchar(20)  null,
    country_code         char(2)      not null,
    customer_status      enum('active', 'closed') not null default 'active',
    has_marketing_consent tinyint(1)  not null default 0,
    registered_at        datetime(6)  not null,
    updated_at           timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
    primary key (customer_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists customer_identities (
    identity_id         bigint       not null auto_increment,
    channel             enum('web', 'app', 'store') not null,
    external_reference  varchar(254) not null,
    customer_id         bigint       null,
    created_at          datetime(6)  not null,
    updated_at          timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
    primary key (identity_id),
    unique key customer_identities_reference (channel, external_reference),
    key customer_identities_customer (customer_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists orders (
    order_id               bigint         not null auto_increment,
    order_number           varchar(32)    not null,
    customer_id            bigint         null,
    guest_email            varchar(254)   null,
    channel                enum('web', 'app', 'store') not null,
    order_status           enum('placed', 'paid', 'shipped', 'delivered', 'cancelled') not null,
    promotion_id           bigint         null,
    shipping_country_code  char(2)        not null,
    currency_code          char(3)        not null,
    shipping_amount        decimal(16, 4) not null default 0,
    total_amount           decimal(16, 4) not null,
    ordered_at             datetime(6)    not null,
    cancelled_at           datetime(6)    null,
    updated_at             timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (order_id),
    unique key orders_number (order_number),
    key orders_customer (customer_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists shipments (
    shipment_id      bigint       not null auto_increment,
    order_id         bigint       not null,
    warehouse_id     int          not null,
    carrier          varchar(32)  not null,
    shipment_status  enum('preparing', 'shipped', 'delivered', 'lost') not null,
    promised_at      datetime(6)  not null,
    shipped_at       datetime(6)  null,
    delivered_at     datetime(6)  null,
    updated_at       timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
    primary key (shipment_id),
    key shipments_order (order_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists order_items (
    order_item_id    bigint         not null auto_increment,
    order_id         bigint         not null,
    line_number      int            not null,
    sku              varchar(64) collate utf8mb4_bin not null,
    shipment_id      bigint         null,
    quantity         int            not null,
    currency_code    char(3)        not null,
    unit_price       decimal(16, 4) not null,
    discount_amount  decimal(16, 4) not null default 0,
    tax_rate         decimal(6, 4)  not null default 0,
    tax_amount       decimal(16, 4) not null default 0,
    updated_at       timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (order_item_id),
    unique key order_items_line (order_id, line_number)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists returns (
    return_id      bigint         not null auto_increment,
    return_number  varchar(32)    not null,
    order_item_id  bigint         null,
    customer_id    bigint         null,
    sku            varchar(64) collate utf8mb4_bin not null,
    quantity       int            not null,
    country_code   char(2)        not null,
    return_reason  enum('defective', 'not_as_described', 'wrong_item', 'changed_mind', 'late', 'unknown') not null,
    return_status  enum('requested', 'received', 'refunded', 'rejected') not null,
    currency_code  char(3)        not null,
    refund_amount  decimal(16, 4) not null default 0,
    requested_at   datetime(6)    not null,
    refunded_at    datetime(6)    null,
    updated_at     timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (return_id),
    key returns_order_item (order_item_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists payments (
    payment_id      bigint         not null auto_increment,
    order_id        bigint         null,
    return_id       bigint         null,
    payment_type    enum('charge', 'refund', 'adjustment') not null,
    provider        varchar(32)    not null,
    payment_status  enum('pending', 'captured', 'failed') not null,
    currency_code   char(3)        not null,
    amount          decimal(16, 4) not null,
    note            varchar(200)   null,
    paid_at         datetime(6)    not null,
    updated_at      timestamp(6)   not null default current_timestamp(6) on update current_timestamp(6),
    primary key (payment_id),
    key payments_order (order_id)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists inventory_movements (
    movement_id    bigint       not null auto_increment,
    warehouse_id   int          not null,
    sku            varchar(64) collate utf8mb4_bin not null,
    movement_type  enum('receipt', 'sale', 'return', 'transfer', 'adjustment', 'write_off') not null,
    quantity       int          not null,
    order_item_id  bigint       null,
    return_id      bigint       null,
    occurred_at    datetime(6)  not null,
    primary key (movement_id),
    key inventory_movements_stock (warehouse_id, sku)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';

create table if not exists stock_levels (
    warehouse_id      int          not null,
    sku               varchar(64) collate utf8mb4_bin not null,
    quantity_on_hand  int          not null,
    reorder_point     int          not null default 0,
    updated_at        timestamp(6) not null default current_timestamp(6) on update current_timestamp(6),
    primary key (warehouse_id, sku)
) engine = innodb default charset = utf8mb4 comment = 'made by softcart simulate';
