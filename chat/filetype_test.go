package chat

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func encoded(t *testing.T, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.White, color.Black})
	for i := range m.Pix {
		m.Pix[i] = byte(i % 7 / 6)
	}
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func aPNG(t *testing.T) []byte { return encoded(t, png.Encode) }

func aGIF(t *testing.T) []byte {
	return encoded(t, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) })
}

func aJPEG(t *testing.T) []byte {
	return encoded(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
}

// exif puts a note of the camera into a JPEG, in either order of bytes.
func exif(photo []byte, order binary.AppendByteOrder, mark string, turn uint16) []byte {
	tiff := order.AppendUint16([]byte(mark), 42)
	tiff = order.AppendUint16(order.AppendUint32(tiff, 8), 1)
	tiff = order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1)
	tiff = order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, turn), 0), 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(segment)+2))
	return append(append(head, segment...), photo[2:]...)
}

func chunk(name string, data string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, name...), data...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

func webp(name, data string) string {
	if len(data)%2 == 1 {
		data += "\x00"
	}
	c := string(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))) + data
	return string(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(c)+4))) + "WEBP" + c
}

// look takes a file in as Upload does, in pieces of an odd size.
func look(name, data string) (kind fileKind, width, height int, err error) {
	if kind, err = sniff([]byte(data[:min(len(data), fileHead)]), name); err != nil {
		return kind, 0, 0, err
	}
	i := inspect(kind)
	_, err = io.CopyBuffer(struct{ io.Writer }{i}, iotest.HalfReader(strings.NewReader(data)), make([]byte, 37))
	width, height, err = i.done(err)
	return kind, width, height, err
}

