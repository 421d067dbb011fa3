{# Digest of what makes the rows of the model at work: its SQL and the reporting currency. A build after either
   has changed computes every row. #}
{% macro made_by() -%}
    {{ return(local_md5(model.raw_code ~ var('reporting_currency'))) }}
{%- endmacro %}
