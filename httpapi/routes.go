package httpapi

// routes is the table of everything that is served. routes.golden shows it.
func (h *Handler) routes() []route {
	var none rule
	return []route{
		// The agents' and integrations' API: the six calls.
		{"POST /api/v1/sessions", agents, none, body(h, h.createSession)},
		{"POST /api/v1/messages", agents, none, body(h, h.sendMessage)},
		{"POST /api/v1/sessions/{session_id}/messages", agents, none, body(h, h.sendMessage)},
		{"GET /api/v1/sessions/{session_id}/messages", agents, none, h.messages},
		{"POST /api/v1/sessions/{session_id}/close", agents, none, optional(h, h.closeSession)},
		{"PUT /api/v1/sessions/{session_id}/close", agents, none, optional(h, h.closeSession)},
		{"GET /api/v1/sessions/{session_id}", agents, none, plain(h.session)},
		{"GET /api/v1/sessions/active", agents, none, plain(h.activeSessions)},

		// Around them.
		{"GET /api/v1/sessions", agents, none, plain(h.sessions)},
		{"GET /api/v1/inbox", agents, none, plain(h.inbox)},
		{"PATCH /api/v1/sessions/{session_id}", agents, none, body(h, h.updateSession)},
		{"POST /api/v1/sessions/{session_id}/claim", agents, none, optional(h, h.claimSession)},
		{"POST /api/v1/sessions/{session_id}/transfer", agents, none, body(h, h.transferSession)},
		{"POST /api/v1/sessions/{session_id}/notes", agents, none, body(h, h.addNote)},
		{"PATCH /api/v1/sessions/{session_id}/messages/{message_id}", agents, none, body(h, h.editMessage)},
		{"DELETE /api/v1/sessions/{session_id}/messages/{message_id}", agents, none, plain(h.deleteMessage)},
		{"POST /api/v1/sessions/{session_id}/typing", agents, none, optional(h, h.typing)},
		{"POST /api/v1/sessions/{session_id}/seen", agents, none, body(h, h.seen)},
		{"GET /api/v1/sessions/{session_id}/transcript", agents, none, h.transcript},
		{"POST /api/v1/sessions/{session_id}/files", agents, none, h.sendFile},
		{"GET /api/v1/files/{file_id}", agents, none, h.download},
		{"GET /api/v1/visitors", agents, none, plain(h.visitors)},
		{"GET /api/v1/visitors/{visitor_id}", agents, none, plain(h.visitor)},
		{"DELETE /api/v1/visitors/{visitor_id}", agents, none, plain(h.eraseVisitor)},
		{"GET /api/v1/agents", agents, none, plain(h.agents)},
		{"GET /api/v1/me", agents, none, plain(h.me)},
		{"PUT /api/v1/me/availability", agents, none, body(h, h.setAvailability)},
		{"GET /api/v1/api-keys", agents, none, plain(h.keys)},
		{"POST /api/v1/api-keys", agents, none, body(h, h.createKey)},
		{"DELETE /api/v1/api-keys/{api_key_id}", agents, none, plain(h.revokeKey)},
		{"GET /api/v1/events", agents, none, h.events},
		{"GET /api/v1/sessions/{session_id}/events", agents, none, h.sessionEvents},
		{"GET /api/v1/openapi.json", anyone, none, h.openapi},

		// The visitors' API.
		{"POST /visitor/v1/hello", anyone, h.rules.hellos, optional(h, h.hello)},
		{"POST /visitor/v1/sessions", visitors, h.rules.sessions, optional(h, h.createVisitorSession)},
		{"GET /visitor/v1/sessions", visitors, none, plain(h.visitorSessions)},
		{"GET /visitor/v1/sessions/{session_id}", visitors, none, plain(h.session)},
		{"GET /visitor/v1/sessions/{session_id}/messages", visitors, none, h.messages},
		{"POST /visitor/v1/messages", visitors, h.rules.messages, body(h, h.sendVisitorMessage)},
		{"POST /visitor/v1/sessions/{session_id}/typing", visitors, none, optional(h, h.typing)},
		{"POST /visitor/v1/sessions/{session_id}/seen", visitors, none, body(h, h.seen)},
		{"POST /visitor/v1/sessions/{session_id}/close", visitors, none, optional(h, h.closeSession)},
		{"POST /visitor/v1/sessions/{session_id}/rating", visitors, none, body(h, h.rateSession)},
		{"GET /visitor/v1/sessions/{session_id}/transcript", visitors, none, h.transcript},
		{"POST /visitor/v1/sessions/{session_id}/files", visitors, h.rules.messages, h.sendFile},
		{"GET /visitor/v1/files/{file_id}", visitors, none, h.download},
		{"POST /visitor/v1/pages", visitors, none, plain(h.track)},
		{"GET /visitor/v1/events", visitors, none, h.events},
		{"DELETE /visitor/v1/me", visitors, none, plain(h.eraseMe)},

		// Everything else.
		{"GET /healthz", anyone, none, plain(h.health)},
		{"GET /chat.js", anyone, none, h.script},
		{"GET /console", anyone, none, h.consoleRedirect},
		{"GET /console/", anyone, none, h.console},
		{"GET /assets/{name}", anyone, none, h.asset},
	}
}
