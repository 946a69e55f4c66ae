package chat

import (
	"context"
	"time"
)

// Store keeps everything that outlives the process. Package storagetest is
// the definition of a correct one. All methods may be called concurrently.
//
// Reads return copies that the caller may keep and change. What does not
// exist is reported with the matching error of this package (ErrUnknownSession
// and so on), a store that cannot serve with an error that matches
// ErrUnavailable.
type Store interface {
	SessionStore
	MessageStore
	FileIndex
	VisitorStore
	PageViewStore
	GreetingStore
	BanStore
	AgentStore
	APIKeyStore
	CannedReplyStore
	DraftStore
	MentionStore
	HistoryStore
	PushStore
	DepartmentStore
	RoutingStore
	SearchStore
	AnalyticsStore
	EventStore
	WebhookStore
	SettingsStore

	// Append carries out ops in order, in one transaction, and returns one
	// result for each, in the same order. An op that fails does not touch the
	// others. When Append returns a nil error all that the results report is
	// on disk; when it returns an error nothing was changed, or, where the
	// commit's outcome is unknown, callers that repeat themselves with client
	// ids are safe.
	//
	// The positions of events grow in commit order: whoever has read the log
	// up to a position will never find a new event below it.
	Append(ctx context.Context, ops []Op) ([]OpResult, error)

	// Identity names this database: eight characters of 0-9a-z, chosen at
	// random when it was made. Event ids begin with it.
	Identity() string

	// Stats returns what there is at this moment. It is asked for often.
	Stats(ctx context.Context) (StoreStats, error)

	// Ping says whether the store can serve reads and writes at this moment.
	Ping(ctx context.Context) error

	// Close releases everything. It is idempotent, and waits for what is
	// under way.
	Close() error
}

// SharedStore is a Store that other processes may write to at the same time. A
// service over one reads what they have written from the log: within half a
// second while [Service.Run] runs, or at once when a [Broker] rings.
type SharedStore interface {
	Store
	Shared() bool
}

// SessionStore reads sessions. AssigneeName and AssigneePhoto come from the
// agent's row.
type SessionStore interface {
	Session(ctx context.Context, id string) (Session, error)
	Sessions(ctx context.Context, q SessionQuery) (SessionPage, error)
	SessionCounts(ctx context.Context, agentID string) (SessionCounts, error)
}

// MessageStore reads messages and notes.
type MessageStore interface {
	Message(ctx context.Context, sessionID, messageID string) (Message, error)
	Messages(ctx context.Context, q MessageQuery) (MessagePage, error)
}

// FileIndex reads files: whose they are, and what they hold where the database
// keeps that. ErrUnknownFile is the error for all that is not there.
type FileIndex interface {
	// File returns a file that belongs to a message.
	File(ctx context.Context, id string) (File, error)

	// FileChunk returns the part n of a file, from 0 on, FileSize how many
	// bytes all parts have.
	FileChunk(ctx context.Context, id string, n int) ([]byte, error)
	FileSize(ctx context.Context, id string) (int64, error)

	// LooseFiles returns files that belong to no message, limit at most, and
	// were added before a moment or have lost their message.
	LooseFiles(ctx context.Context, before time.Time, limit int) ([]string, error)
}

// VisitorStore reads visitors.
type VisitorStore interface {
	Visitor(ctx context.Context, id string) (Visitor, error)
	VisitorByToken(ctx context.Context, tokenHash string) (Visitor, error)
	VisitorByExternalID(ctx context.Context, externalID string) (Visitor, error)
	Visitors(ctx context.Context, q VisitorQuery) (VisitorPage, error)
}

// BanStore reads the bans of addresses.
type BanStore interface {
	Bans(ctx context.Context, q BanQuery) (BanPage, error)
}

// AgentStore reads agents, by name.
type AgentStore interface {
	Agent(ctx context.Context, id string) (Agent, error)
	Agents(ctx context.Context) ([]Agent, error)
}

