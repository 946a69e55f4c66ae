package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/pealchat/pealchat/chat"
	"github.com/pealchat/pealchat/httpapi"
)

// postman writes the chat's mails and hands them to a mail server.
type postman struct {
	server         string // host:port
	user, password string // empty for a server that asks for none
	from, team     string
	base, secret   string // of links back: see httpapi.ReturnLink
}

// send is what chat.Service.RunMail calls. What a server refuses for good, and
// an address that is none, is not tried again.
func (p *postman) send(ctx context.Context, m chat.Mail) error {
	subject, text, err := p.write(m)
	if err != nil {
		return chat.GiveUp(err)
	}
	to, err := mail.ParseAddress(cmp.Or(m.To, p.team))
	if err != nil {
		return chat.GiveUp(err)
	}
	body, err := p.message(m, to, subject, text)
	if err != nil {
		return err
	}
	err = p.deliver(ctx, to.Address, body)
	var refused *textproto.Error
	if errors.As(err, &refused) && refused.Code/100 == 5 {
		return chat.GiveUp(err)
	}
	return err
}

// write says it in the shop's own words.
func (p *postman) write(m chat.Mail) (subject, text string, err error) {
	var b strings.Builder
	for _, one := range m.Messages {
		fmt.Fprintf(&b, "%s, %s:\n%s\n", cmp.Or(one.SenderName, "You"), one.At.UTC().Format("2 January 15:04"), one.Text)
		for _, file := range one.Attachments {
			fmt.Fprintf(&b, "[%s]\n", file.Name)
		}
		b.WriteString("\n")
	}
	switch m.Kind {
	case chat.MailMissed:
		return m.Session.VisitorName + " left without an answer",
			fmt.Sprintf("%s\nAnswer: %s/console#/open/%s\n", b.String(), p.base, m.Session.ID), nil
	case chat.MailTranscript:
		return "Your conversation with us", b.String(), nil
	}
	link, err := httpapi.ReturnLink(p.base, p.secret, m.Session, 0)
	return "You have an answer", fmt.Sprintf("%sGo on with the conversation:\n%s\n\nThe link is yours alone, and good for a week.\n", b.String(), link), err
}

// message puts the mail into the form of RFC 5322. Headers are encoded, so that
// nothing that people write can add any.
func (p *postman) message(m chat.Mail, to *mail.Address, subject, text string) ([]byte, error) {
	_, domain, _ := strings.Cut(p.from, "@")
	var b bytes.Buffer
	for _, header := range [][2]string{
		{"From", (&mail.Address{Name: "Shop", Address: p.from}).String()},
		{"To", to.String()},
		{"Subject", mime.QEncoding.Encode("utf-8", subject)},
		{"Date", time.Now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + "@" + domain + ">"}, // the same if it is sent twice
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", header[0], header[1])
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// deliver is smtp.SendMail with an end.
func (p *postman) deliver(ctx context.Context, to string, body []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	if end, ok := ctx.Deadline(); ok {
		conn.SetDeadline(end)
	}
	host, _, _ := net.SplitHostPort(p.server)
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(&tls.Config{ServerName: host}); err != nil {
			return err
		}
	}
	if p.user != "" {
		if err := c.Auth(smtp.PlainAuth("", p.user, p.password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(p.from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(body); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // here the server takes it, or does not
		return err
	}
	c.Quit() // it has it
	return nil
}
