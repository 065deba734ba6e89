package transporttest

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// An object is one of a bucket, as it was written.
type object struct {
	name       string
	content    []byte
	generation int64
	changed    time.Time
}

// objects are those of a bucket, in memory.
type objects struct {
	mu     sync.Mutex
	all    map[string]*object
	writes int64
}

// find returns an object; nil if there is none.
func (o *objects) find(name string) *object {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all[name]
}

// write makes an object in place of the one that has the name. Generations begin with a number that no float holds exactly.
func (o *objects) write(name string, content []byte) *object {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[string]*object)
	}
	o.writes++
	written := &object{name: name, content: content, generation: 1<<60 + o.writes, changed: time.Now().UTC()}
	o.all[name] = written
	return written
}

func (o *objects) remove(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, name)
}

// list returns one page of the objects under a prefix that have no further slash, behind the name after, and the name that the next page begins behind.
func (o *objects) list(prefix, after string, most int) (page []*object, next string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, one := range o.all {
		if rest, under := strings.CutPrefix(name, prefix); under && !strings.Contains(rest, "/") && name > after {
			page = append(page, one)
		}
	}
	slices.SortFunc(page, func(a, b *object) int { return strings.Compare(a.name, b.name) })
	if len(page) > most {
		page = page[:most]
		next = page[most-1].name
	}
	return page, next
}

// pageSize is how many objects a listing has at once: few, so that there are several.
const pageSize = 3
