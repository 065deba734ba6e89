package snapshot

import "math/bits"

// A Set is a set of numbers from 0 up, as of records: a bit for each number up to the largest in it. So a file of which every record is bad takes no more memory than its records by
// number. The zero value is empty. It is for one goroutine.
type Set struct {
	words []uint64
	count int64
	ranks []int64 // how many members are in front of each rankWords words; nil until it is asked for
}

const (
	wordBits  = 64
	rankWords = 64
)

// Add puts a number in.
func (s *Set) Add(number int64) {
	word := int(number / wordBits)
	if more := word + 1 - len(s.words); more > 0 {
		s.words = append(s.words, make([]uint64, more)...)
	}
	if bit := uint64(1) << (number % wordBits); s.words[word]&bit == 0 {
		s.words[word] |= bit
		s.count++
		s.ranks = nil
	}
}

// Has reports whether a number is in it.
func (s *Set) Has(number int64) bool {
	word := int(number / wordBits)
	return word < len(s.words) && s.words[word]&(1<<(number%wordBits)) != 0
}

// Len is how many numbers are in it.
func (s *Set) Len() int64 { return s.count }

// At returns the number that has so many smaller ones in front of it; -1 if there is none.
func (s *Set) At(place int64) int64 {
	if place < 0 || place >= s.count {
		return -1
	}
	if s.ranks == nil {
		s.rank()
	}
	low, high := 0, len(s.ranks) // the last of the ranks that is not behind place is in [low, high)
	for high-low > 1 {
		if middle := (low + high) / 2; s.ranks[middle] <= place {
			low = middle
		} else {
			high = middle
		}
	}
	left := place - s.ranks[low]
	word := low * rankWords
	for n := int64(bits.OnesCount64(s.words[word])); n <= left; n = int64(bits.OnesCount64(s.words[word])) {
		left -= n
		word++
	}
	members := s.words[word]
	for range left {
		members &= members - 1
	}
	return int64(word)*wordBits + int64(bits.TrailingZeros64(members))
}

func (s *Set) rank() {
	before := int64(0)
	for i, word := range s.words {
		if i%rankWords == 0 {
			s.ranks = append(s.ranks, before)
		}
		before += int64(bits.OnesCount64(word))
	}
}
