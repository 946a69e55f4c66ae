package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	recordSize = 4096 // of a push message, which is one record
	overhead   = 16 + 4 + 1 + 65 + 1 + 16
	// maxPayload is how many bytes a push service must take (RFC 8291, section
	// 4).
	maxPayload = recordSize - overhead
)

// encrypt makes the body of a push message for whoever holds the private half
// of receiver (RFC 8291): one record of aes128gcm (RFC 8188).
func encrypt(plain, receiver, auth []byte) ([]byte, error) {
	sender, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	return seal(plain, receiver, auth, sender, salt)
}

// seal is encrypt with a key and a salt that must be used once only.
func seal(plain, receiver, auth []byte, sender *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	if len(plain) > maxPayload {
		return nil, fmt.Errorf("a push message has %d bytes, and may have %d", len(plain), maxPayload)
	}
	if len(auth) != 16 {
		return nil, errors.New("the subscription's auth has not 16 bytes")
	}
	theirs, err := ecdh.P256().NewPublicKey(receiver)
	if err != nil {
		return nil, fmt.Errorf("the subscription's key: %w", err)
	}
	shared, err := sender.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	ours := sender.PublicKey().Bytes()
	ikm, err := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(receiver)+string(ours), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), salt...)
	out = binary.BigEndian.AppendUint32(out, recordSize)
	out = append(out, byte(len(ours))) //nolint:gosec // G115: a public key of 65 bytes
	out = append(out, ours...)
	return gcm.Seal(out, nonce, append(plain[:len(plain):len(plain)], 2), nil), nil // 2 ends the last record
}
