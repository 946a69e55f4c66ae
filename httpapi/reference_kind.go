package httpapi

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// fields lists the properties of a schema, those of objects inside it after
// their own, with the names joined.
func (d *document) fields(schema any, prefix string) (list []refField) {
	o := d.object(schema)
	if o == nil {
		return nil
	}
	for _, part := range append(d.list(o, "allOf"), d.list(o, "oneOf")...) {
		list = append(list, d.fields(part, prefix)...)
	}
	properties := d.object(o.values["properties"])
	if properties == nil {
		return list
	}
	required := d.list(o, "required")
	for _, name := range properties.keys {
		p, _ := properties.values[name].(*object)
		list = append(list, refField{
			Name: prefix + name, Required: slices.Contains(required, any(name)), Type: d.kind(p), About: prose(d.text(own(p), "description")),
		})
		inner := p
		if items, ok := p.values["items"].(*object); ok {
			inner, name = items, name+"[]"
		}
		if _, named := inner.values["$ref"]; !named {
			list = append(list, d.fields(inner, prefix+name+".")...)
		}
	}
	return list
}

// own is a schema without what its reference says: of that the name is enough.
func own(o *object) *object {
	return &object{keys: []string{"description"}, values: map[string]any{"description": o.values["description"]}}
}

// kind says in a few words what values a schema allows.
func (d *document) kind(schema any) template.HTML {
	o, _ := schema.(*object)
	if o == nil {
		return "anything"
	}
	if ref, ok := o.values["$ref"].(string); ok {
		name := ref[strings.LastIndexByte(ref, '/')+1:]
		return template.HTML(fmt.Sprintf(`<a href="#schema-%s">%[1]s</a>`, template.HTMLEscapeString(name)))
	}
	for _, several := range []string{"oneOf", "anyOf", "allOf"} {
		var kinds []string
		for _, part := range d.list(o, several) {
			kinds = append(kinds, string(d.kind(part)))
		}
		if len(kinds) > 0 {
			return template.HTML(strings.Join(slices.Compact(kinds), map[bool]string{true: " and ", false: " or "}[several == "allOf"]))
		}
	}
	if values := constants(o); values != "" {
		return template.HTML(values)
	}
	if items, ok := o.values["items"]; ok {
		return template.HTML("list of ") + d.kind(items) + template.HTML(bounds(o, "minItems", "maxItems", ""))
	}
	switch name := typeNames(o.values["type"]); {
	case strings.HasPrefix(name, "string"):
		if format, ok := o.values["format"].(string); ok {
			name += ", " + format
		}
		return template.HTML(template.HTMLEscapeString(name) + bounds(o, "minLength", "maxLength", " characters"))
	case name == "":
		return "anything"
	default:
		return template.HTML(template.HTMLEscapeString(name) + bounds(o, "minimum", "maximum", ""))
	}
}

// constants lists the values of a schema that names them.
func constants(o *object) string {
	var values []any
	if value, ok := o.values["const"]; ok {
		values = []any{value}
	}
	if list, ok := o.values["enum"].([]any); ok {
		values = list
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, "<code>"+template.HTMLEscapeString(fmt.Sprint(v))+"</code>")
	}
	return strings.Join(texts, " ")
}

func typeNames(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var names []string
		for _, name := range v {
			names = append(names, fmt.Sprint(name))
		}
		return strings.Join(names, " or ")
	}
	return ""
}

// bounds says how small and how large a value may be.
func bounds(o *object, least, most, unit string) string {
	low, hasLow := o.values[least]
	high, hasHigh := o.values[most]
	switch {
	case hasLow && hasHigh:
		return fmt.Sprintf(", %v to %v%s", low, high, unit)
	case hasHigh:
		return fmt.Sprintf(", up to %v%s", high, unit)
	case hasLow && fmt.Sprint(low) != "0":
		return fmt.Sprintf(", at least %v%s", low, unit)
	}
	return ""
}
