package sqlstore

import "github.com/jmoiron/sqlx"

// reads are the statements that run on the reader's connections.
type reads struct {
	MetaGet *sqlx.NamedStmt `query:"meta-get"`

	Session       *sqlx.NamedStmt `query:"session-get"`
	SessionRows   *sqlx.NamedStmt `query:"session-get-rows"`
	SessionFind   *sqlx.NamedStmt `query:"session-find"`
	SessionCounts *sqlx.NamedStmt `query:"session-counts"`
	SessionSelect string          `query:"session-select"`

	Message       *sqlx.NamedStmt `query:"message-get"`
	MessageRows   *sqlx.NamedStmt `query:"message-get-rows"`
	MessageAfter  *sqlx.NamedStmt `query:"message-list-after"`
	MessageBefore *sqlx.NamedStmt `query:"message-list-before"`

	File          *sqlx.NamedStmt `query:"file-get"`
	FileSize      *sqlx.NamedStmt `query:"file-size"`
	FileChunk     *sqlx.NamedStmt `query:"file-chunk"`
	FileListLoose *sqlx.NamedStmt `query:"file-list-loose"`

	Visitor           *sqlx.NamedStmt `query:"visitor-get"`
	VisitorByToken    *sqlx.NamedStmt `query:"visitor-get-token"`
	VisitorByExternal *sqlx.NamedStmt `query:"visitor-get-external"`
	VisitorSelect     string          `query:"visitor-select"`
	EachName          string          `query:"each-name"`

	BanSelect string `query:"ban-select"`

	PageViewSelect string `query:"page-view-select"`
	VisitSelect    string `query:"visit-select"`

	GreetingCount      *sqlx.NamedStmt `query:"greeting-count"`
	GreetingsOfVisitor *sqlx.NamedStmt `query:"greeting-of-visitor"`

	Agent     *sqlx.NamedStmt `query:"agent-get"`
	AgentList *sqlx.NamedStmt `query:"agent-list"`

	KeyByHash *sqlx.NamedStmt `query:"api-key-get-hash"`
	KeyList   *sqlx.NamedStmt `query:"api-key-list"`

	Settings          *sqlx.NamedStmt `query:"settings-get"`
	CannedReplyAfter  *sqlx.NamedStmt `query:"canned-reply-list-after"`
	CannedReplyBefore *sqlx.NamedStmt `query:"canned-reply-list-before"`

	Draft         *sqlx.NamedStmt `query:"draft-get"`
	MentionSelect string          `query:"mention-select"`
	HistorySelect string          `query:"history-select"`
	PushList      *sqlx.NamedStmt `query:"push-list"`

	Department       *sqlx.NamedStmt `query:"department-get"`
	DepartmentAfter  *sqlx.NamedStmt `query:"department-list-after"`
	DepartmentBefore *sqlx.NamedStmt `query:"department-list-before"`

	RoutingQueue     *sqlx.NamedStmt `query:"routing-queue"`
	RoutingLoads     *sqlx.NamedStmt `query:"routing-loads"`
	RoutingDueWake   *sqlx.NamedStmt `query:"routing-due-wake"`
	RoutingDueIdle   *sqlx.NamedStmt `query:"routing-due-idle"`
	RoutingDueMissed *sqlx.NamedStmt `query:"routing-due-missed"`
	RoutingDueReturn *sqlx.NamedStmt `query:"routing-due-return"`
	PendingAdd       string          `query:"pending-add"`
	Pending          *sqlx.NamedStmt `query:"pending-list"`

	SearchSessions *sqlx.NamedStmt `query:"search-sessions"`
	SearchMessages *sqlx.NamedStmt `query:"search-messages"`

	AnalyticsSelect      string          `query:"analytics-select"`
	AnalyticsDetail      string          `query:"analytics-detail"`
	AnalyticsAgents      *sqlx.NamedStmt `query:"analytics-agents"`
	AnalyticsBans        *sqlx.NamedStmt `query:"analytics-bans"`
	AnalyticsViews       string          `query:"analytics-views"`
	AnalyticsViewsPages  string          `query:"analytics-views-pages"`
	AnalyticsWriters     string          `query:"analytics-writers"`
	AnalyticsWritten     *sqlx.NamedStmt `query:"analytics-written"`
	AnalyticsURLs        *sqlx.NamedStmt `query:"analytics-urls"`
	AnalyticsAssignments string          `query:"analytics-assignments"`
	AnalyticsShifts      *sqlx.NamedStmt `query:"analytics-shifts"`

	Stats *sqlx.NamedStmt `query:"stats-get"`

	EventList        *sqlx.NamedStmt `query:"event-list"`
	EventListSession *sqlx.NamedStmt `query:"event-list-session"`
	EventListVisitor *sqlx.NamedStmt `query:"event-list-visitor"`
	EventHead        *sqlx.NamedStmt `query:"event-head"`

	Webhook        *sqlx.NamedStmt `query:"webhook-get"`
	WebhookList    *sqlx.NamedStmt `query:"webhook-list"`
	WebhookDue     *sqlx.NamedStmt `query:"webhook-due"`
	Delivery       *sqlx.NamedStmt `query:"delivery-get"`
	DeliverySelect string          `query:"delivery-select"`
	Cursor         *sqlx.NamedStmt `query:"cursor-get"`
}

