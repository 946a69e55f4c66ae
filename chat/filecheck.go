package chat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// maxPixels keeps a small file from unfolding into a picture that no browser
// could hold.
const maxPixels = 100 << 20

// inspection looks at a file while it passes by.
type inspection struct {
	pipe   *io.PipeWriter
	result chan struct{}
	width  int
	height int
	err    error
	broken bool // err came before the end of what was written
}

// inspect begins to look at a file of a kind: everything is to be written to
// what it returns, then done called, in any case. A fault shows as an error of
// Write, so that the rest need not come.
func inspect(kind fileKind) *inspection {
	r, w := io.Pipe()
	i := &inspection{pipe: w, result: make(chan struct{})}
	go func() {
		defer close(i.result)
		src := &source{Reader: bufio.NewReaderSize(r, 32<<10)}
		if kind.check != nil {
			i.width, i.height, i.err = kind.check(src)
		}
		if i.err == io.EOF || i.err == io.ErrUnexpectedEOF {
			i.err = unsupported("The file is not whole.")
		}
		if i.err == nil && kind.contentType != "text/plain" && src.marked {
			i.err = unsupported("The file has a web page inside.")
		}
		if i.err == nil && i.width*i.height > maxPixels {
			i.err = invalid("file", "The picture has too many pixels.")
		}
		if i.err != nil {
			r.CloseWithError(i.err)
			return
		}
		io.Copy(io.Discard, r)
	}()
	return i
}

func (i *inspection) Write(p []byte) (int, error) {
	n, err := i.pipe.Write(p)
	i.broken = i.broken || err != nil
	return n, err
}

// done returns what was found out, once all is written, or cause is why it
// was not.
func (i *inspection) done(cause error) (width, height int, err error) {
	i.pipe.Close()
	<-i.result
	if cause != nil && !i.broken {
		return 0, 0, cause // a file that did not come is not whole either
	}
	return i.width, i.height, i.err
}

// markup is what a page of the web begins with or has in it. All of it is long
// enough not to stand in a picture by chance.
var markup = [][]byte{
	[]byte("<script"), []byte("<!doctype html"), []byte("<html>"), []byte("<html "), []byte("<body>"), []byte("<body "),
	[]byte("<iframe"), []byte("<svg xmlns"), []byte("<svg onload"),
}

const longestMarkup = 14

func hasMarkup(b []byte) bool {
	b = bytes.ToLower(b)
	for _, m := range markup {
		if bytes.Contains(b, m) {
			return true
		}
	}
	return false
}

// source is a file that is read once, front to back.
type source struct {
	*bufio.Reader
	marked bool // there is markup in what skip has passed over
	tail   []byte
}

// take reads n bytes.
func (s *source) take(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(s.Reader, b)
	return b, err
}

// skip passes over n bytes and looks for markup in them.
func (s *source) skip(n int64) error {
	_, err := io.CopyN(s, s.Reader, n)
	return err
}

// rest passes over all that is left.
func (s *source) rest() error {
	_, err := io.Copy(s, s.Reader)
	return err
}

// Write looks for markup, also across the border between two pieces.
func (s *source) Write(p []byte) (int, error) {
	joined := append(s.tail, p...)
	s.marked = s.marked || hasMarkup(joined)
	s.tail = append([]byte(nil), joined[max(0, len(joined)-longestMarkup):]...)
	return len(p), nil
}

// ended fails unless nothing is left but zeros, with which some programs fill
// a file up.
func (s *source) ended() error {
	for {
		b, err := s.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if b != 0 {
			return unsound("there is something behind its end")
		}
	}
}

func unsound(why string) error {
	return unsupported("The file is not a sound picture: " + why + ".")
}

