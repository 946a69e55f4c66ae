package apitest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// page is one page of a walk.
type page struct {
	ids  []string
	next string
}

// walk reads pages until there is no next one.
func walk(t *testing.T, start string, read func(query string) page, step func(cursor string) string) []string {
	t.Helper()
	var ids []string
	p := read(start)
	for range 1000 {
		ids = append(ids, p.ids...)
		if p.next == "" {
			return ids
		}
		p = read(step(p.next))
	}
	t.Fatal("the walk does not end")
	return nil
}

func readPages(c *client, path, field, id string) func(query string) page {
	return func(query string) page {
		r := c.get(path + query).is(200)
		var p page
		for _, o := range r.list(field) {
			p.ids = append(p.ids, o[id].(string))
		}
		p.next, _ = r.at("next_cursor").(string)
		return p
	}
}

// whileWriting runs do while write is called over and over.
func whileWriting(t *testing.T, write func(i int), do func()) {
	t.Helper()
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				write(i)
			}
		}
	})
	defer writer.Wait()
	defer close(stop)
	do()
}

// sameOnce checks that all of want stand in got exactly once, in this order,
// whatever else stands there.
func sameOnce(t *testing.T, what string, got, want []string) {
	t.Helper()
	seen := map[string]int{}
	for _, id := range got {
		seen[id]++
		if seen[id] == 2 {
			t.Errorf("%s: %s came twice", what, id)
		}
	}
	known := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return !slices.Contains(want, id) })
	if !slices.Equal(known, want) {
		t.Errorf("%s: got\n%v\nwant\n%v", what, known, want)
	}
}

// TestWalkingMessages walks in both directions while others write, on both
// sides of the API.
func TestWalkingMessages(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	f := s.fixture()
	all := []string{f.message}
	var visible []string
	for i := range 40 {
		m := f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": fmt.Sprint(i)})).is(201).text("message_id")
		visible = append(visible, m)
		if i%5 == 0 {
			s.admin().post("/api/v1/sessions/"+f.session+"/notes", `{"message":"between"}`).is(201)
		}
	}
	visible = append(all, visible...)
	all = readPages(s.admin(), "/api/v1/sessions/"+f.session+"/messages", "messages", "message_id")("?limit=200").ids
	if len(all) != 41+9 {
		t.Fatalf("%d messages and notes", len(all))
	}
	write := func(i int) {
		if i%3 == 0 {
			s.admin().post("/api/v1/sessions/"+f.session+"/notes", `{"message":"meanwhile"}`).is(201)
			return
		}
		f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": "meanwhile"})).is(201)
	}
	for _, side := range []struct {
		name, path string
		c          *client
		want       []string
	}{
		{"agents", "/api/v1/sessions/" + f.session + "/messages", s.admin(), all},
		{"visitor", "/visitor/v1/sessions/" + f.session + "/messages", f.who, visible},
	} {
		read := readPages(side.c, side.path, "messages", "message_id")
		// Forward: no end while there are writers, so as far as what was there.
		whileWriting(t, write, func() {
			var got []string
			for query := "?limit=7"; len(got) < len(side.want); {
				p := read(query)
				got, query = append(got, p.ids...), "?limit=7&after="+p.next
				if p.next == "" {
					break
				}
			}
			sameOnce(t, side.name+" forward", got, side.want)
		})
		whileWriting(t, write, func() {
			var pages [][]string
			walk(t, "?limit=7&before=latest", func(query string) page {
				p := read(query)
				pages = append(pages, p.ids)
				return p
			}, func(cursor string) string { return "?limit=7&before=" + cursor })
			slices.Reverse(pages)
			sameOnce(t, side.name+" backward", slices.Concat(pages...), side.want)
		})
	}
}