// writes are the statements that run in Append's transactions.
type writes struct {
	OpBegin    *sqlx.NamedStmt `query:"op-begin"`
	OpRollback *sqlx.NamedStmt `query:"op-rollback"`
	OpEnd      *sqlx.NamedStmt `query:"op-end"`

	Meta       *sqlx.NamedStmt `query:"meta-get"`
	MetaSet    *sqlx.NamedStmt `query:"meta-set"`
	MetaDelete *sqlx.NamedStmt `query:"meta-delete"`

	Session            *sqlx.NamedStmt `query:"session-get"`
	SessionRow         *sqlx.NamedStmt `query:"session-get-row"`
	SessionByClient    *sqlx.NamedStmt `query:"session-get-client"`
	SessionsOfVisitor  *sqlx.NamedStmt `query:"session-get-visitor-rows"`
	SessionInsert      *sqlx.NamedStmt `query:"session-insert"`
	SessionCountOpen   *sqlx.NamedStmt `query:"session-count-open"`
	SessionBump        *sqlx.NamedStmt `query:"session-bump"`
	SessionFirstWord   *sqlx.NamedStmt `query:"session-first-word"`
	SessionUpdate      *sqlx.NamedStmt `query:"session-update"`
	SessionClose       *sqlx.NamedStmt `query:"session-close"`
	AssignmentBegin    *sqlx.NamedStmt `query:"assignment-begin"`
	AssignmentEnd      *sqlx.NamedStmt `query:"assignment-end"`
	HistoryInsert      *sqlx.NamedStmt `query:"history-insert"`
	ShiftBegin         *sqlx.NamedStmt `query:"shift-begin"`
	ShiftGoOn          *sqlx.NamedStmt `query:"shift-go-on"`
	SessionAsk         *sqlx.NamedStmt `query:"session-ask"`
	SessionRate        *sqlx.NamedStmt `query:"session-rate"`
	SessionSeenVisitor *sqlx.NamedStmt `query:"session-seen-visitor"`
	SessionSeenAgent   *sqlx.NamedStmt `query:"session-seen-agent"`
	SessionMove        *sqlx.NamedStmt `query:"session-move"`
	SessionTouch       *sqlx.NamedStmt `query:"session-touch"`
	SessionErase       *sqlx.NamedStmt `query:"session-erase"`
	TagInsert          *sqlx.NamedStmt `query:"session-tag-insert"`
	TagClear           *sqlx.NamedStmt `query:"session-tag-clear"`
	TagErase           *sqlx.NamedStmt `query:"session-erase-tags"`

	Message         *sqlx.NamedStmt `query:"message-get"`
	MessageByClient *sqlx.NamedStmt `query:"message-get-client"`
	MessageFirst    *sqlx.NamedStmt `query:"message-get-first"`
	MessageInsert   *sqlx.NamedStmt `query:"message-insert"`
	MessageCrossing *sqlx.NamedStmt `query:"message-get-crossing"`
	MessageNextNote *sqlx.NamedStmt `query:"message-next-note"`
	MessageEdit     *sqlx.NamedStmt `query:"message-edit"`
	MessageDelete   *sqlx.NamedStmt `query:"message-delete"`
	MessageErase    *sqlx.NamedStmt `query:"message-erase"`

	FileFindLoose    *sqlx.NamedStmt `query:"file-find-loose"`
	FileInsert       *sqlx.NamedStmt `query:"file-insert"`
	FileInsertChunk  *sqlx.NamedStmt `query:"file-insert-chunk"`
	FileClaim        *sqlx.NamedStmt `query:"file-claim"`
	FileOfMessage    *sqlx.NamedStmt `query:"file-of-message"`
	FileOfVisitor    *sqlx.NamedStmt `query:"file-of-visitor"`
	FileLoosen       *sqlx.NamedStmt `query:"file-loosen"`
	FileDeleteChunks *sqlx.NamedStmt `query:"file-delete-chunks"`
	FileDelete       *sqlx.NamedStmt `query:"file-delete"`

	Visitor         *sqlx.NamedStmt `query:"visitor-get"`
	TokenOwner      *sqlx.NamedStmt `query:"visitor-get-token"`
	VisitorInsert   *sqlx.NamedStmt `query:"visitor-insert"`
	VisitorUpdate   *sqlx.NamedStmt `query:"visitor-update"`
	VisitorBan      *sqlx.NamedStmt `query:"visitor-ban"`
	VisitorBanPrune *sqlx.NamedStmt `query:"visitor-ban-prune"`
	VisitorDelete   *sqlx.NamedStmt `query:"visitor-delete"`
	TokenInsert     *sqlx.NamedStmt `query:"visitor-token-insert"`
	TokenClear      *sqlx.NamedStmt `query:"visitor-token-clear"`

	BanCount       *sqlx.NamedStmt `query:"ban-count"`
	BanByAddress   *sqlx.NamedStmt `query:"ban-get-address"`
	BanSave        *sqlx.NamedStmt `query:"ban-save"`
	BanLift        *sqlx.NamedStmt `query:"ban-lift"`
	BanLiftVisitor *sqlx.NamedStmt `query:"ban-lift-visitor"`
	BanMove        *sqlx.NamedStmt `query:"ban-move"`
	BanPrune       *sqlx.NamedStmt `query:"ban-prune"`

	PageViewInsert *sqlx.NamedStmt `query:"page-view-insert"`
	PageViewArrive *sqlx.NamedStmt `query:"page-view-arrive"`
	PageViewMove   *sqlx.NamedStmt `query:"page-view-move"`
	PageViewErase  *sqlx.NamedStmt `query:"page-view-erase"`

	VisitInsert *sqlx.NamedStmt `query:"visit-insert"`
	VisitBegin  *sqlx.NamedStmt `query:"visit-begin"`
	VisitGoOn   *sqlx.NamedStmt `query:"visit-go-on"`
	VisitPlace  *sqlx.NamedStmt `query:"visit-place"`
	VisitMove   *sqlx.NamedStmt `query:"visit-move"`
	VisitLatest *sqlx.NamedStmt `query:"visit-latest"`
	VisitErase  *sqlx.NamedStmt `query:"visit-erase"`

	GreetingInsert *sqlx.NamedStmt `query:"greeting-insert"`
	GreetingAnswer *sqlx.NamedStmt `query:"greeting-answer"`
	GreetingMove   *sqlx.NamedStmt `query:"greeting-move"`
	GreetingForget *sqlx.NamedStmt `query:"greeting-forget"`

	AgentFind *sqlx.NamedStmt `query:"agent-find"`
	AgentSave *sqlx.NamedStmt `query:"agent-save"`

	Key       *sqlx.NamedStmt `query:"api-key-get"`
	KeyByHash *sqlx.NamedStmt `query:"api-key-get-hash"`
	KeyInsert *sqlx.NamedStmt `query:"api-key-insert"`
	KeyUpdate *sqlx.NamedStmt `query:"api-key-update"`
	KeyRevoke *sqlx.NamedStmt `query:"api-key-revoke"`
	KeyTouch  *sqlx.NamedStmt `query:"api-key-touch"`

	Settings          *sqlx.NamedStmt `query:"settings-get"`
	SettingsSave      *sqlx.NamedStmt `query:"settings-save"`
	CannedReply       *sqlx.NamedStmt `query:"canned-reply-get"`
	CannedReplyInsert *sqlx.NamedStmt `query:"canned-reply-insert"`
	CannedReplyUpdate *sqlx.NamedStmt `query:"canned-reply-update"`
	CannedReplyRemove *sqlx.NamedStmt `query:"canned-reply-remove"`

	DraftSave     *sqlx.NamedStmt `query:"draft-save"`
	DraftRemove   *sqlx.NamedStmt `query:"draft-remove"`
	PushSave      *sqlx.NamedStmt `query:"push-save"`
	PushTrim      *sqlx.NamedStmt `query:"push-trim"`
	PushRemove    *sqlx.NamedStmt `query:"push-remove"`
	PendingRemove *sqlx.NamedStmt `query:"pending-remove"`
	MentionInsert *sqlx.NamedStmt `query:"mention-insert"`

	PurgeSessions        *sqlx.NamedStmt `query:"purge-sessions"`
	PurgeSessionOwner    *sqlx.NamedStmt `query:"purge-session-owner"`
	PurgeLastEvent       *sqlx.NamedStmt `query:"purge-last-event"`
	PurgePageViews       *sqlx.NamedStmt `query:"purge-page-views"`
	PurgeVisits          *sqlx.NamedStmt `query:"purge-visits"`
	PurgeVisitLatest     *sqlx.NamedStmt `query:"purge-visit-latest"`
	PurgeVisit           *sqlx.NamedStmt `query:"purge-visit"`
	PurgeVisitors        *sqlx.NamedStmt `query:"purge-visitors"`
	PurgeFiles           *sqlx.NamedStmt `query:"purge-files"`
	PurgeFileAttachments *sqlx.NamedStmt `query:"purge-file-attachments"`
	PurgeFileExpire      *sqlx.NamedStmt `query:"purge-file-expire"`

	Department        *sqlx.NamedStmt `query:"department-get"`
	DepartmentCount   *sqlx.NamedStmt `query:"department-count"`
	DepartmentInsert  *sqlx.NamedStmt `query:"department-insert"`
	DepartmentUpdate  *sqlx.NamedStmt `query:"department-update"`
	DepartmentRename  *sqlx.NamedStmt `query:"department-rename-sessions"`
	DepartmentRemove  *sqlx.NamedStmt `query:"department-remove"`
	SessionSnooze     *sqlx.NamedStmt `query:"session-snooze"`
	SessionWake       *sqlx.NamedStmt `query:"session-wake"`
	SessionAnswered   *sqlx.NamedStmt `query:"session-answered"`
	RoutingAgent      *sqlx.NamedStmt `query:"routing-agent"`
	RoutingOpen       *sqlx.NamedStmt `query:"routing-open"`
	RoutingAssign     *sqlx.NamedStmt `query:"routing-assign"`
	RoutingReturn     *sqlx.NamedStmt `query:"routing-return"`
	RoutingMissed     *sqlx.NamedStmt `query:"routing-missed"`
	RoutingSeeVisitor *sqlx.NamedStmt `query:"routing-see-visitor"`
	RoutingSeeAgent   *sqlx.NamedStmt `query:"routing-see-agent"`

	EventPruneTo *sqlx.NamedStmt `query:"event-prune-to"`
	EventPrune   *sqlx.NamedStmt `query:"event-prune"`
	EventErase   *sqlx.NamedStmt `query:"event-erase"`
	EventHead    *sqlx.NamedStmt `query:"event-head"`

	Webhook        *sqlx.NamedStmt `query:"webhook-get"`
	WebhookCount   *sqlx.NamedStmt `query:"webhook-count"`
	WebhookInsert  *sqlx.NamedStmt `query:"webhook-insert"`
	WebhookUpdate  *sqlx.NamedStmt `query:"webhook-update"`
	WebhookFailing *sqlx.NamedStmt `query:"webhook-failing"`
	WebhookRemove  *sqlx.NamedStmt `query:"webhook-remove"`
	WebhookRemoved *sqlx.NamedStmt `query:"webhook-list-removed"`
	WebhookRows    *sqlx.NamedStmt `query:"webhook-list-rows"`
	WebhookDelete  *sqlx.NamedStmt `query:"webhook-delete"`

	Delivery            *sqlx.NamedStmt `query:"delivery-get"`
	DeliveryNext        *sqlx.NamedStmt `query:"delivery-next"`
	DeliveryOfSession   *sqlx.NamedStmt `query:"delivery-of-session"`
	DeliveryLastNumber  *sqlx.NamedStmt `query:"delivery-last-number"`
	DeliveryAddBody     *sqlx.NamedStmt `query:"delivery-add-body"`
	DeliveryAdd         *sqlx.NamedStmt `query:"delivery-add"`
	DeliveryClaim       *sqlx.NamedStmt `query:"delivery-claim"`
	DeliverySettle      *sqlx.NamedStmt `query:"delivery-settle"`
	DeliveryRearm       *sqlx.NamedStmt `query:"delivery-rearm"`
	DeliveryWake        *sqlx.NamedStmt `query:"delivery-wake"`
	DeliveryListFrom    *sqlx.NamedStmt `query:"delivery-list-from"`
	DeliveryPrune       *sqlx.NamedStmt `query:"delivery-prune"`
	DeliveryPruneBodies *sqlx.NamedStmt `query:"delivery-prune-bodies"`
	DeliveryBodies      *sqlx.NamedStmt `query:"delivery-bodies-of-message"`
	DeliverySetBody     *sqlx.NamedStmt `query:"delivery-set-body"`
	DeliveryErase       *sqlx.NamedStmt `query:"delivery-erase"`
	DeliveryEraseLanes  *sqlx.NamedStmt `query:"delivery-erase-lanes"`
	DeliveryEraseBodies *sqlx.NamedStmt `query:"delivery-erase-bodies"`

	LaneOpen     *sqlx.NamedStmt `query:"lane-open"`
	LaneRearm    *sqlx.NamedStmt `query:"lane-rearm"`
	LaneDue      *sqlx.NamedStmt `query:"lane-due"`
	LaneLeased   *sqlx.NamedStmt `query:"lane-leased"`
	LaneLease    *sqlx.NamedStmt `query:"lane-lease"`
	LaneRenew    *sqlx.NamedStmt `query:"lane-renew"`
	LaneRelease  *sqlx.NamedStmt `query:"lane-release"`
	LanePark     *sqlx.NamedStmt `query:"lane-park"`
	LaneClose    *sqlx.NamedStmt `query:"lane-close"`
	LaneCloseAll *sqlx.NamedStmt `query:"lane-close-all"`
	LaneWake     *sqlx.NamedStmt `query:"lane-wake"`

	CursorOpen   *sqlx.NamedStmt `query:"cursor-open"`
	CursorHold   *sqlx.NamedStmt `query:"cursor-hold"`
	CursorMove   *sqlx.NamedStmt `query:"cursor-move"`
	CursorSet    *sqlx.NamedStmt `query:"cursor-set"`
	CursorRemove *sqlx.NamedStmt `query:"cursor-remove"`
}

