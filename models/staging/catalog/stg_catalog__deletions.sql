with
{{ deletion_ctes('catalog', {'products': '_id'}) }}

select * from final
