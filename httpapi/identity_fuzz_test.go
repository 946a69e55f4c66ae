package httpapi

import (
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// FuzzIdentity: what was not signed with the site's secret is nobody's word,
// for a signed identity and for the token that comes of one.
func FuzzIdentity(f *testing.F) {
	ours, theirs := strings.Repeat("s", minSecret), strings.Repeat("t", minSecret)
	now := time.Unix(1_750_000_000, 0)
	newVouchers := func() *vouchers {
		v := new(vouchers)
		v.init([]string{ours}, slog.New(slog.DiscardHandler))
		return v
	}
	// Not by SignVisitor: each process that looks for inputs must take the same.
	sign := func(secret string) string {
		body := identityPrefix + base64.RawURLEncoding.EncodeToString([]byte(`{"aud":"pealchat","sub":"7","iat":1750000000,"exp":1750000060,"nonce":"n"}`))
		return body + "." + signature(secret, identityPurpose, body)
	}
	genuine, foreign, sealed := sign(ours), sign(theirs), newVouchers().seal("token", "7", now.Add(time.Hour))
	for _, s := range []string{genuine, foreign, sealed, genuine + ".", "v1..", "v1.e30." + signature(ours, tokenPurpose, "v1.e30"), "a.b.c.d", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := newVouchers()
		if who, err := v.open(s, now); (err == nil) != (s == genuine) || err == nil && who.ID != "7" {
			t.Errorf("%q is %+v, %v", s, who, err)
		}
		if _, who := v.unseal(s, now); (who != nil) != (s == sealed) {
			t.Errorf("the token %q is %+v's", s, who)
		}
		if _, err := v.open(s, now); err == nil {
			t.Errorf("%q was taken twice", s)
		}
	})
}
