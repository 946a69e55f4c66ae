package webhooks_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/pealchat/pealchat/webhooks"
)

// A receiver reads the body as it came, verifies it, and only then looks at
// what it says.
func ExampleVerify() {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" // from the answer that made the webhook
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhooks.Verify(r.Header, body, secret) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Printf("%s: %s\n", r.Header.Get(webhooks.HeaderID), body)
		w.WriteHeader(http.StatusNoContent)
	}

	// What a dispatcher sends:
	const id, body = "k3f9x2ab_1842", `{"event":"ping"}`
	now := time.Now()
	signature, _ := webhooks.Sign(id, now, []byte(body), secret)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set(webhooks.HeaderID, id)
	r.Header.Set(webhooks.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(webhooks.HeaderSignature, signature)
	receive(httptest.NewRecorder(), r)
	// Output: k3f9x2ab_1842: {"event":"ping"}
}
