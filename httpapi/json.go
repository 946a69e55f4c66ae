package httpapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
)

// body makes an endpoint of a function that takes the request's JSON object.
func body[T any](h *Handler, fn func(*http.Request, caller, T) (answer, error)) endpoint {
	return reading(h, false, fn)
}

// optional is body for calls whose body may be left out.
func optional[T any](h *Handler, fn func(*http.Request, caller, T) (answer, error)) endpoint {
	return reading(h, true, fn)
}

func reading[T any](h *Handler, mayBeEmpty bool, fn func(*http.Request, caller, T) (answer, error)) endpoint {
	return func(w http.ResponseWriter, r *http.Request, by caller) error {
		data, err := h.readBody(w, r)
		if err != nil {
			return err
		}
		var in T
		if len(data) > 0 || !mayBeEmpty {
			if err := decode(data, &in); err != nil {
				return err
			}
		}
		out, err := fn(r, by, in)
		if err != nil {
			return err
		}
		return out.write(w, r)
	}
}

// readBody reads the request's whole body, which must be JSON unless it is
// empty.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength != 0 && r.Header.Get("Content-Type") != "" { // refused before it is read, if it can be
		if err := checkContentType(r.Header); err != nil {
			return nil, err
		}
	}
	limit := h.opts.maxBody()
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, bodyError(w, err, limit)
	}
	if len(data) > 0 {
		err = checkContentType(r.Header)
	}
	return data, err
}

func checkContentType(header http.Header) error {
	wrong := &failure{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type",
		message: "The body must be sent as Content-Type: application/json."}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return wrong
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		wrong.message = "The body must be UTF-8."
		return wrong
	}
	if enc := header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		wrong.message = "The body must not be compressed."
		return wrong
	}
	return nil
}

func bodyError(w http.ResponseWriter, err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &failure{status: http.StatusRequestEntityTooLarge, code: "body_too_large",
			message: "The body is too large; at most " + strconv.FormatInt(limit, 10) + " bytes are accepted."}
	}
	w.Header().Set("Connection", "close") // where the next request would begin is unknown
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{status: http.StatusRequestTimeout, code: "request_timeout", message: "The body took too long to arrive."}
	}
	return &failure{status: http.StatusBadRequest, code: "invalid_json", message: "The body did not arrive whole.", cause: err}
}

// decode reads one JSON object into the struct that out points to. It is
// stricter than encoding/json, because what is let through here reaches two
// kinds of database and several kinds of client, which would each understand
// it in their own way.
func decode(data []byte, out any) error {
	object, err := parseObject(data)
	if err != nil {
		return err
	}
	return bindStruct(object, reflect.ValueOf(out).Elem(), "")
}
