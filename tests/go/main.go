// Checks what the ledger writes with the Go project's own implementation (golang.org/x/mod/sumdb, BSD licence), which
// nobody here wrote. Standard input holds one case a line, as JSON; standard output gets "ok" or "bad: …" for each.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Vkey  string   // a verifier key
	Note  string   // a checkpoint that it is to have signed
	Entry string   // an entry's bytes, proved to be number Index
	Index int64
	Old   int64    // where not 0: OldRoot is the root of the first Old entries
	Path  [][]byte // the proof, of inclusion or of consistency
	OldRoot []byte
}

func check(one testCase) error {
	verifier, err := note.NewVerifier(one.Vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(one.Note), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	var origin string
	var size int64
	var root tlog.Hash
	if n, err := fmt.Sscanf(opened.Text, "%s\n%d\n", &origin, &size); n != 2 || err != nil {
		return fmt.Errorf("no checkpoint: %v", err)
	}
	lines := splitLines(opened.Text)
	if len(lines) != 3 || root.UnmarshalJSON([]byte(`"`+lines[2]+`"`)) != nil {
		return fmt.Errorf("no root in %q", lines)
	}
	path := make([]tlog.Hash, len(one.Path))
	for i, hash := range one.Path {
		copy(path[i][:], hash)
	}
	if one.Old != 0 {
		var old tlog.Hash
		copy(old[:], one.OldRoot)
		return tlog.CheckTree(path, size, root, one.Old, old)
	}
	return tlog.CheckRecord(path, size, root, one.Index, tlog.RecordHash([]byte(one.Entry)))
}

func splitLines(text string) []string {
	var lines []string
	start := 0
	for i := range text {
		if text[i] == '\n' {
			lines = append(lines, text[start:i])
			start = i + 1
		}
	}
	return lines
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		var one testCase
		if err := json.Unmarshal(input.Bytes(), &one); err != nil {
			panic(err)
		}
		if err := check(one); err != nil {
			fmt.Println("bad:", err)
		} else {
			fmt.Println("ok")
		}
	}
}
