package chat

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checkCustomData holds the host's own data to its limits.
func (s *Service) checkCustomData(data map[string]any) error {
	if len(data) == 0 {
		return nil
	}
	keys := 0
	if err := checkCustomValue(data, &keys, s.limits.CustomDepth); err != nil {
		return err
	}
	if keys > s.limits.CustomDataKeys {
		return invalid("custom_data", "custom_data has "+strconv.Itoa(keys)+" keys; at most "+strconv.Itoa(s.limits.CustomDataKeys)+" are allowed.")
	}
	b, err := json.Marshal(data)
	if err != nil {
		return &Error{Kind: ErrInvalid, Code: "invalid_request", Field: "custom_data", Message: "custom_data cannot stand as JSON.", Err: err}
	}
	if len(b) > s.limits.CustomData {
		return invalid("custom_data", "custom_data has "+strconv.Itoa(len(b))+" bytes; at most "+strconv.Itoa(s.limits.CustomData)+" are allowed.")
	}
	return nil
}

func checkCustomValue(v any, keys *int, depth int) error {
	switch v := v.(type) {
	case map[string]any:
		if depth == 0 {
			return invalid("custom_data", "custom_data is nested too deeply.")
		}
		for k, e := range v {
			*keys++
			if k == "" {
				return invalid("custom_data", "custom_data has an empty key.")
			}
			if err := checkCustomString(k); err != nil {
				return err
			}
			if err := checkCustomValue(e, keys, depth-1); err != nil {
				return err
			}
		}
	case []any:
		if depth == 0 {
			return invalid("custom_data", "custom_data is nested too deeply.")
		}
		for _, e := range v {
			if err := checkCustomValue(e, keys, depth-1); err != nil {
				return err
			}
		}
	case string:
		return checkCustomString(v)
	}
	return nil
}

func checkCustomString(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return invalid("custom_data", "custom_data holds text that is not valid UTF-8 or has NUL characters.")
	}
	return nil
}