// APIKeyStore reads API keys, the oldest first. APIKeyByHash also finds
// revoked ones.
type APIKeyStore interface {
	APIKeyByHash(ctx context.Context, hash string) (APIKey, error)
	APIKeys(ctx context.Context) ([]APIKey, error)
}

// SettingsStore reads the settings. Before they were saved they are the zero
// Settings with UnsavedVersion.
type SettingsStore interface {
	Settings(ctx context.Context) (Settings, error)
}

// CannedReplyStore reads canned replies. Next in a page is the shortcut in
// lower case that the next page goes on from.
type CannedReplyStore interface {
	CannedReplies(ctx context.Context, q CannedReplyQuery) (CannedReplyPage, error)
}

// DepartmentStore reads departments. Next in a page is the DepartmentKey that
// the next page goes on from.
type DepartmentStore interface {
	Department(ctx context.Context, id string) (Department, error)
	Departments(ctx context.Context, q DepartmentQuery) (DepartmentPage, error)
}

// RoutingStore reads what routing decides by. What it returns may be outdated
// by the time it is used: the ops check again.
type RoutingStore interface {
	// Queue returns the sessions that wait for an agent, by QueuedAt and then
	// in the order of their making, limit at most.
	Queue(ctx context.Context, limit int) ([]QueuedSession, error)

	// Loads returns what each agent has, in no order.
	Loads(ctx context.Context) ([]RoutingLoad, error)

	// Due returns sessions for which the time has come, the oldest first.
	Due(ctx context.Context, q DueQuery) ([]DueSession, error)
}

// SearchStore finds what OpIndexSearch has put into the index.
type SearchStore interface {
	Search(ctx context.Context, q SearchQuery) (SearchPage, error)
}

// AnalyticsStore reads what figures are made of.
type AnalyticsStore interface {
	// SessionFigures calls each for every session of the period, in the order
	// of CountedAt, until it fails. It holds up nobody who writes for longer
	// than a page of sessions takes to read.
	SessionFigures(ctx context.Context, q SessionFiguresQuery, each func(SessionFigures) error) error

	// SessionsAt returns the sessions with these cursors, which SessionFigures
	// has given out, in their order. Those that are gone are left out.
	SessionsAt(ctx context.Context, places []Cursor) ([]Session, error)

	// VisitFigures returns who saw pages, an entry for each period of the
	// query. VisitedURLs returns which pages were seen in one, each once.
	VisitFigures(ctx context.Context, q VisitFiguresQuery) ([]VisitFigures, error)
	VisitedURLs(ctx context.Context, from, to time.Time) ([]string, error)

	// AgentLoad returns the assignments of sessions that match the query, and
	// the stretches in which agents were available, as far as they reach into
	// the period, whenever the sessions began.
	AgentLoad(ctx context.Context, q SessionFiguresQuery) (AgentLoad, error)
}

// EventStore reads the event log. Events come with their data as it is now:
// the log points to rows and keeps no copies, so that what was erased or
// deleted is gone from it as well.
type EventStore interface {
	Events(ctx context.Context, q EventQuery) ([]*Event, error)
	Log(ctx context.Context) (EventLog, error)
}

// WebhookStore reads webhooks, the oldest first, what is on its way to them,
// and cursors.
type WebhookStore interface {
	Webhook(ctx context.Context, id string) (Webhook, error)
	Webhooks(ctx context.Context) ([]Webhook, error)
	Delivery(ctx context.Context, id string) (Delivery, error)
	Deliveries(ctx context.Context, q DeliveryQuery) (DeliveryPage, error)

	// DueDeliveries returns, for each enabled webhook with something to send
	// or to send again, when that is due at the earliest.
	DueDeliveries(ctx context.Context) (map[string]time.Time, error)

	// Cursor returns where a cursor is, 0 if there is none of that name.
	Cursor(ctx context.Context, name string) (Position, error)
}
