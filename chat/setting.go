package chat

import (
	"regexp"
	"strconv"
)

// What a form asks for.
const (
	AskOff      = "off"
	AskOptional = "optional"
	AskRequired = "required"
)

// Settings are what can be changed while the chat runs, for the whole
// workspace. The zero Settings are what holds before anything was saved:
// nothing is asked, and it is always open.
type Settings struct {
	Name         string   `json:"name"`          // of the team, as visitors read it; empty means what the host's code says
	Greeting     string   `json:"greeting"`      // above the widget's composer; may be empty
	Topics       []string `json:"topics"`        // what a conversation may begin with, MaxTopics at most
	Color        string   `json:"color"`         // accent, such as "#1f6a6c"; empty means what the host's code says
	ReplyPromise string   `json:"reply_promise"` // a sentence about how soon an answer comes; may be empty
	PreChat      PreChat  `json:"pre_chat"`
	Away         AwayForm `json:"away"`
	Hours        Hours    `json:"hours"`
	Routing      Routing  `json:"routing"`

	// TypingPreview shows agents what a visitor is writing before it is sent.
	// The widget says so beside its field.
	TypingPreview bool `json:"typing_preview"`

	// Retention says for how long what kind of data is kept.
	Retention Retention `json:"retention"`

	// Triggers greet visitors whose pages are tracked, MaxTriggers at most.
	Triggers []Trigger `json:"triggers"`

	// Version grows with each save. Before the first it is 1. In what is to
	// be saved it names the version that must not have changed meanwhile; 0
	// asks for none.
	Version int64 `json:"version"`
}

// PreChat is what visitors are asked before their first message. Each field is
// AskOff, AskOptional or AskRequired; empty means AskOff. Who is known already
// is not asked again.
type PreChat struct {
	VisitorName  string `json:"visitor_name"`
	VisitorEmail string `json:"visitor_email"`
	Department   string `json:"department"` // see Service.OfferedDepartments
	Consent      string `json:"consent"`    // stands below the form; may be empty
}

// AwayForm is what visitors are told and asked while nobody is there.
type AwayForm struct {
	Message      string `json:"message"`       // instead of the widget's own words; may be empty
	VisitorEmail string `json:"visitor_email"` // AskOff, AskOptional or AskRequired; empty means AskOff
}

// Limits on the texts of settings, in characters, and on the number of topics.
const (
	MaxTopics       = 3
	maxTeamName     = 80
	maxTopicLength  = 80
	maxSettingsText = 500
	UnsavedVersion  = 1 // what settings that were never saved count as
	maxSentence     = 300
)

var hexColor = regexp.MustCompile(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

// complete fills in what an empty field stands for, so that every field has a
// form that can be read without knowing that.
func (s Settings) complete() Settings {
	s.Topics = notNil(s.Topics)
	s.Triggers = notNil(s.Triggers)
	s.Hours = s.Hours.complete()
	s.Routing = s.Routing.complete()
	for _, ask := range []*string{&s.PreChat.VisitorName, &s.PreChat.VisitorEmail, &s.PreChat.Department, &s.Away.VisitorEmail} {
		if *ask == "" {
			*ask = AskOff
		}
	}
	s.Version = max(s.Version, UnsavedVersion)
	return s
}

// check returns the settings ready to store.
func (s Settings) check() (_ Settings, err error) {
	for _, f := range []struct {
		field string
		text  *string
		limit int
		line  bool
	}{
		{"name", &s.Name, maxTeamName, true},
		{"greeting", &s.Greeting, maxSettingsText, false},
		{"reply_promise", &s.ReplyPromise, maxSentence, true},
		{"pre_chat.consent", &s.PreChat.Consent, maxSettingsText, false},
		{"away.message", &s.Away.Message, maxSettingsText, false},
	} {
		clean := cleanText
		if f.line {
			clean = cleanLine
		}
		if *f.text, err = clean(f.field, *f.text, f.limit); err != nil {
			return s, err
		}
		if blank(*f.text) {
			*f.text = ""
		}
	}
	if len(s.Topics) > MaxTopics {
		return s, invalid("topics", "topics has "+strconv.Itoa(len(s.Topics))+" entries; at most "+strconv.Itoa(MaxTopics)+" are allowed.")
	}
	topics := make([]string, len(s.Topics))
	for i, topic := range s.Topics {
		field := "topics[" + strconv.Itoa(i) + "]"
		if topics[i], err = cleanLine(field, topic, maxTopicLength); err != nil {
			return s, err
		}
		if blank(topics[i]) {
			return s, invalid(field, field+" must not be empty.")
		}
	}
	s.Topics = topics
	if s.Color != "" && !hexColor.MatchString(s.Color) {
		return s, invalid("color", "color must be six hexadecimal digits after a #, such as \"#1f6a6c\".")
	}
	s = s.complete()
	for _, f := range []struct{ field, ask string }{
		{"pre_chat.visitor_name", s.PreChat.VisitorName},
		{"pre_chat.visitor_email", s.PreChat.VisitorEmail},
		{"pre_chat.department", s.PreChat.Department},
		{"away.visitor_email", s.Away.VisitorEmail},
	} {
		if f.ask != AskOff && f.ask != AskOptional && f.ask != AskRequired {
			return s, invalid(f.field, f.field+" must be \"off\", \"optional\" or \"required\".")
		}
	}
	if err := s.Retention.check(); err != nil {
		return s, err
	}
	if err := s.Routing.check(); err != nil {
		return s, err
	}
	s.Hours, _, err = s.Hours.check()
	return s, err
}

// require refuses a visitor who has left out what must be told.
func (p PreChat) require(name, email string) error {
	if p.VisitorName == AskRequired && blank(name) {
		return invalid("visitor_name", "visitor_name is required here.")
	}
	if p.VisitorEmail == AskRequired && email == "" {
		return invalid("visitor_email", "visitor_email is required here.")
	}
	return nil
}
