{# The marketing channel of a visit, by GA4's default channel grouping without its video, audio and shopping
   channels, which need lists of sites. Expressions in lower case:

   source, medium  of the campaign's tags
   host            of the page that led here; a page of the shop's own, or none, is null #}
{% macro channel_group(source, medium, host) -%}
    {%- set from_search = is_search_engine(source, host) -%}
    {%- set from_social = is_social_network(source, host) -%}
    {%- set is_paid -%}
        ({{ medium }} like '%cp%' or {{ medium }} like 'paid%' or {{ medium }} in ('ppc', 'retargeting'))
    {%- endset -%}
    case
        when {{ source }} is null and {{ medium }} is null and {{ host }} is null then 'Direct'
        when {{ is_paid }} and {{ from_search }} then 'Paid Search'
        when {{ is_paid }} and {{ from_social }} then 'Paid Social'
        when {{ medium }} in ('display', 'banner', 'expandable', 'interstitial', 'cpm') then 'Display'
        when {{ is_paid }} then 'Paid Other'
        when {{ medium }} in ('email', 'e-mail', 'newsletter') or {{ source }} in ('email', 'e-mail', 'newsletter')
            then 'Email'
        when {{ medium }} = 'affiliate' then 'Affiliates'
        when {{ medium }} = 'sms' or {{ source }} = 'sms' then 'SMS'
        when {{ medium }} like '%push' then 'Push'
        when {{ medium }} in ('social', 'social-network', 'social-media', 'sm') or {{ from_social }}
            then 'Organic Social'
        when {{ medium }} = 'organic' or {{ from_search }} then 'Organic Search'
        when {{ medium }} in ('referral', 'app', 'link') then 'Referral'
        when {{ source }} is null and {{ medium }} is null then 'Referral'
        else 'Unassigned'
    end
{%- endmacro %}

{% macro is_search_engine(source, host) -%}
    {%- set engines = ['baidu', 'bing', 'duckduckgo', 'ecosia', 'google', 'qwant', 'startpage', 'yahoo', 'yandex'] -%}
    (
        {{ source }} in ('{{ engines | join("', '") }}')
        {%- for engine in engines %}
        or {{ host }} like '{{ engine }}.%' or {{ host }} like 'www.{{ engine }}.%'
        {%- endfor %}
        or {{ host }} like 'search.%' or {{ host }} like '%.search.yahoo.%'
    )
{%- endmacro %}

{% macro is_social_network(source, host) -%}
    {%- set networks = ['facebook', 'instagram', 'linkedin', 'pinterest', 'reddit', 'tiktok', 'twitter', 'youtube'] -%}
    (
        {{ source }} in ('fb', 'ig', 'x', '{{ networks | join("', '") }}')
        {%- for site in networks %}
        or {{ host }} like '{{ site }}.%' or {{ host }} like '%.{{ site }}.%'
        {%- endfor %}
        or {{ host }} in ('lnkd.in', 't.co', 'x.com')
    )
{%- endmacro %}
