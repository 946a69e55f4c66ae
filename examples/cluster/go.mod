module github.com/pealchat/pealchat/examples/cluster

go 1.26.0

replace (
	github.com/pealchat/pealchat => ../..
	github.com/pealchat/pealchat/storage/postgres => ../../storage/postgres
)

require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/pealchat/pealchat v0.0.0-00010101000000-000000000000
	github.com/pealchat/pealchat/storage/postgres v0.0.0-00010101000000-000000000000
)

require (
	code.dny.dev/ssrf v0.3.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/jmoiron/sqlx v1.4.0 // indirect
	github.com/r3labs/sse/v2 v2.10.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
	gopkg.in/cenkalti/backoff.v1 v1.1.0 // indirect
)
