package chat

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// fileKind is a kind of file that is taken.
type fileKind struct {
	contentType string
	extensions  []string // the first is given to a name that has none of them
	is          func(head []byte) bool
	named       bool // only under a name with one of the extensions: others share the same beginning
	check       func(*source) (width, height int, err error)
}

// fileKinds are tried in order. All but the four pictures at the top are
// only ever handed out as downloads.
var fileKinds = []fileKind{
	{contentType: "image/png", extensions: []string{"png", "apng"}, is: begins("\x89PNG\r\n\x1a\n"), check: checkPNG},
	{contentType: "image/jpeg", extensions: []string{"jpg", "jpeg", "jpe", "jfif"}, is: begins("\xff\xd8\xff"), check: checkJPEG},
	{contentType: "image/gif", extensions: []string{"gif"}, is: begins("GIF87a", "GIF89a"), check: checkGIF},
	{contentType: "image/webp", extensions: []string{"webp"}, is: riff("WEBP"), check: checkWebP},

	{contentType: "image/avif", extensions: []string{"avif"}, is: brand("avif", "avis")},
	{contentType: "image/heic", extensions: []string{"heic", "heif"}, is: brand("heic", "heix", "hevc", "mif1", "msf1")},
	{contentType: "application/pdf", extensions: []string{"pdf"}, is: begins("%PDF-")},

	{contentType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", extensions: []string{"docx"}, is: zipped, named: true},
	{contentType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", extensions: []string{"xlsx"}, is: zipped, named: true},
	{contentType: "application/vnd.openxmlformats-officedocument.presentationml.presentation", extensions: []string{"pptx"}, is: zipped, named: true},
	{contentType: "application/vnd.oasis.opendocument.text", extensions: []string{"odt"}, is: zipped, named: true},
	{contentType: "application/vnd.oasis.opendocument.spreadsheet", extensions: []string{"ods"}, is: zipped, named: true},
	{contentType: "application/vnd.oasis.opendocument.presentation", extensions: []string{"odp"}, is: zipped, named: true},
	{contentType: "application/zip", extensions: []string{"zip"}, is: zipped},
	{contentType: "application/msword", extensions: []string{"doc"}, is: begins(compound), named: true},
	{contentType: "application/vnd.ms-excel", extensions: []string{"xls"}, is: begins(compound), named: true},
	{contentType: "application/vnd.ms-powerpoint", extensions: []string{"ppt"}, is: begins(compound), named: true},
	{contentType: "application/rtf", extensions: []string{"rtf"}, is: begins(`{\rtf`)},

	{contentType: "audio/mpeg", extensions: []string{"mp3"}, is: begins("ID3", "\xff\xfb", "\xff\xf3", "\xff\xf2"), named: true},
	{contentType: "audio/wav", extensions: []string{"wav"}, is: riff("WAVE")},
	{contentType: "audio/flac", extensions: []string{"flac"}, is: begins("fLaC")},
	{contentType: "application/ogg", extensions: []string{"ogg", "oga", "ogv", "opus"}, is: begins("OggS\x00")},
	{contentType: "audio/mp4", extensions: []string{"m4a"}, is: brand("M4A ", "M4B ")},
	{contentType: "video/quicktime", extensions: []string{"mov", "qt"}, is: brand("qt  ")},
	{contentType: "video/mp4", extensions: []string{"mp4", "m4v"}, is: brand("")},
	{contentType: "video/webm", extensions: []string{"webm", "mkv"}, is: begins("\x1a\x45\xdf\xa3")},

	{contentType: "text/plain", extensions: []string{"txt", "log", "csv", "tsv", "md", "json", "yaml", "yml", "toml", "ini", "conf"}, is: plainText, check: checkPlain},
}

// compound begins the office documents of old.
const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

func begins(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(with, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
}

func riff(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == form
	}
}

// brand is for the family of MP4, whose members name themselves after the
// first box's type. An empty name takes them all.
func brand(names ...string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) > 12 && string(head[4:8]) == "ftyp" &&
			slices.ContainsFunc(names, func(s string) bool { return s == "" || string(head[8:12]) == s })
	}
}

func zipped(head []byte) bool { return begins("PK\x03\x04", "PK\x05\x06")(head) }

// plainText says whether a file begins as text that no program would take for
// markup: the first thing in it is not a tag.
func plainText(head []byte) bool {
	var text []byte
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		text = fromUTF16(head[2:], 0)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		text = fromUTF16(head[2:], 1)
	default:
		text = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	}
	first := bytes.TrimLeftFunc(text, invisible)
	if len(first) > 1 && first[0] == '<' && (first[1] == '!' || first[1] == '?' || first[1] == '/' || unicode.IsLetter(rune(first[1]))) {
		return false
	}
	return !bytes.ContainsFunc(text, unprintable)
}

// unprintable reports the control characters that no text has.
func unprintable(r rune) bool {
	return r == 0x7f || r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != '\b' && r != 0x1b
}

func fromUTF16(b []byte, low int) []byte {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i+low])|uint16(b[i+1-low])<<8)
	}
	return []byte(string(utf16.Decode(units)))
}

// sniff finds out what a file is from how it begins. Its name only tells
// apart what begins alike, and what the sender says it is counts for nothing.
func sniff(head []byte, name string) (fileKind, error) {
	if i := slices.IndexFunc(fileKinds, func(k fileKind) bool {
		return k.is(head) && (!k.named || slices.Contains(k.extensions, extension(name)))
	}); i >= 0 {
		// A browser that guesses looks at the beginning, whatever the type.
		if kind := fileKinds[i]; kind.contentType == "text/plain" || !hasMarkup(head) {
			return kind, nil
		}
	}
	return fileKind{}, unsupported("Files of this kind are not taken. Pictures, PDF, plain text, zip, office documents, sound and film are.")
}

func unsupported(message string) error {
	return &Error{Kind: ErrUnsupported, Code: "unsupported_media_type", Field: "file", Message: message}
}

// Inline says whether the file may be shown in a page: a picture that has
// been found sound. All others are for downloading only.
func (a Attachment) Inline() bool { return a.Width > 0 && a.Height > 0 }

const maxFileName = 200

// fileName makes a name that is harmless wherever the file is saved: without
// folders, and with an extension that fits what the file is.
func fileName(name string, kind fileKind) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || invisible(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	ext := extension(name)
	if slices.Contains(kind.extensions, ext) {
		name = name[:len(name)-len(ext)-1]
	} else {
		ext = kind.extensions[0]
	}
	if name = strings.Trim(name, ". "); name == "" {
		name = "file"
	}
	if limit := maxFileName - 1 - len(ext); utf8.RuneCountInString(name) > limit {
		name = string([]rune(name)[:limit])
	}
	return name + "." + ext
}

// extension returns what stands behind the last dot of a name, in lower case.
func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return strings.ToLower(name[i+1:])
	}
	return ""
}
