package chat

import "errors"

// The kinds of failure. Every error that a [Service] returns on purpose
// matches exactly one of them with errors.Is; an error that matches none is a
// fault of ours or of the machine.
var (
	ErrInvalid         = errors.New("invalid request")         // the input is malformed or missing
	ErrTooLarge        = errors.New("too large")               // the input is longer than a limit allows
	ErrUnsupported     = errors.New("unsupported type")        // a file of a kind that is not taken
	ErrUnauthenticated = errors.New("not authenticated")       // no credentials, or wrong ones
	ErrForbidden       = errors.New("forbidden")               // known, but not allowed to do this
	ErrNotFound        = errors.New("not found")               // no such thing, or none of the caller's
	ErrConflict        = errors.New("conflict")                // the present state does not allow it
	ErrPrecondition    = errors.New("precondition failed")     // someone changed the row first
	ErrUnavailable     = errors.New("temporarily unavailable") // the store cannot serve; try again
)

// Error is an error with words for the caller. Code and Message may be shown
// to anyone; the cause in Err may not: it can hold SQL, paths or addresses.
type Error struct {
	Kind    error  // one of the kinds above
	Code    string // stable machine word, such as "session_closed"
	Field   string // the input field at fault, if one is
	Message string // a sentence for a person
	Err     error  // the cause, for the log; may be nil
}

func (e *Error) Error() string {
	s := e.Message
	if s == "" && e.Kind != nil {
		s = e.Kind.Error()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap makes errors.Is and errors.As see the kind as well as the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// Failures that stores report and that callers may want to tell apart.
var (
	ErrSessionClosed      = &Error{Kind: ErrConflict, Code: "session_closed", Message: "This session is closed."}
	ErrClientIDReused     = &Error{Kind: ErrConflict, Code: "client_id_reused", Field: "client_id", Message: "This client_id was already used for another request."}
	ErrAlreadyClaimed     = &Error{Kind: ErrConflict, Code: "already_claimed", Message: "Another agent has already claimed this session."}
	ErrTooManySessions    = &Error{Kind: ErrConflict, Code: "too_many_sessions", Message: "This visitor already has as many open sessions as are allowed."}
	ErrVersionMismatch    = &Error{Kind: ErrPrecondition, Code: "version_mismatch", Message: "Someone changed this session first. Load it again."}
	ErrUnknownSession     = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such session."}
	ErrUnknownMessage     = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such message."}
	ErrUnknownVisitor     = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such visitor."}
	ErrUnknownAgent       = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such agent."}
	ErrUnknownFile        = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such file."}
	ErrUnknownAPIKey      = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such API key."}
	ErrUnknownCannedReply = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such canned reply."}
	ErrShortcutTaken      = &Error{Kind: ErrConflict, Code: "conflict", Field: "shortcut", Message: "Another canned reply has this shortcut."}
	ErrCrossed            = &Error{Kind: ErrConflict, Code: "conflict", Field: "after_seq", Message: "Another agent has replied meanwhile."}
	ErrUnknownDepartment  = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such department."}
	ErrDepartmentTaken    = &Error{Kind: ErrConflict, Code: "conflict", Field: "name", Message: "Another department has this name."}
	ErrDepartmentChanged  = &Error{Kind: ErrPrecondition, Code: "version_mismatch", Message: "Someone changed this department first. Load it again."}
	ErrTooManyDepartments = &Error{Kind: ErrConflict, Code: "too_many_departments", Message: "There are as many departments as are allowed."}
	ErrNoRoom             = &Error{Kind: ErrConflict, Code: "no_room", Message: "This agent is away, or has as many sessions as they may have."}
	ErrUnknownTrigger     = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such trigger."}
	ErrUnknownWebhook     = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such webhook."}
	ErrUnknownPush        = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such push subscription."}
	ErrUnknownDelivery    = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such delivery."}
	ErrSettingsChanged    = &Error{Kind: ErrPrecondition, Code: "version_mismatch", Message: "Someone changed the settings first. Load them again."}
	ErrInvalidCursor      = &Error{Kind: ErrInvalid, Code: "invalid_cursor", Message: "This cursor is not one that a list gave out."}
	ErrInvalidEventID     = &Error{Kind: ErrInvalid, Code: "invalid_event_id", Field: "Last-Event-ID", Message: "This is not an event id."}
	ErrBanned             = &Error{Kind: ErrForbidden, Code: "banned", Message: "The chat is not open to you at the moment."}
	ErrChallenge          = &Error{Kind: ErrForbidden, Code: "challenge_required", Field: "challenge_answer", Message: "Prove first that you are no program."}
	ErrUnknownBan         = &Error{Kind: ErrNotFound, Code: "not_found", Message: "There is no such ban."}
	ErrTooManyBans        = &Error{Kind: ErrConflict, Code: "too_many_bans", Message: "There are as many banned addresses as are allowed."}
	ErrTrackingOff        = &Error{Kind: ErrForbidden, Code: "tracking_off", Message: "Pages are not tracked here."}
	ErrTooManyWebhooks    = &Error{Kind: ErrConflict, Code: "too_many_webhooks", Message: "There are as many webhooks as are allowed."}
	ErrCursorMoved        = &Error{Kind: ErrConflict, Code: "cursor_moved", Message: "Somebody else has moved this cursor."}
	ErrCursorHeld         = &Error{Kind: ErrConflict, Code: "cursor_held", Message: "Somebody else reads with this cursor."}
	ErrCursorLost         = &Error{Kind: ErrConflict, Code: "cursor_lost", Message: "The events behind this cursor are no longer kept."}
	ErrTooOld             = &Error{Kind: ErrConflict, Code: "too_old", Message: "The events after this position are no longer kept."}
	ErrClosed             = &Error{Kind: ErrUnavailable, Code: "shutting_down", Message: "The chat is shutting down. Try again in a moment."}
	ErrBusy               = &Error{Kind: ErrUnavailable, Code: "unavailable", Message: "The chat cannot take this just now. Try again in a moment."}
)

func invalid(field, message string) *Error {
	return &Error{Kind: ErrInvalid, Code: "invalid_request", Field: field, Message: message}
}

func forbidden(message string) *Error {
	return &Error{Kind: ErrForbidden, Code: "forbidden", Message: message}
}
