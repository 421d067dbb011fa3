{# The host of the page that led to an event, in lower case; null for pages of the shop's own, which the variable
   `shop_hosts` names with all that is below them. #}
{% macro outside_host(host) -%}
    case
        {%- for own in var('shop_hosts') %}
        when lower({{ host }}) = '{{ own }}' or lower({{ host }}) like '%.{{ own }}' then null
        {%- endfor %}
        else nullif(lower({{ host }}), '')
    end
{%- endmacro %}
