package postgres

import (
	"database/sql/driver"
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// read reads the rows of one statement to their end.
func read(from pgx.Rows) (res result, err error) {
	defer from.Close()
	fields := from.FieldDescriptions()
	for _, f := range fields {
		res.rows.columns = append(res.rows.columns, f.Name)
	}
	var free []driver.Value // for the rows to come: many are made at once
	for from.Next() {
		if len(free) < len(fields) {
			free = make([]driver.Value, len(fields)*min(max(2*len(res.rows.data), 1), 256))
		}
		row := free[:len(fields):len(fields)]
		free = free[len(fields):]
		var decoded []any // by pgx, for what is rare
		for i, raw := range from.RawValues() {
			if raw == nil {
				continue
			}
			value, ok := quick(fields[i].DataTypeOID, fields[i].Format, raw)
			if !ok {
				if decoded == nil {
					if decoded, err = from.Values(); err != nil {
						return res, err
					}
				}
				value = decoded[i]
			}
			row[i] = value
		}
		res.rows.data = append(res.rows.data, row)
	}
	res.tag = from.CommandTag()
	return res, from.Err()
}

// quick decodes the few types that this store's statements return.
func quick(oid uint32, format int16, raw []byte) (value driver.Value, ok bool) {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID:
		return string(raw), true
	}
	if format != pgtype.BinaryFormatCode {
		return nil, false
	}
	switch oid {
	case pgtype.Int8OID:
		return int64(binary.BigEndian.Uint64(raw)), true //nolint:gosec // G115: as PostgreSQL writes it
	case pgtype.Int4OID:
		return int64(int32(binary.BigEndian.Uint32(raw))), true //nolint:gosec // G115: as PostgreSQL writes it
	case pgtype.Int2OID:
		return int64(int16(binary.BigEndian.Uint16(raw))), true //nolint:gosec // G115: as PostgreSQL writes it
	case pgtype.BoolOID:
		return raw[0] != 0, true
	case pgtype.ByteaOID:
		return append([]byte{}, raw...), true
	}
	return nil, false
}

// result is the outcome of one statement, read to its end.
type result struct {
	rows rows
	tag  pgconn.CommandTag
}

// rows are rows that were read.
type rows struct {
	columns []string
	data    [][]driver.Value
	next    int
}

func (r *rows) Columns() []string { return r.columns }
func (r *rows) Close() error      { return nil }

// Next implements driver.Rows.
func (r *rows) Next(dst []driver.Value) error {
	if r.next == len(r.data) {
		return io.EOF
	}
	copy(dst, r.data[r.next])
	r.next++
	return nil
}
