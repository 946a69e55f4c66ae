package chat

import (
	"bufio"
	"encoding/binary"
)

// checkJPEG goes from marker to marker up to the picture's end. Behind it
// cameras put further pictures and films, so that may hold anything but
// markup. Width and height are as the picture is shown: cameras lay it on its
// side and say so beside it.
func checkJPEG(s *source) (width, height int, err error) {
	if _, err := s.take(2); err != nil {
		return 0, 0, err
	}
	turned, scanned := false, false
	for {
		marker, err := s.marker(scanned)
		if err != nil {
			return 0, 0, err
		}
		switch {
		case marker == 0xd9:
			if width == 0 || height == 0 || !scanned {
				return 0, 0, unsound("there is no picture in it")
			}
			if turned {
				width, height = height, width
			}
			return width, height, s.rest()
		case marker >= 0xd0 && marker <= 0xd7 || marker == 0x01:
			continue // a marker without a segment
		case marker < 0xc0 || marker == 0xd8:
			return 0, 0, unsound("its parts are not in order")
		}
		b, err := s.take(2)
		if err != nil {
			return 0, 0, err
		}
		size := int(binary.BigEndian.Uint16(b)) - 2
		if size < 0 {
			return 0, 0, unsound("its parts are not in order")
		}
		segment, err := s.take(size)
		if err != nil {
			return 0, 0, err
		}
		s.Write(segment)
		switch {
		case marker == 0xe1:
			turned = turned || liesOnItsSide(segment)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc && size >= 6:
			height, width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
		case marker == 0xda:
			scanned = true
		}
	}
}

// marker reads up to the next marker and returns it. Between the segments
// there is nothing but fill; behind the start of a scan there are its bits, in
// which a 0xff is followed by a zero.
func (s *source) marker(scan bool) (byte, error) {
	for {
		passed, err := s.ReadSlice(0xff)
		switch {
		case !scan && len(passed) > 1:
			return 0, unsound("its parts are not in order")
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return 0, err
		}
		for {
			b, err := s.ReadByte()
			if err != nil {
				return 0, err
			}
			if b == 0 {
				break
			}
			if b != 0xff {
				return b, nil
			}
		}
	}
}

// liesOnItsSide reads the orientation in a segment of Exif: 5 to 8 are a
// quarter turn.
func liesOnItsSide(segment []byte) bool {
	if len(segment) < 14 || string(segment[:6]) != "Exif\x00\x00" {
		return false
	}
	tiff := segment[6:]
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return false
	}
	count := int64(order.Uint16(tiff[at:]))
	for i := range count {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return false
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			turn := order.Uint16(tiff[entry+8:])
			return turn >= 5 && turn <= 8
		}
	}
	return false
}
