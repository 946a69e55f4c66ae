package storagetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// difference says where two values differ, or returns nothing. Unexported
// fields do not count.
func difference(got, want any) string {
	return diff("", reflect.ValueOf(got), reflect.ValueOf(want))
}

func diff(path string, a, b reflect.Value) string {
	report := func() string {
		if path == "" {
			return fmt.Sprintf("got %v, want %v", show(a), show(b))
		}
		return fmt.Sprintf("%s is %v, want %v", path[1:], show(a), show(b))
	}
	if !a.IsValid() || !b.IsValid() {
		if a.IsValid() != b.IsValid() {
			return report()
		}
		return ""
	}
	if a.Type() != b.Type() {
		return fmt.Sprintf("%s is a %v, want a %v", path, a.Type(), b.Type())
	}
	if a.Type() == timeType {
		if !a.Interface().(time.Time).Equal(b.Interface().(time.Time)) {
			return report()
		}
		return ""
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if f := a.Type().Field(i); f.IsExported() {
				if d := diff(path+"."+f.Name, a.Field(i), b.Field(i)); d != "" {
					return d
				}
			}
		}
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return report()
			}
			return ""
		}
		return diff(path, a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return report()
		}
		for i := range a.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", dot(path), i), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Map:
		return diffMaps(path, a, b, report)
	default:
		if !a.Equal(b) {
			return report()
		}
	}
	return ""
}

func diffMaps(path string, a, b reflect.Value, report func() string) string {
	if a.Len() != b.Len() {
		return report()
	}
	keys := a.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int {
		if fmt.Sprint(x) < fmt.Sprint(y) {
			return -1
		}
		return 1
	})
	for _, k := range keys {
		if d := diff(fmt.Sprintf("%s[%v]", dot(path), k), a.MapIndex(k), b.MapIndex(k)); d != "" {
			return d
		}
	}
	return ""
}

// dot makes sure that a path begins with the character that report cuts off.
func dot(path string) string {
	if path == "" {
		return "."
	}
	return path
}

func show(v reflect.Value) string {
	if !v.IsValid() {
		return "nothing"
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return fmt.Sprintf("%+v", v)
}
