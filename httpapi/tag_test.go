package httpapi_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

const tagSecret = "0123456789abcdef0123456789abcdef"

func TestTag(t *testing.T) {
	ines := func(*http.Request) (chat.Identity, bool) {
		return chat.Identity{ID: "7", Name: "Ines </script><script>alert(1)"}, true
	}
	for name, c := range map[string]struct {
		tag  httpapi.Tag
		want string
	}{
		"zero":  {httpapi.Tag{}, `<script defer src="/chat/chat.js"></script>`},
		"base":  {httpapi.Tag{Base: "/support/chat"}, `<script defer src="/support/chat/chat.js"></script>`},
		"other": {httpapi.Tag{Base: "https://chat.example.com/"}, `<script defer src="https://chat.example.com/chat.js" data-base="https://chat.example.com/"></script>`},
		"settings": {httpapi.Tag{
			Attrs:  map[string]string{"theme": "dark", "color": `"><b>`, `x onload="`: "1"},
			Locale: func(*http.Request) string { return "pt-BR" },
			Nonce:  func(*http.Request) string { return "r4nd0m" },
		}, `<script defer src="/chat/chat.js" data-locale="pt-BR" data-color="&#34;&gt;&lt;b&gt;" data-theme="dark" data-xonload="1" nonce="r4nd0m"></script>`},
		"a stranger": {httpapi.Tag{Secret: tagSecret, Visitor: func(*http.Request) (chat.Identity, bool) { return chat.Identity{}, false }},
			`<script defer src="/chat/chat.js"></script>`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.tag.HTML(httptest.NewRequest("GET", "/", nil))
			if err != nil || string(got) != c.want {
				t.Errorf("%s, %v\nwant %s", got, err, c.want)
			}
		})
	}
	got, err := httpapi.Tag{Secret: tagSecret, Visitor: ines, Nonce: func(*http.Request) string { return "n" }}.HTML(httptest.NewRequest("GET", "/", nil))
	if err != nil || strings.Count(string(got), "</script>") != 2 || strings.Count(string(got), `nonce="n"`) != 2 || !strings.Contains(string(got), `["identify","v1.`) {
		t.Errorf("%s, %v", got, err)
	}
	got, err = httpapi.Tag{Secret: "short", Visitor: ines}.HTML(httptest.NewRequest("GET", "/", nil))
	if err == nil || string(got) != `<script defer src="/chat/chat.js"></script>` {
		t.Errorf("with a secret that is too short: %s, %v", got, err)
	}
}

func ExampleTag() {
	tag := httpapi.Tag{Attrs: map[string]string{"color": "#1f6a6c"}}
	page := template.Must(template.New("page").Parse("<!doctype html><head>{{.Chat}}</head>\n"))

	handler := func(w http.ResponseWriter, r *http.Request) {
		chat, err := tag.HTML(r)
		if err != nil {
			fmt.Println(err)
		}
		page.Execute(w, map[string]any{"Chat": chat})
	}
	w := httptest.NewRecorder()
	handler(w, httptest.NewRequest("GET", "/", nil))
	w.Body.WriteTo(os.Stdout)
	// Output: <!doctype html><head><script defer src="/chat/chat.js" data-color="#1f6a6c"></script></head>
}
