-- Lists that come as one parameter, as JSON: of row numbers and of names.

-- name: each-row
SELECT value FROM json_each(:ids)

-- name: each-name
SELECT value FROM json_each(:ids)

-- name: each-webhook
SELECT value FROM json_each(:webhooks)