// indexWrites keep an index that follows in steps: see Config.Text.
type indexWrites struct {
	SearchDone          *sqlx.NamedStmt `query:"search-done"`
	SearchSessionLast   *sqlx.NamedStmt `query:"search-session-last"`
	SearchMessageLast   *sqlx.NamedStmt `query:"search-message-last"`
	SearchSessionIndex  *sqlx.NamedStmt `query:"search-session-index"`
	SearchMessageIndex  *sqlx.NamedStmt `query:"search-message-index"`
	SearchSessionSecure *sqlx.NamedStmt `query:"search-session-secure"`
	SearchMessageSecure *sqlx.NamedStmt `query:"search-message-secure"`
	SearchSetTidy       *sqlx.NamedStmt `query:"search-set-tidy"`
	SearchSessionPart   *sqlx.NamedStmt `query:"search-session-part"`
	SearchSessionUnpart *sqlx.NamedStmt `query:"search-session-unpart"`
	SearchSessionMerge  *sqlx.NamedStmt `query:"search-session-merge"`
	SearchMessagePart   *sqlx.NamedStmt `query:"search-message-part"`
	SearchMessageUnpart *sqlx.NamedStmt `query:"search-message-unpart"`
	SearchMessageMerge  *sqlx.NamedStmt `query:"search-message-merge"`
	SearchChanges       *sqlx.NamedStmt `query:"search-changes"`
	SearchSetDone       *sqlx.NamedStmt `query:"search-set-done"`
}

// textWrites keep what Config.Text makes of texts.
type textWrites struct {
	SessionWords *sqlx.NamedStmt `query:"search-session-words"`
	MessageWords *sqlx.NamedStmt `query:"search-message-words"`
}

// sharedWrites are for databases that several processes write to.
type sharedWrites struct {
	LockShared     *sqlx.NamedStmt `query:"lock-shared"`
	LockAlone      *sqlx.NamedStmt `query:"lock-alone"`
	LockDeliveries *sqlx.NamedStmt `query:"lock-deliveries"`
	LockVisitors   *sqlx.NamedStmt `query:"lock-visitors"`
	LockSessions   *sqlx.NamedStmt `query:"lock-sessions"`
	LockLog        *sqlx.NamedStmt `query:"lock-log"`
	MessageAppend  *sqlx.NamedStmt `query:"message-append"`
	EventInsert    *sqlx.NamedStmt `query:"event-insert-many"`
}

// ownWrites are for databases that one process has to itself.
type ownWrites struct {
	EventInsert *sqlx.NamedStmt `query:"event-insert"`
}
