package snapshot

import "bytes"

// smallSort is how few entries are sorted by insertion.
const smallSort = 24

// sortEntries sorts entries of one width bytewise, in place, by the American flag method (McIlroy, Bostic, McIlroy 1993): it takes
// no memory beside the entries, and none of its work depends on their order.
func sortEntries(entries []byte, width, depth int) {
	count := len(entries) / width
	for {
		if count < 2 || depth == width {
			return
		}
		if count <= smallSort {
			insertionSort(entries, width, depth)
			return
		}
		var counts [256]int
		for i := depth; i < len(entries); i += width {
			counts[entries[i]]++
		}
		if counts[entries[depth]] != count {
			distribute(entries, width, depth, &counts)
			return
		}
		depth++ // they all share this byte
	}
}

// distribute puts each entry among those with the same byte at depth, and sorts each of these.
func distribute(entries []byte, width, depth int, counts *[256]int) {
	var next, ends [256]int
	at := 0
	for b, n := range counts {
		next[b] = at
		at += n
		ends[b] = at
	}
	room := make([]byte, width)
	for b := range 256 {
		for next[b] < ends[b] {
			entry := entries[next[b]*width : (next[b]+1)*width]
			c := entry[depth]
			if int(c) == b {
				next[b]++
				continue
			}
			other := entries[next[c]*width : (next[c]+1)*width]
			copy(room, other)
			copy(other, entry)
			copy(entry, room)
			next[c]++
		}
	}
	start := 0
	for b := range 256 {
		sortEntries(entries[start*width:ends[b]*width], width, depth+1)
		start = ends[b]
	}
}

func insertionSort(entries []byte, width, depth int) {
	room := make([]byte, width)
	for i := width; i < len(entries); i += width {
		j := i
		copy(room, entries[i:i+width])
		for j > 0 && bytes.Compare(room[depth:], entries[j-width+depth:j]) < 0 {
			copy(entries[j:j+width], entries[j-width:j])
			j -= width
		}
		copy(entries[j:j+width], room)
	}
}
