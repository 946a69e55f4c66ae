//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// HTTP/2 takes TLS, as it does for browsers: each server also listens with a
// certificate that this program made for it.

const (
	certFile = "cert.pem"
	keyFile  = "key.pem"
)

// makeCertificate leaves a certificate for 127.0.0.1 and its key in dir.
func makeCertificate(dir string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, certFile), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(filepath.Join(dir, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
	)
}

// trust returns the settings of a client that knows the certificate in dir.
func trust(dir string) (*tls.Config, error) {
	cert, err := os.ReadFile(filepath.Join(dir, certFile))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(cert) {
		return nil, errors.New("the certificate cannot be read")
	}
	return &tls.Config{RootCAs: pool}, nil
}

// browser is one connection over HTTP/2, with as many streams as are opened on
// it.
type browser struct {
	transport *http.Transport
	bodies    []io.Closer
}

// browse makes a browser of its own address, because each has only so many
// ports.
func browse(i int, trusted *tls.Config) *browser {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%100))}}
	return &browser{transport: &http.Transport{DialContext: d.DialContext, TLSClientConfig: trusted.Clone(), ForceAttemptHTTP2: true}}
}

// open opens a stream and waits for ready.
func (b *browser) open(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-API-Key", key)
	resp, err := b.transport.RoundTrip(req) //nolint:bodyclose // a stream stays open, until close
	if err != nil {
		return err
	}
	b.bodies = append(b.bodies, resp.Body)
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
		return fmt.Errorf("opening a stream: %s %s", resp.Proto, resp.Status)
	}
	in := bufio.NewReaderSize(resp.Body, 2048)
	for {
		line, err := readLine(in)
		if err != nil {
			return fmt.Errorf("opening a stream: %w", err)
		}
		if bytes.HasPrefix(line, []byte("event: ready")) {
			return nil
		}
	}
}

func (b *browser) close() {
	for _, body := range b.bodies {
		body.Close()
	}
	b.transport.CloseIdleConnections()
}

// runIdle2 is runIdle over HTTP/2. What a connection itself takes is the same
// for the floor.
func runIdle2(ctx context.Context, cfg config, srv *server) (figures, error) {
	s, err := newSender(ctx, srv, 1)
	if err != nil {
		return nil, err
	}
	trusted, err := trust(srv.dir)
	if err != nil {
		return nil, err
	}
	before, err := srv.usage(true)
	if err != nil {
		return nil, err
	}
	browsers := make([]*browser, max(1, cfg.idle2/cfg.each))
	for i := range browsers {
		browsers[i] = browse(i, trusted)
		defer browsers[i].close()
	}
	err = inParallel(len(browsers), func(i int) error {
		for range cfg.each {
			if err := browsers[i].open(ctx, "https://"+srv.secure+s.path(0)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return idleFigures(cfg, srv, before, len(browsers)*cfg.each)
}
