package chat

// CatchUp has a test look at once whether other processes have added to the log.
func (s *Service) CatchUp() { s.catchUp() }

// KnownKeys says how many API keys are remembered.
func (s *Service) KnownKeys() int {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	return len(s.keys.known)
}

const MaxKnownKeys = maxKnownKeys
