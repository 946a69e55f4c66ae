package chat

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkCustomData holds the host's own data to its limits.
func (s *Service) checkCustomData(data map[string]any) error {
	return s.checkData("custom_data", data)
}

// checkData is checkCustomData for a field of another name.
func (s *Service) checkData(field string, data map[string]any) error {
	if len(data) == 0 {
		return nil
	}
	keys := 0
	if err := checkDataValue(field, data, &keys, s.limits.CustomDepth); err != nil {
		return err
	}
	if keys > s.limits.CustomDataKeys {
		return invalid(field, field+" has "+strconv.Itoa(keys)+" keys; at most "+strconv.Itoa(s.limits.CustomDataKeys)+" are allowed.")
	}
	b, err := json.Marshal(data)
	if err != nil {
		return &Error{Kind: ErrInvalid, Code: "invalid_request", Field: field, Message: field + " cannot stand as JSON.", Err: err}
	}
	if len(b) > s.limits.CustomData {
		return invalid(field, field+" has "+strconv.Itoa(len(b))+" bytes; at most "+strconv.Itoa(s.limits.CustomData)+" are allowed.")
	}
	return nil
}

func checkDataValue(field string, v any, keys *int, depth int) error {
	switch v := v.(type) {
	case map[string]any:
		if depth == 0 {
			return invalid(field, field+" is nested too deeply.")
		}
		for k, e := range v {
			*keys++
			if k == "" {
				return invalid(field, field+" has an empty key.")
			}
			if err := checkDataString(field, k); err != nil {
				return err
			}
			if err := checkDataValue(field, e, keys, depth-1); err != nil {
				return err
			}
		}
	case []any:
		if depth == 0 {
			return invalid(field, field+" is nested too deeply.")
		}
		for _, e := range v {
			if err := checkDataValue(field, e, keys, depth-1); err != nil {
				return err
			}
		}
	case string:
		return checkDataString(field, v)
	}
	return nil
}

func checkDataString(field, s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return invalid(field, field+" holds text that is not valid UTF-8 or has NUL characters.")
	}
	return nil
}