func TestFilesThatAreTaken(t *testing.T) {
	photo := string(aJPEG(t))
	for _, test := range []struct {
		name, data    string
		kind          string
		width, height int
	}{
		{"a.png", string(aPNG(t)), "image/png", 40, 30},
		{"a.txt", string(aPNG(t)), "image/png", 40, 30},
		{"a.png", string(aPNG(t)) + "\x00\x00", "image/png", 40, 30},
		{"a.gif", string(aGIF(t)), "image/gif", 40, 30},
		{"a.jpg", photo, "image/jpeg", 40, 30},
		{"upright.jpg", string(exif([]byte(photo), binary.BigEndian, "MM", 1)), "image/jpeg", 40, 30},
		{"turned.jpg", string(exif([]byte(photo), binary.BigEndian, "MM", 6)), "image/jpeg", 30, 40},
		{"turned.jpg", string(exif([]byte(photo), binary.LittleEndian, "II", 8)), "image/jpeg", 30, 40},
		{"with-another-behind.jpg", photo + photo, "image/jpeg", 40, 30},
		{"a.webp", webp("VP8X", "\x00\x00\x00\x00\x7f\x02\x00\xdf\x01\x00"), "image/webp", 640, 480},
		{"a.webp", webp("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01 and the bits"), "image/webp", 640, 480},
		{"a.webp", webp("VP8L", "\x2f\x7f\xc2\x77\x00"), "image/webp", 640, 480},
		{"a.pdf", "%PDF-1.7\n1 0 obj", "application/pdf", 0, 0},
		{"a.zip", "PK\x03\x04rest", "application/zip", 0, 0},
		{"a.docx", "PK\x03\x04rest", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 0, 0},
		{"a.exe", "PK\x03\x04rest", "application/zip", 0, 0},
		{"a.DOC", compound + "rest", "application/msword", 0, 0},
		{"a.mp3", "ID3\x04 and more", "audio/mpeg", 0, 0},
		{"a.mp4", "\x00\x00\x00\x18ftypisom and more", "video/mp4", 0, 0},
		{"a.mov", "\x00\x00\x00\x18ftypqt   and more", "video/quicktime", 0, 0},
		{"a.heic", "\x00\x00\x00\x18ftypheic and more", "image/heic", 0, 0},
		{"a.csv", "a;b\n1;2\n", "text/plain", 0, 0},
		{"a.txt", "\xef\xbb\xbfGrüße, 世界", "text/plain", 0, 0},
		{"a.txt", "\xff\xfeh\x00i\x00", "text/plain", 0, 0},
		{"a.txt", "caf\xe9 in Latin-1", "text/plain", 0, 0},
		{"a.txt", "1 < 2, and further down <b>bold</b>", "text/plain", 0, 0},
		{"a.txt", "<3", "text/plain", 0, 0},
		{"a.js", "alert(1)", "text/plain", 0, 0},
	} {
		kind, width, height, err := look(test.name, test.data)
		if err != nil || kind.contentType != test.kind || width != test.width || height != test.height {
			t.Errorf("%s, %.40q: %s %d×%d, %v; want %s %d×%d", test.name, test.data, kind.contentType, width, height, err, test.kind, test.width, test.height)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	page := "<html><script>alert(1)</script></html>"
	whole, photo, still := string(aPNG(t)), string(aJPEG(t)), string(aGIF(t))
	header := whole[:33] // with the signature and IHDR
	comment := "\xff\xfe" + string(binary.BigEndian.AppendUint16(nil, uint16(len(page)+2))) + page
	for name, data := range map[string]string{
		"page":                          page,
		"page behind space":             "\n\t  <!DOCTYPE html><p>",
		"page behind a byte order mark": "\xef\xbb\xbf<p>hello",
		"page in UTF-16":                "\xff\xfe<\x00p\x00>\x00",
		"SVG":                           `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"SVG behind a comment":          `<!-- --><svg onload="alert(1)"/>`,
		"XML":                           `<?xml version="1.0"?><x/>`,
		"end tag first":                 `</p><script>`,
		"program":                       "\x7fELF\x02\x01",
		"program for Windows":           "MZ\x90\x00",
		"zeros":                         strings.Repeat("\x00", 100),
		"zero in a text, late":          strings.Repeat("text ", 9000) + "\x00",
		"bitmap":                        "BM\x46\x00\x00\x00\x00\x00",
		"compound without a name":       compound,
		"PDF that is a page":            "%PDF-1.4\n" + page,
		"zip that is a page":            "PK\x03\x04" + page,
		"GIF that is a page":            "GIF89a/*" + page + "*/",
		"GIF with a page behind":        still + page,
		"GIF with a page inside":        still[:len(still)-1] + "\x21\xfe" + string(rune(len(page))) + page + "\x00;",
		"GIF with late rubbish behind":  still + strings.Repeat("\x00", 5000) + "x",
		"GIF cut short":                 still[:len(still)/2],
		"GIF without a picture":         still[:19] + ";",
		"PNG with a page behind":        whole + page,
		"PNG with a page inside":        header + chunk("tEXt", strings.Repeat("x", 40_000)+page) + whole[33:],
		"PNG with damage":               strings.Replace(whole, "IDAT", "IDAU", 1),
		"PNG without a picture":         header + chunk("IEND", ""),
		"PNG cut short":                 whole[:len(whole)-5],
		"PNG without a size":            whole[:8] + chunk("IHDR", strings.Repeat("\x00", 13)) + whole[33:],
		"PNG too large to show":         whole[:8] + chunk("IHDR", "\x00\x01\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00") + whole[33:],
		"JPEG with a page inside":       photo[:2] + comment + photo[2:],
		"JPEG with a page behind":       photo + strings.Repeat("x", 5000) + page,
		"JPEG with a page in between":   photo[:2] + page + photo[2:],
		"JPEG cut short":                photo[:len(photo)-2],
		"JPEG that is no more":          "\xff\xd8\xff\xd9",
		"WebP with a page behind":       webp("VP8L", "\x2f\x7f\xc2\x77\x00") + page,
		"WebP that is none":             webp("XXXX", "0123456789"),
		"WebP with a wrong length":      webp("VP8L", "\x2f\x7f\xc2\x77\x00")[:20],
	} {
		for _, file := range []string{"file", "a.png", "a.txt", "a.svg"} {
			kind, _, _, err := look(file, data)
			if !errors.Is(err, ErrUnsupported) && name != "PNG too large to show" || err == nil {
				t.Errorf("%s as %s: taken as %q, %v", name, file, kind.contentType, err)
			}
			if e, ok := errors.AsType[*Error](err); ok && e.Field != "file" {
				t.Errorf("%s: the field is %q", name, e.Field)
			}
		}
	}
}

func TestFileNames(t *testing.T) {
	text, picture := fileKinds[len(fileKinds)-1], fileKinds[0]
	for _, test := range []struct {
		name string
		kind fileKind
		want string
	}{
		{"notes.txt", text, "notes.txt"},
		{"Notes.CSV", text, "Notes.csv"},
		{"../../etc/passwd", text, "passwd.txt"},
		{`C:\Users\me\evil.html`, text, "evil.html.txt"},
		{"photo.png", picture, "photo.png"},
		{"photo.png.html", picture, "photo.png.html.png"},
		{"..", text, "file.txt"},
		{"", text, "file.txt"},
		{".png", picture, "png.png"},
		{".profile", text, "profile.txt"},
		{"a\x00b\x1f\nc.txt", text, "abc.txt"},
		{"gpj\u202etxt.exe\u200b.txt", text, "gpjtxt.exe.txt"},
		{"bad\xffbytes.txt", text, "bad_bytes.txt"},
		{"a   b .txt", text, "a b.txt"},
		{"Größe 世界.txt", text, "Größe 世界.txt"},
		{strings.Repeat("ä", 300) + ".txt", text, strings.Repeat("ä", 196) + ".txt"},
	} {
		if got := fileName(test.name, test.kind); got != test.want {
			t.Errorf("%q became %q, want %q", test.name, got, test.want)
		}
	}
}

// No picture may trip the code that looks at strangers' files up.
func FuzzPictures(f *testing.F) {
	t := new(testing.T)
	for _, seed := range [][]byte{aPNG(t), aGIF(t), aJPEG(t), exif(aJPEG(t), binary.BigEndian, "MM", 6), []byte(webp("VP8L", "\x2f\x7f\xc2\x77\x00"))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, width, height, err := look("file", string(data))
		if err != nil || kind.check == nil || kind.contentType == "text/plain" {
			return
		}
		if width <= 0 || height <= 0 {
			t.Errorf("%s of %d×%d was taken", kind.contentType, width, height)
		}
		if kind.contentType != "image/gif" && kind.contentType != "image/png" {
			return
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (c.Width != width || c.Height != height) {
			t.Errorf("%d×%d, the library says %d×%d", width, height, c.Width, c.Height)
		}
	})
}

// Whatever a stranger sends under whatever name, what is kept has a type that
// no browser runs and a name that leads nowhere.
func FuzzFiles(f *testing.F) {
	t := new(testing.T)
	f.Add("a.png", aPNG(t))
	f.Add("../../etc/passwd", []byte("text"))
	f.Add("a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`))
	f.Add("a.txt", []byte("\xef\xbb\xbf <!DOCTYPE html><p>"))
	f.Add("a.docx", []byte("PK\x03\x04"))
	f.Add("a.mp4", []byte("\x00\x00\x00\x18ftypM4A \x00"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		kind, _, _, err := look(name, string(data))
		if err != nil {
			return
		}
		for _, bad := range []string{"html", "svg", "xml;", "javascript", "css"} {
			if strings.Contains(kind.contentType, bad) || strings.HasSuffix(kind.contentType, "/xml") {
				t.Errorf("%q is taken as %s", name, kind.contentType)
			}
		}
		if lower := bytes.ToLower(data); kind.contentType != "text/plain" && len(data) < fileHead {
			for _, bad := range markup {
				if bytes.Contains(lower, bad) {
					t.Errorf("%s with %q in it is taken", kind.contentType, bad)
				}
			}
		}
		kept := fileName(name, kind)
		if kept == "" || strings.HasPrefix(kept, ".") || strings.ContainsAny(kept, "/\\\x00\r\n\u202e") || !utf8.ValidString(kept) || utf8.RuneCountInString(kept) > 200 {
			t.Errorf("%q became %q", name, kept)
		}
	})
}

// A FileStore that fails, or leaves something out, is not taken for one that
// has kept the file.
func TestInspectionKeepsTheCause(t *testing.T) {
	i := inspect(fileKinds[0])
	io.WriteString(i, "\x89PNG\r\n\x1a\n")
	if _, _, err := i.done(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
