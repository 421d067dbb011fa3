{%- set keys = {
    'customer_identities': 'identity_id',
    'customers': 'customer_id',
    'promotions': 'promotion_id',
    'stock_levels': "cast(warehouse_id as varchar) || '|' || sku",
    'warehouses': 'warehouse_id',
} -%}

with
{{ deletion_ctes('oltp', keys) }}

select * from final
