package webhooks

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	oneSecret   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// signed returns the headers of a delivery.
func signed(t testing.TB, id string, at time.Time, body string, secrets ...string) http.Header {
	t.Helper()
	signature, err := Sign(id, at, []byte(body), secrets...)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	h.Set(HeaderID, id)
	h.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderSignature, signature)
	return h
}

// The example of the Standard Webhooks specification.
func TestSignatureIsTheStandards(t *testing.T) {
	got, err := Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), oneSecret)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Fatalf("%s, %v; want %s", got, err, want)
	}
}

func TestVerify(t *testing.T) {
	now := time.Now()
	const body = `{"event":"ping"}`
	good := func() http.Header { return signed(t, "msg_1", now, body, oneSecret) }
	set := func(name, value string) http.Header {
		h := good()
		h.Set(name, value)
		return h
	}
	for name, c := range map[string]struct {
		header  http.Header
		body    string
		secrets []string
		want    error
	}{
		"as sent":                      {good(), body, []string{oneSecret}, nil},
		"the second of two secrets":    {good(), body, []string{otherSecret, oneSecret}, nil},
		"signed with two":              {signed(t, "msg_1", now, body, otherSecret, oneSecret), body, []string{oneSecret}, nil},
		"beside another version":       {set(HeaderSignature, "v1a,abcd "+good().Get(HeaderSignature)), body, []string{oneSecret}, nil},
		"without the prefix":           {good(), body, []string{strings.TrimPrefix(oneSecret, "whsec_")}, nil},
		"another secret":               {good(), body, []string{otherSecret}, ErrBadSignature},
		"altered body":                 {good(), body + " ", []string{oneSecret}, ErrBadSignature},
		"empty body":                   {good(), "", []string{oneSecret}, ErrBadSignature},
		"altered id":                   {set(HeaderID, "msg_2"), body, []string{oneSecret}, ErrBadSignature},
		"altered time":                 {set(HeaderTimestamp, strconv.FormatInt(now.Unix()+1, 10)), body, []string{oneSecret}, ErrBadSignature},
		"no version":                   {set(HeaderSignature, strings.TrimPrefix(good().Get(HeaderSignature), "v1,")), body, []string{oneSecret}, ErrBadSignature},
		"another version only":         {set(HeaderSignature, strings.Replace(good().Get(HeaderSignature), "v1,", "v2,", 1)), body, []string{oneSecret}, ErrBadSignature},
		"a signature of nothing":       {set(HeaderSignature, "v1,"), body, []string{oneSecret}, ErrBadSignature},
		"old":                          {signed(t, "msg_1", now.Add(-Tolerance-2*time.Second), body, oneSecret), body, []string{oneSecret}, ErrBadTimestamp},
		"from the future":              {signed(t, "msg_1", now.Add(Tolerance+2*time.Second), body, oneSecret), body, []string{oneSecret}, ErrBadTimestamp},
		"almost old":                   {signed(t, "msg_1", now.Add(-Tolerance+5*time.Second), body, oneSecret), body, []string{oneSecret}, nil},
		"no time":                      {set(HeaderTimestamp, "soon"), body, []string{oneSecret}, ErrBadTimestamp},
		"negative time":                {set(HeaderTimestamp, "-1"), body, []string{oneSecret}, ErrBadTimestamp},
		"time beyond all bounds":       {set(HeaderTimestamp, "9223372036854775807"), body, []string{oneSecret}, ErrBadTimestamp},
		"without headers":              {http.Header{}, body, []string{oneSecret}, ErrNoSignature},
		"with an empty id":             {set(HeaderID, ""), body, []string{oneSecret}, ErrNoSignature},
		"signed by nobody, no secrets": {set(HeaderSignature, "v1,"), body, nil, errAny},
		"a secret that is none":        {good(), body, []string{"whsec_?"}, errAny},
		"an empty secret":              {signedWithNothing(now, body), body, []string{"whsec_"}, errAny},
		"a short secret":               {good(), body, []string{"whsec_c2hvcnQ="}, errAny},
	} {
		err := verify(now, c.header, []byte(c.body), c.secrets)
		if c.want == errAny && err == nil || c.want != errAny && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && len(c.secrets) > 0 && len(c.secrets[0]) > 8 && strings.Contains(err.Error(), c.secrets[0]) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
}

var errAny = errors.New("any error")

// signedWithNothing is what anybody can make for a receiver with an empty secret.
func signedWithNothing(at time.Time, body string) http.Header {
	h := http.Header{}
	h.Set(HeaderID, "msg_1")
	h.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(HeaderSignature, "v1,"+base64Of(mac(nil, "msg_1", at.Unix(), []byte(body))))
	return h
}

func TestSignRefusesBadSecrets(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {"whsec_"}, {"whsec_!"}, {oneSecret, "whsec_"}} {
		if s, err := Sign("msg_1", time.Now(), nil, secrets...); err == nil {
			t.Errorf("%q: %s", secrets, s)
		}
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Now()
	f.Add("msg_1", strconv.FormatInt(now.Unix(), 10), "v1,abcd", []byte("{}"), oneSecret)
	f.Fuzz(func(t *testing.T, id, stamp, signatures string, body []byte, secret string) {
		h := http.Header{headerKey(HeaderID): {id}, headerKey(HeaderTimestamp): {stamp}, headerKey(HeaderSignature): {signatures}}
		if verify(now, h, body, []string{secret}) != nil {
			return
		}
		key, err := decodeSecret(secret)
		if err != nil {
			t.Fatalf("good with the secret %q", secret)
		}
		seconds, _ := strconv.ParseInt(stamp, 10, 64)
		if !strings.Contains(signatures, base64Of(mac(key, id, seconds, body))) {
			t.Fatalf("%q is good for %q", signatures, id)
		}
	})
}

// headerKey is a header's name as maps of them have it.
func headerKey(name string) string { return http.CanonicalHeaderKey(name) }

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
