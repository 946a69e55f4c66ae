package chat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"time"
)

// crockford is the base-32 alphabet whose letters sort like the numbers they
// stand for and that leaves out the letters people confuse.
var crockford = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newID returns an id that is unique without asking anyone: 48 bits of
// milliseconds, then 80 random bits, as 26 lower-case letters and digits. Ids
// made in different milliseconds sort by time.
func newID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i)) //nolint:gosec // G115: the byte that is wanted of it
	}
	rand.Read(b[6:])
	return crockford.EncodeToString(b[:])
}

// newSecret returns prefix followed by 160 random bits as 32 characters.
func newSecret(prefix string) string {
	var b [20]byte
	rand.Read(b[:])
	return prefix + crockford.EncodeToString(b[:])
}

// hashSecret is what is stored of a token or key. A plain hash is enough,
// because what is hashed has 160 random bits.
func hashSecret(secret string) string { return secretSum(secret).String() }

// secretHash is a hash before it becomes text.
type secretHash [sha256.Size]byte

func secretSum(secret string) secretHash {
	return sha256.Sum256(append(make([]byte, 0, 64), secret...)) // as a rule without a copy on the heap
}

func (h secretHash) String() string {
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], h[:])
	return string(text[:])
}

// fingerprint tells whether two requests with one client id ask for the same
// thing. Each part goes in with its length, so that no two lists of parts
// look alike.
func fingerprint(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p))))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