// TestPlacesAmongMessages takes a message's id or its seq for a cursor.
func TestPlacesAmongMessages(t *testing.T) {
	t.Parallel()
	f := open(t, setup{}).fixture()
	ids := []string{"", f.message}
	for i := range 5 {
		ids = append(ids, f.who.post("/visitor/v1/messages", encode(object{"session_id": f.session, "message": fmt.Sprint(i)})).is(201).text("message_id"))
	}
	read := readPages(f.who, "/visitor/v1/sessions/"+f.session+"/messages", "messages", "message_id")
	for query, want := range map[string][]string{
		"":                             ids[1:],
		"?after=0":                     ids[1:],
		"?after=4":                     ids[5:],
		"?after=" + ids[4]:             ids[5:],
		"?after=6":                     nil,
		"?after=1000":                  nil,
		"?before=1":                    nil,
		"?before=3":                    ids[1:3],
		"?before=" + ids[3]:            ids[1:3],
		"?before=1000":                 ids[1:],
		"?before=latest":               ids[1:],
		"?before=latest&limit=2":       ids[5:],
		"?before=5&limit=2":            ids[3:5],
		"?after=2&limit=2":             ids[3:5],
		"?limit=200":                   ids[1:],
		"?limit=6":                     ids[1:],
		"?after=" + ids[6]:             nil,
		"?after=" + ids[1] + "&wait=0": ids[2:],
	} {
		p := read(query)
		if !slices.Equal(p.ids, want) {
			t.Errorf("%s: got %v, want %v", query, p.ids, want)
		}
		if atEnd := len(want) == 0 || query == "" || query == "?limit=6" || query == "?limit=200"; atEnd && p.next != "" {
			t.Errorf("%s: next_cursor %q at the end", query, p.next)
		}
	}
	// Agents can stand on a note as well.
	agents := readPages(f.admin(), "/api/v1/sessions/"+f.session+"/messages", "messages", "message_id")
	if p := agents("?after=" + f.note + "&limit=1"); !slices.Equal(p.ids, ids[2:3]) {
		t.Errorf("after the note: %v", p.ids)
	}
	if p := agents("?before=" + f.note); !slices.Equal(p.ids, ids[1:2]) {
		t.Errorf("before the note: %v", p.ids)
	}
}

// TestWalkingSessions walks the lists of sessions and visitors while others
// start more.
func TestWalkingSessions(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	var sessions, visitors []string
	for i := range 23 {
		r := s.admin().post("/api/v1/sessions", encode(object{"visitor_name": fmt.Sprint("V", i)})).is(201)
		sessions, visitors = append(sessions, r.text("session_id")), append(visitors, r.text("visitor_id"))
	}
	slices.Reverse(sessions) // the newest first
	slices.Reverse(visitors)
	write := func(i int) {
		r := s.admin().post("/api/v1/sessions", encode(object{"visitor_name": fmt.Sprint("W", i)})).is(201)
		if i%2 == 0 {
			s.admin().post("/api/v1/messages", encode(object{"session_id": r.text("session_id"), "sender": "visitor", "message": "x"})).is(201)
		}
	}
	next := func(cursor string) string { return "?limit=4&after=" + cursor }
	for _, path := range []string{"/api/v1/sessions", "/api/v1/sessions/active"} {
		read := readPages(s.admin(), path, "sessions", "session_id")
		whileWriting(t, write, func() { sameOnce(t, path, walk(t, "?limit=4", read, next), sessions) })
	}
	read := readPages(s.admin(), "/api/v1/visitors", "visitors", "visitor_id")
	whileWriting(t, write, func() { sameOnce(t, "visitors", walk(t, "?limit=4", read, next), visitors) })

	// And back again, from the fourth page of a quiet list.
	read = readPages(s.admin(), "/api/v1/sessions", "sessions", "session_id")
	newest := walk(t, "?limit=200", read, func(cursor string) string { return "?limit=200&after=" + cursor })
	p := read("?limit=4")
	for range 3 {
		p = read("?limit=4&after=" + p.next)
	}
	var pages [][]string
	whileWriting(t, write, func() {
		back := read("?limit=4&before=" + p.next)
		for range 4 {
			pages = append(pages, back.ids)
			if back.next == "" {
				break
			}
			back = read("?limit=4&before=" + back.next)
		}
	})
	slices.Reverse(pages)
	got := slices.Concat(pages...)
	sameOnce(t, "back", got, slices.DeleteFunc(slices.Clone(newest), func(id string) bool { return !slices.Contains(got, id) }))
	if len(got) < 14 || !slices.Contains(got, newest[0]) {
		t.Errorf("back to the beginning: only %d, the first of them %v", len(got), got[0])
	}
}

