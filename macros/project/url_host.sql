{# The host of a URL, in lower case, without user and port; NULL for what is no URL. #}
{% macro url_host(url) -%}
    cast(lower(substring({{ url }} from '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]+)')) as varchar(253))
{%- endmacro %}
