{# To be joined: what kind of device a user agent says it is. Robots first: they name the browser they claim to be too.
   Tablets are asked for before phones; an Android that says nothing of `Mobile` is one.
   There are few agents among many events. LIMIT keeps this a subquery, whose answers PostgreSQL remembers (Memoize). #}
{% macro device_of(user_agent) -%}
    lateral (
        select
            cast(
                case
                    when {{ user_agent }} is null then 'other'
                    when
                        {{ user_agent }}
                        ~* 'bot|crawl|spider|slurp|headless|scrap|curl/|wget/|python|httpclient|monitor|preview'
                        then 'bot'
                    when {{ user_agent }} ~* 'ipad|tablet|kindle|playbook|silk/' then 'tablet'
                    when {{ user_agent }} ~* 'mobi|iphone|ipod|windows phone' then 'mobile'
                    when {{ user_agent }} ~* 'android' then 'tablet'
                    when {{ user_agent }} ~* 'windows nt|macintosh|x11|cros|linux' then 'desktop'
                    else 'other'
                end as varchar(16)
            ) as device_type
        limit 1
    )
{%- endmacro %}