// TestWalkingOwnSessions walks as a visitor.
func TestWalkingOwnSessions(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	v := s.visitor()
	var want []string
	for range 5 {
		id := v.post("/visitor/v1/sessions", `{}`).is(201).text("session_id")
		v.post("/visitor/v1/sessions/"+id+"/close", ``).is(200)
		want = append([]string{id}, want...)
		s.visitor().post("/visitor/v1/sessions", `{}`).is(201)
	}
	read := readPages(v, "/visitor/v1/sessions", "sessions", "session_id")
	got := walk(t, "?limit=2", read, func(cursor string) string { return "?limit=2&after=" + cursor })
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestFilters selects sessions by everything that they can be selected by.
func TestFilters(t *testing.T) {
	t.Parallel()
	s := open(t, setup{})
	api := s.admin()
	me := api.get("/api/v1/me").is(200).text("agent.agent_id")
	var ids, visitors []string
	for range 4 {
		r := api.post("/api/v1/sessions", `{"visitor_name":"Ines"}`).is(201)
		ids, visitors = append(ids, r.text("session_id")), append(visitors, r.text("visitor_id"))
	}
	api.post("/api/v1/sessions/"+ids[0]+"/claim", ``).is(200)
	api.do("PATCH", "/api/v1/sessions/"+ids[1], `{"department":"Billing","tags":["vip","refund"]}`).is(200)
	api.do("PATCH", "/api/v1/sessions/"+ids[2], `{"tags":["refunds"]}`).is(200)
	api.post("/api/v1/messages", encode(object{"session_id": ids[0], "sender": "visitor", "message": "latest"})).is(201)
	api.post("/api/v1/sessions/"+ids[3]+"/close", ``).is(200)

	read := readPages(api, "/api/v1/sessions", "sessions", "session_id")
	for query, want := range map[string][]int{
		"":                                     {3, 2, 1, 0},
		"?status=all":                          {3, 2, 1, 0},
		"?status=active":                       {2, 1, 0},
		"?status=closed":                       {3},
		"?assignee=me":                         {0},
		"?assignee=" + me:                      {0},
		"?assignee=none&status=active":         {2, 1},
		"?assignee=somebody":                   {},
		"?department=Billing":                  {1},
		"?department=billing":                  {},
		"?tag=refund":                          {1},
		"?tag=refunds":                         {2},
		"?tag=vip&department=Billing":          {1},
		"?tag=vip&assignee=me":                 {},
		"?tag=%25":                             {},
		"?visitor_id=" + visitors[2]:           {2},
		"?visitor_id=nobody":                   {},
		"?sort=activity&status=active":         {0, 2, 1},
		"?sort=created&status=active":          {2, 1, 0},
		"?sort=activity&status=active&tag=vip": {1},
	} {
		var wanted []string
		for _, i := range want {
			wanted = append(wanted, ids[i])
		}
		if got := read(query).ids; !slices.Equal(got, wanted) {
			t.Errorf("%s: got %v, want %v of %v", query, got, wanted, ids)
		}
	}
	active := readPages(api, "/api/v1/sessions/active", "sessions", "session_id")
	if got := active("?tag=vip").ids; !slices.Equal(got, ids[1:2]) {
		t.Errorf("active with a tag: %v", got)
	}
	api.get("/api/v1/inbox").is(200).has(map[string]any{"mine": 1, "unassigned": 2, "open": 3, "closed": 1})
	s.keyed("read").get("/api/v1/inbox").is(200).has(map[string]any{"mine": 0, "unassigned": 2, "open": 3, "closed": 1})
}
