package chat

// The availabilities that an agent chooses between.
const (
	Available = "available"
	Away      = "away"
)

// Agent is somebody, or some program, who answers visitors. Agents are the
// host's own users: a row is kept for each that has called, so that names
// stand beside what they wrote after they have gone.
type Agent struct {
	ID           string `json:"agent_id"`
	Name         string `json:"name"`
	Email        string `json:"email,omitempty"`
	AvatarURL    string `json:"avatar_url,omitempty"`
	Availability string `json:"availability"`
	Online       bool   `json:"online"`            // never stored: the service fills it in
	Admin        bool   `json:"admin"`             // may manage keys and settings
	Viewing      string `json:"viewing,omitempty"` // the session that they look at; never stored either
}

// answering says whether a visitor who writes now can expect this agent.
func (a Agent) answering() bool { return a.Online && a.Availability == Available }