// checkPNG goes from chunk to chunk, with their sums.
func checkPNG(s *source) (width, height int, err error) {
	if _, err := s.take(8); err != nil {
		return 0, 0, err
	}
	for data := false; ; {
		head, err := s.take(8)
		if err != nil {
			return 0, 0, err
		}
		size, name := binary.BigEndian.Uint32(head), string(head[4:])
		if size > 1<<31-1 || (width == 0) != (name == "IHDR") {
			return 0, 0, unsound("its parts are not in order")
		}
		sum := crc32.NewIEEE()
		sum.Write(head[4:])
		if name == "IHDR" {
			b, err := s.take(int(min(size, 13)))
			if err != nil || size != 13 {
				return 0, 0, unsound("it does not say its size")
			}
			sum.Write(b)
			width, height = int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
			if width <= 0 || height <= 0 || width > 1<<20 || height > 1<<20 {
				return 0, 0, unsound("it has no size that could be shown")
			}
		} else if _, err := io.CopyN(io.MultiWriter(sum, s), s.Reader, int64(size)); err != nil {
			return 0, 0, err
		}
		if b, err := s.take(4); err != nil || binary.BigEndian.Uint32(b) != sum.Sum32() {
			return 0, 0, unsound("a part is damaged")
		}
		data = data || name == "IDAT"
		if name == "IEND" {
			if !data {
				return 0, 0, unsound("there is no picture in it")
			}
			return width, height, s.ended()
		}
	}
}

// checkGIF goes from block to block.
func checkGIF(s *source) (width, height int, err error) {
	b, err := s.take(13)
	if err != nil {
		return 0, 0, err
	}
	width, height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
	if width == 0 || height == 0 {
		return 0, 0, unsound("it has no size that could be shown")
	}
	if err := s.colours(b[10]); err != nil {
		return 0, 0, err
	}
	for pictures := 0; ; {
		kind, err := s.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		switch kind {
		case 0x21: // an extension: its label, then blocks
			_, err = s.ReadByte()
		case 0x2c: // a picture: its place, colours and code size, then blocks
			pictures++
			if b, err = s.take(9); err == nil {
				err = s.colours(b[8])
			}
			if err == nil {
				_, err = s.ReadByte()
			}
		case 0x3b:
			if pictures == 0 {
				return 0, 0, unsound("there is no picture in it")
			}
			return width, height, s.ended()
		default:
			return 0, 0, unsound("its parts are not in order")
		}
		for size := byte(1); err == nil && size > 0; {
			if size, err = s.ReadByte(); err == nil {
				err = s.skip(int64(size))
			}
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// colours passes over the table of colours that flags announce.
func (s *source) colours(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	return s.skip(3 << (flags&7 + 1))
}

// checkWebP goes from chunk to chunk.
func checkWebP(s *source) (width, height int, err error) {
	head, err := s.take(12)
	if err != nil {
		return 0, 0, err
	}
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	for left > 0 {
		head, err := s.take(8)
		if err != nil {
			return 0, 0, err
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		size += size & 1
		if left -= 8 + size; left < 0 {
			return 0, 0, unsound("its parts are not in order")
		}
		if width == 0 {
			b, err := s.take(int(min(size, 10)))
			if err != nil {
				return 0, 0, err
			}
			if width, height = webpSize(string(head[:4]), b); width == 0 || height == 0 {
				return 0, 0, unsound("it does not say its size")
			}
			size -= int64(len(b))
		}
		if err := s.skip(size); err != nil {
			return 0, 0, err
		}
	}
	if width == 0 {
		return 0, 0, unsound("there is no picture in it")
	}
	return width, height, s.ended()
}

func webpSize(name string, b []byte) (width, height int) {
	u24 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	switch {
	case len(b) < 5:
	case name == "VP8X" && len(b) == 10:
		return u24(b[4:]) + 1, u24(b[7:]) + 1
	case name == "VP8L" && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	case name == "VP8 " && len(b) == 10 && string(b[3:6]) == "\x9d\x01\x2a":
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff)
	}
	return 0, 0
}

// checkPlain passes over a text. One in UTF-16 has zeros in it, others have
// nothing that only programs understand.
func checkPlain(s *source) (width, height int, err error) {
	head, err := s.Peek(2)
	wide := err == nil && (string(head) == "\xff\xfe" || string(head) == "\xfe\xff")
	buf := make([]byte, 32<<10)
	for {
		n, err := s.Read(buf)
		if !wide && bytes.IndexByte(buf[:n], 0) >= 0 {
			return 0, 0, unsupported("The file is neither text nor anything else that is taken.")
		}
		if err == io.EOF {
			return 0, 0, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}
