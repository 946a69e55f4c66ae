package apitest

import (
	"fmt"
	"testing"
	"time"
)

// TestWalkingDepartments walks there and back while others come and go.
func TestWalkingDepartments(t *testing.T) {
	s := open(t, setup{})
	var want []string
	for i := range 9 {
		want = append(want, s.admin().post("/api/v1/departments", encode(object{"name": fmt.Sprintf("M-%02d", i)})).is(201).text("department_id"))
	}
	write := func(i int) {
		for _, side := range []string{"a", "z"} {
			id := s.admin().post("/api/v1/departments", encode(object{"name": fmt.Sprintf("%s%d", side, i)})).is(201).text("department_id")
			s.admin().do("DELETE", "/api/v1/departments/"+id, "").is(204)
		}
	}
	read := readPages(s.admin(), "/api/v1/departments", "departments", "department_id")
	next := func(cursor string) string { return "?limit=4&after=" + cursor }
	whileWriting(t, write, func() { sameOnce(t, "departments", walk(t, "?limit=4", read, next), want) })
}

// TestDepartmentFields names what is wrong with a department.
func TestDepartmentFields(t *testing.T) {
	s := open(t, setup{})
	api := s.admin()
	made := api.post("/api/v1/departments", `{"name":"Orders"}`).is(201).text("department_id")
	for body, field := range map[string]string{
		`{}`:                                  "name",
		`{"name":"  "}`:                       "name",
		`{"name":"A","agent_ids":["nobody"]}`: "agent_ids[0]",
		`{"name":"A","capacity":-1}`:          "capacity",
		`{"name":"A","routing":"fast"}`:       "routing",
		`{"name":"A","hours":{"enabled":true,"time_zone":"Mars/Base"}}`: "hours.time_zone",
	} {
		api.post("/api/v1/departments", body).fails(400, "invalid_request", field)
	}
	api.post("/api/v1/departments", `{"name":"ORDERS"}`).fails(409, "conflict", "name")
	api.post("/api/v1/departments", `{"name":"Returns"}`).is(201)
	api.do("PATCH", "/api/v1/departments/"+made, `{"name":"returns"}`).fails(409, "conflict", "name")
	api.do("PATCH", "/api/v1/departments/"+made, `{"name":null}`).fails(400, "invalid_request", "name")
	api.do("PATCH", "/api/v1/departments/"+made, `{"capacity":3,"routing":"round_robin"}`).is(200).has(object{"capacity": 3, "routing": "round_robin"})
	api.do("PATCH", "/api/v1/departments/"+made, `{"capacity":null}`).is(200).has(object{"capacity": nil, "routing": "round_robin"})
}

// TestSnoozeFields names what is wrong with a snooze, and sees a session leave
// the lists and come back.
func TestSnoozeFields(t *testing.T) {
	s := open(t, setup{})
	api := s.admin()
	id := api.post("/api/v1/sessions", `{"visitor_name":"Ines"}`).is(201).text("session_id")
	for _, until := range []string{`""`, `"tomorrow"`, `"2001-01-01T00:00:00Z"`, `"2999-01-01T00:00:00Z"`} {
		api.post("/api/v1/sessions/"+id+"/snooze", `{"until":`+until+`}`).fails(400, "invalid_request", "until")
	}
	until := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	if got := api.post("/api/v1/sessions/"+id+"/snooze", `{"until":"`+until+`"}`).is(200).text("snoozed_until"); got != until {
		t.Errorf("snoozed until %s, want %s", got, until)
	}
	count := func(query string) int {
		return len(api.get("/api/v1/sessions?status=active" + query).is(200).list("sessions"))
	}
	if count("&snoozed=true") != 1 || count("&snoozed=false") != 0 || count("") != 1 {
		t.Error("the lists do not agree that it is put off")
	}
	api.post("/api/v1/messages", encode(object{"session_id": id, "sender": "visitor", "message": "Back"})).is(201)
	if api.get("/api/v1/sessions/"+id).is(200).at("snoozed_until") != nil {
		t.Error("it did not wake when the visitor wrote")
	}
	api.post("/api/v1/sessions/"+id+"/snooze", `{"until":"reply"}`).is(200)
	api.do("DELETE", "/api/v1/sessions/"+id+"/snooze", "").is(200)
	api.post("/api/v1/sessions/"+id+"/close", "").is(200)
	api.post("/api/v1/sessions/"+id+"/snooze", `{"until":"reply"}`).fails(409, "session_closed", "")
}
