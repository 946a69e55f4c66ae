package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// bindStruct puts a parsed object into a struct by its json tags, which must
// match to the letter. A field with the tag null:"ok" takes null as well,
// and is then the zero value behind a pointer that is not nil.
func bindStruct(object map[string]any, dst reflect.Value, path string) error {
	fields := map[string]int{}
	for i := range dst.NumField() {
		name, _, _ := strings.Cut(dst.Type().Field(i).Tag.Get("json"), ",")
		fields[name] = i
	}
	for _, key := range slices.Sorted(maps.Keys(object)) { // sorted: of several faults always the same is told
		field := join(path, key)
		i, known := fields[key]
		if !known {
			return unknownField(fields, key, field)
		}
		v := object[key]
		if v == nil && dst.Type().Field(i).Tag.Get("null") == "ok" {
			dst.Field(i).Set(reflect.New(dst.Field(i).Type().Elem()))
			continue
		}
		if err := bindValue(v, dst.Field(i), field); err != nil {
			return err
		}
	}
	return nil
}

func unknownField(fields map[string]int, key, field string) error {
	for name := range fields {
		if strings.EqualFold(name, key) {
			return badField(field, "%s is not a field of this call; it is spelled %s.", clip(field), name)
		}
	}
	return badField(field, "%s is not a field of this call.", clip(field))
}

// bindValue puts one parsed value where it belongs. It knows the kinds of
// field that the calls have.
func bindValue(v any, dst reflect.Value, field string) error {
	wrong := func(want string) error {
		return badField(field, "%s must be %s, not %s.", clip(field), want, kindOf(v))
	}
	switch dst.Kind() {
	case reflect.Pointer:
		target := reflect.New(dst.Type().Elem())
		if err := bindValue(v, target.Elem(), field); err != nil {
			return err
		}
		dst.Set(target)
	case reflect.String:
		s, ok := v.(string)
		if !ok {
			return wrong("a string")
		}
		dst.SetString(s)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			return wrong("true or false")
		}
		dst.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, ok := v.(json.Number)
		if !ok {
			return wrong("a whole number")
		}
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if err != nil {
			return badField(field, "%s must be a whole number.", clip(field))
		}
		dst.SetInt(i)
	case reflect.Slice:
		return bindSlice(v, dst, field)
	case reflect.Map:
		object, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		dst.Set(reflect.ValueOf(object))
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if !ok {
			return wrong("an object")
		}
		return bindStruct(object, dst, field)
	default:
		return fmt.Errorf("httpapi: %s has a type that no body can hold: %s", field, dst.Type())
	}
	return nil
}

func bindSlice(v any, dst reflect.Value, field string) error {
	array, ok := v.([]any)
	if !ok {
		return badField(field, "%s must be an array, not %s.", clip(field), kindOf(v))
	}
	slice := reflect.MakeSlice(dst.Type(), len(array), len(array))
	for i, e := range array {
		if err := bindValue(e, slice.Index(i), field+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	dst.Set(slice)
	return nil
}
