package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// hostileBodies are within the limit on bodies, and made to cost far more than
// they weigh.
func hostileBodies() map[string]string {
	const most = 64 << 10
	fill := func(head, tail string, each func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; ; i++ {
			next := each(i)
			if i > 0 {
				next = "," + next
			}
			if b.Len()+len(next)+len(tail) > most {
				return b.String() + tail
			}
			b.WriteString(next)
		}
	}
	word := func(i int) string { return fmt.Sprintf(`"%x":0`, i) }
	long := strings.Repeat("k", most/2)
	return map[string]string{
		"many keys":                     fill(`{`, `}`, word),
		"many keys in custom data":      fill(`{"visitor_name":"Ines","custom_data":{`, `}}`, word),
		"many values below a long key":  fill(`{"custom_data":{"`+long+`":[`, `]}}`, func(int) string { return "0" }),
		"many keys below a long key":    fill(`{"custom_data":{"`+long+`":{`, `}}}`, word),
		"long keys within each other":   strings.Repeat(`{"`+long[:1900]+`":`, 32) + "0" + strings.Repeat("}", 32),
		"many arrays":                   fill(`{"custom_data":{"a":[`, `]}}`, func(int) string { return "[]" }),
		"deep objects":                  strings.Repeat(`{"a":`, most/6) + "0" + strings.Repeat("}", most/6),
		"deep arrays":                   `{"a":` + strings.Repeat("[", most/2-8) + strings.Repeat("]", most/2-8) + "}",
		"a number of many digits":       `{"custom_data":{"a":` + strings.Repeat("9", most-32) + "}}",
		"a fraction of many digits":     `{"custom_data":{"a":0.` + strings.Repeat("9", most-32) + "}}",
		"nothing but escapes":           `{"custom_data":{"a":"` + strings.Repeat(`\u0001`, most/6-8) + `"}}`,
		"keys of one hash in languages": fill(`{`, `}`, func(i int) string { return `"` + collision(i) + `":0` }),
		"one key over and over":         fill(`{`, `}`, func(int) string { return `"visitor_name":"Ines"` }),
	}
}

// collision is the i-th of many strings that the usual hash of strings (times
// 31, and add) takes for one.
func collision(i int) string {
	var b strings.Builder
	for bit := range 14 {
		b.WriteString([]string{"Ez", "FY"}[i>>bit&1])
	}
	return b.String()
}

// forms have as much as a large file in other places.
func forms() map[string]string {
	const much = 1 << 20
	many := func(unit func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < much; i++ {
			b.WriteString(unit(i))
		}
		return b.String()
	}
	part := func(disposition, body string) string {
		return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n--b--\r\n"
	}
	const file = `name="file"; filename="a"`
	return map[string]string{
		"many parameters":     part(file+many(func(i int) string { return fmt.Sprintf(";%x=b", i) }), "x"),
		"a parameter in bits": part(file+many(func(i int) string { return fmt.Sprintf(";x*%d=b", i) }), "x"),
		"a long file name":    part(`name="file"; filename="`+strings.Repeat("a", much)+`"`, "x"),
		"a long name":         part(`name="`+strings.Repeat("a", much)+`"`, "x"),
		"many headers":        "--b\r\n" + many(func(i int) string { return fmt.Sprintf("X-%d: %d\r\n", i, i) }) + "\r\nx\r\n--b--\r\n",
		"a long beginning":    strings.Repeat("a\r\n", much/3) + part(file, "x"),
		"a line without end":  strings.Repeat("a", much),
		"almost boundaries":   part(file, strings.Repeat("\r\n--bx", much/6)),
		"many boundaries":     strings.Repeat("--b\r\n\r\n", much/7),
		"a long message":      part(`name="message"`, strings.Repeat("a", much)),
	}
}

// A form costs little more than what is in it: a file goes to where files are
// kept as it arrives, and nothing else is large.
func TestHostileFormsCostLittle(t *testing.T) {
	const limit = 6 << 20 // bytes; each of the forms has 1 MB, one of them in a file, which is kept
	s := newSite(t, Options{Rates: unlimited})
	v := s.visitor()
	id := v.session("Hello")
	most := uint64(0)
	for name, body := range forms() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := v.call("POST", "/sessions/"+id+"/files", body, "Content-Type: multipart/form-data; boundary=b")
		runtime.ReadMemStats(&after)
		if want := map[bool]int{true: 201, false: 400}[name == "almost boundaries"]; r.status != want || len(r.raw) > 2000 {
			t.Errorf("%s: %d, want %d: %.300s", name, r.status, want, r.raw)
		}
		cost := after.TotalAlloc - before.TotalAlloc
		if most = max(most, cost); cost > limit {
			t.Errorf("%s: %d KB were allocated", name, cost>>10)
		}
	}
	v.call("GET", "/sessions/"+id, "").want(200).has("message_count", 2)
	t.Logf("%d forms of 1 MB, %d KB allocated for one at most", len(forms()), most>>10)
}

// A body that is taken in costs little more than it weighs, whatever is in it
// and whoever sends it.
func TestHostileBodiesCostLittle(t *testing.T) {
	const limit = 12 << 20 // bytes; each of the bodies has 64 KB
	s := newSite(t, Options{Rates: unlimited})
	v := s.visitor()
	most := uint64(0)
	for name, body := range hostileBodies() {
		if len(body) > 64<<10 || len(body) < 56<<10 {
			t.Fatalf("%s: %d bytes", name, len(body))
		}
		for path, call := range map[string]func() *reply{
			"hello":               func() *reply { return s.call("POST", "/visitor/v1/hello", body) },
			"a visitor's session": func() *reply { return v.call("POST", "/sessions", body) },
			"an agent's session":  func() *reply { return s.api("POST", "/sessions", body) },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := call()
			runtime.ReadMemStats(&after)
			if r.status != 400 || len(r.raw) > 2000 {
				t.Errorf("%s, %s: %d, with %d bytes", name, path, r.status, len(r.raw))
			}
			cost := after.TotalAlloc - before.TotalAlloc
			if most = max(most, cost); cost > limit {
				t.Errorf("%s, %s: %d KB were allocated", name, path, cost>>10)
			}
		}
	}
	t.Logf("%d bodies, %d KB allocated for one at most", len(hostileBodies()), most>>10)
}

// A path costs little more than it weighs, before anybody is asked who they are.
func TestHostilePathsCostLittle(t *testing.T) {
	const much, limit = 1 << 20, 4 << 20 // bytes
	s := newSite(t, Options{})
	for name, handler := range map[string]http.Handler{"itself": s.handler, "in a mux": mountAt("/chat/", s.handler)} {
		for what, path := range map[string]string{
			"segments":                   strings.Repeat("/a", much/2),
			"segments, a slash at last":  strings.Repeat("/a", much/2) + "/",
			"escapes":                    "/" + strings.Repeat("%41", much/3),
			"segments of one character":  strings.Repeat("/%2F", much/4),
			"segments before a real one": strings.Repeat("/a", much/2) + "/healthz/",
		} {
			r := httptest.NewRequest("GET", "/chat"+path, nil)
			w := httptest.NewRecorder()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			handler.ServeHTTP(w, r)
			runtime.ReadMemStats(&after)
			if cost := after.TotalAlloc - before.TotalAlloc; w.Code != 404 && w.Code != 303 || cost > limit {
				t.Errorf("%s, %s: %d, %d KB were allocated", name, what, w.Code, cost>>10)
			}
		}
	}
}

func mountAt(pattern string, h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(pattern, h)
	return mux
}
