package chat

// CatchUp has a test look at once whether other processes have added to the log.
func (s *Service) CatchUp() { s.catchUp() }
