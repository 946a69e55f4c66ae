package chat_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pealchat/pealchat/chat"
)

// TestShiftsAreNoted: reports know for how long somebody was there.
func TestShiftsAreNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(t, nil)
		ctx, stop := context.WithCancel(t.Context())
		mara := chat.AsAgent(chat.Agent{ID: "mara", Name: "Mara", Admin: true})
		if _, err := svc.SetAvailability(ctx, mara, chat.Available); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = svc.Run(ctx)
		}()
		for range 20 { // ten minutes
			svc.Touch(ctx, mara)
			time.Sleep(30 * time.Second)
		}
		time.Sleep(20 * time.Minute) // she has gone a minute and a half after her last sign of life
		a, err := svc.Analytics(ctx, host, chat.AnalyticsQuery{From: began.Add(-time.Hour), To: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Figures.Load.Available; got != 9*60 && got != 10*60 { // the last note may come just before she goes
			t.Errorf("available for %v s", got)
		}
		stop()
		<-ended
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
}
