{%- set keys = {
    'events': 'event_id',
    'requests': pseudonym('request_id'),
} -%}

with
{{ deletion_ctes('web', keys) }}

select * from final
