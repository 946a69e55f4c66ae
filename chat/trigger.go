package chat

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trigger greets visitors for whom its conditions hold, where pages are
// tracked: each of them once, beside the widget's launcher.
type Trigger struct {
	ID         string     `json:"trigger_id"` // given by SaveSettings where it is empty
	Name       string     `json:"name"`       // for agents
	Enabled    bool       `json:"enabled"`
	Message    string     `json:"message"` // what visitors read
	Conditions Conditions `json:"conditions"`
}

// Conditions must all hold; those that are not set always do. Page,
// SecondsOnPage and what nobody vouches for of CustomData are told to the
// visitor's browser, which alone knows when they hold. All else is compared
// here and told to nobody.
//
// In a pattern "*" stands for any characters. One that begins with "/" is
// about the path of an address, one without any "/" about its host, any other
// about both. What stands after a question mark does not count, nor do a "www."
// at the beginning and a slash at the end.
type Conditions struct {
	Page          string `json:"page,omitempty"`            // pattern of the page that they look at
	Referrer      string `json:"referrer,omitempty"`        // pattern of the page from which they came to the site
	SecondsOnPage int    `json:"seconds_on_page,omitempty"` // at least
	PagesSeen     int    `json:"pages_seen,omitempty"`      // in this visit, at least
	Returning     *bool  `json:"returning,omitempty"`       // they have been here before, or have not

	// CustomData has values that the visitor's must be, compared as text. What
	// the host has vouched for counts, else what its page has told the widget.
	CustomData map[string]any `json:"custom_data,omitempty"`

	AgentsAvailable *bool `json:"agents_available,omitempty"` // somebody can answer now, or nobody can
	WithinHours     *bool `json:"within_hours,omitempty"`     // it is within the opening hours, or outside
}

// Limits on triggers.
const (
	MaxTriggers         = 20
	maxTriggerName      = 80
	maxPattern          = 300
	maxSecondsOnPage    = 3600
	maxPagesSeen        = 1000
	maxTriggerData      = 10
	maxTriggerDataValue = 200
)

var triggerID = regexp.MustCompile(`^[A-Za-z0-9_-]{0,64}$`)

// checkTriggers returns the triggers ready to store, each with an id.
func checkTriggers(list []Trigger, now time.Time) ([]Trigger, error) {
	if len(list) > MaxTriggers {
		return nil, invalid("triggers", "triggers has "+strconv.Itoa(len(list))+" entries; at most "+strconv.Itoa(MaxTriggers)+" are allowed.")
	}
	out := make([]Trigger, len(list))
	for i, t := range list {
		field := "triggers[" + strconv.Itoa(i) + "]."
		var err error
		if !triggerID.MatchString(t.ID) {
			return nil, invalid(field+"trigger_id", field+"trigger_id must be of at most 64 letters, digits, - and _.")
		}
		if t.ID == "" {
			t.ID = newID(now)
		}
		if slices.ContainsFunc(out[:i], func(o Trigger) bool { return o.ID == t.ID }) {
			return nil, invalid(field+"trigger_id", field+"trigger_id is another trigger's.")
		}
		if t.Name, err = cleanLine(field+"name", t.Name, maxTriggerName); err != nil {
			return nil, err
		}
		if blank(t.Name) {
			return nil, invalid(field+"name", field+"name must not be empty.")
		}
		if t.Message, err = checkText(field+"message", t.Message, maxSettingsText); err != nil {
			return nil, err
		}
		if t.Conditions, err = t.Conditions.check(field + "conditions."); err != nil {
			return nil, err
		}
		out[i] = t
	}
	return out, nil
}

// check names fields with the prefix in errors.
func (c Conditions) check(prefix string) (_ Conditions, err error) {
	for _, f := range []struct {
		field string
		text  *string
	}{{"page", &c.Page}, {"referrer", &c.Referrer}} {
		field := prefix + f.field
		if *f.text, err = cleanLine(field, *f.text, maxPattern); err != nil {
			return c, err
		}
		if strings.Contains(*f.text, "://") || strings.ContainsAny(*f.text, "?# ") {
			return c, invalid(field, field+" is a pattern such as \"/pricing*\" or \"shop.example/vases\": without https://, spaces, and what follows a question mark.")
		}
	}
	for _, f := range []struct {
		field string
		n, to int
	}{{"seconds_on_page", c.SecondsOnPage, maxSecondsOnPage}, {"pages_seen", c.PagesSeen, maxPagesSeen}} {
		if f.n < 0 || f.n > f.to {
			return c, invalid(prefix+f.field, prefix+f.field+" must be between 0 and "+strconv.Itoa(f.to)+".")
		}
	}
	field := prefix + "custom_data"
	if len(c.CustomData) > maxTriggerData {
		return c, invalid(field, field+" has more than "+strconv.Itoa(maxTriggerData)+" keys.")
	}
	for _, name := range slices.Sorted(maps.Keys(c.CustomData)) {
		switch v := c.CustomData[name].(type) {
		case string, json.Number, float64, int, int64, bool:
			if name == "" || checkDataString(field, name) != nil || checkDataString(field, dataText(v)) != nil || len(name)+len(dataText(v)) > maxTriggerDataValue {
				return c, invalid(field, field+" has a key or a value that is empty, too long or not valid.")
			}
		default:
			return c, invalid(field, field+" must have texts, numbers, true or false as values.")
		}
	}
	return c, nil
}

// dataText is a value of custom data as it is compared.
func dataText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
