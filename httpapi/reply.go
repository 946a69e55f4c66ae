package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// answer is what a call that went well sends back.
type answer struct {
	status   int
	body     any    // nil means no body
	location string // relative to the request's own address
	etag     string
}

func done(body any) answer    { return answer{status: http.StatusOK, body: body} }
func created(body any) answer { return answer{status: http.StatusCreated, body: body} }

// accepted is for what will happen in a moment.
func accepted(body any) answer { return answer{status: http.StatusAccepted, body: body} }

var noContent = answer{status: http.StatusNoContent}

// plain makes an endpoint of a function that takes no body.
func plain(fn func(*http.Request, caller) (answer, error)) endpoint {
	return func(w http.ResponseWriter, r *http.Request, by caller) error {
		out, err := fn(r, by)
		if err != nil {
			return err
		}
		return out.write(w, r)
	}
}

func (a answer) write(w http.ResponseWriter, r *http.Request) error {
	var data []byte
	if a.body != nil {
		var err error
		if data, err = json.Marshal(a.body); err != nil {
			return err
		}
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	writeBytes(w, r, a.status, data)
	return nil
}

// writeJSON answers with a value that is known to have a JSON form.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	writeBytes(w, r, status, data)
}

func writeBytes(w http.ResponseWriter, r *http.Request, status int, data []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)+1))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(append(data, '\n')) // an error here means that the client has gone
	}
}

// extended is an object's JSON form with one field added. Embedding would not
// do: it would pass on the object's own MarshalJSON.
type extended struct {
	object any
	name   string
	value  any
}

// MarshalJSON writes the object with the field at its end.
func (e extended) MarshalJSON() ([]byte, error) {
	object, err := json.Marshal(e.object)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(e.value)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(object, []byte("}")))
	b.WriteString(`,"` + e.name + `":`)
	b.Write(value)
	b.WriteByte('}')
	return b.Bytes(), nil
}

// orEmpty keeps lists from being null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
