package sample

import "math/rand/v2"

// Matching makes a text for a pattern.
func Matching(pattern string) string {
	m := &maker{random: rand.New(rand.NewPCG(1, 2))}
	return m.matching(pattern)
}
