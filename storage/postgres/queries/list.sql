-- Lists that come as one parameter, as JSON.

-- name: each-row
SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json))

-- name: each-name
SELECT value FROM json_array_elements_text(CAST(:ids AS json))

-- name: each-webhook
SELECT value FROM json_array_elements_text(CAST(:webhooks AS json))

-- name: page-url
CAST(s.page AS json) ->> 'url'
