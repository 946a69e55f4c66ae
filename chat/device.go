package chat

import "strings"

// The kinds of devices.
const (
	DeviceDesktop = "desktop"
	DevicePhone   = "phone"
	DeviceTablet  = "tablet"
	DeviceBot     = "bot"
)

// Device is what a User-Agent header says. Browsers have stopped to name
// models and exact versions in it, so a few words are all there is to find;
// that is why no table of them is carried along.
type Device struct {
	Kind    string `json:"kind,omitempty"`    // one of the constants; empty where nothing is known
	Browser string `json:"browser,omitempty"` // such as "Firefox"
	System  string `json:"system,omitempty"`  // such as "Android"
}

type deviceMark struct{ mark, name string }

// Browsers claim to be each other: what is more special comes first.
var browserMarks = []deviceMark{
	{"edg/", "Edge"}, {"edga/", "Edge"}, {"edgios/", "Edge"}, {"opr/", "Opera"}, {"opera", "Opera"},
	{"samsungbrowser/", "Samsung Internet"}, {"vivaldi/", "Vivaldi"}, {"yabrowser/", "Yandex Browser"}, {"duckduckgo/", "DuckDuckGo"},
	{"fxios/", "Firefox"}, {"firefox/", "Firefox"}, {"crios/", "Chrome"}, {"chrome/", "Chrome"}, {"chromium/", "Chrome"},
	{"version/", "Safari"},
}

var systemMarks = []deviceMark{
	{"windows nt", "Windows"}, {"iphone", "iOS"}, {"ipad", "iPadOS"}, {"ipod", "iOS"}, {"mac os x", "macOS"},
	{"android", "Android"}, {"cros ", "ChromeOS"}, {"linux", "Linux"},
}

// Programs that say what they are and look at pages by themselves. A program
// that somebody has written against the API is none of them.
var botMarks = []string{"bot", "crawl", "spider", "slurp", "lighthouse", "facebookexternalhit", "preview", "monitor"}

// deviceOf reads a User-Agent header.
func deviceOf(userAgent string) Device {
	ua := strings.ToLower(userAgent)
	if ua == "" {
		return Device{}
	}
	for _, mark := range botMarks {
		if strings.Contains(ua, mark) {
			return Device{Kind: DeviceBot}
		}
	}
	d := Device{Kind: DeviceDesktop, Browser: marked(ua, browserMarks), System: marked(ua, systemMarks)}
	switch {
	case strings.Contains(ua, "ipad"), strings.Contains(ua, "tablet"), d.System == "Android" && !strings.Contains(ua, "mobile"):
		d.Kind = DeviceTablet
	case strings.Contains(ua, "mobi"), strings.Contains(ua, "iphone"):
		d.Kind = DevicePhone
	case d.System == "":
		d.Kind = ""
	}
	return d
}

func marked(ua string, marks []deviceMark) string {
	for _, m := range marks {
		if strings.Contains(ua, m.mark) {
			return m.name
		}
	}
	return ""
}
