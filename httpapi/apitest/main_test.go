package apitest

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, and then looks whether they have seen every answer
// that the document promises: one that never comes is a promise that nobody
// has checked. A goroutine that any of them has left behind fails them too.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Println(err)
		code = 1
	}
	if testing.Verbose() {
		fmt.Printf("%d private words were looked for in the logs of %d sites, %d KB\n", compared.words.Load(), compared.sites.Load(), compared.logged.Load()>>10)
	}
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		code = unseen()
	}
	os.Exit(code)
}

func unseen() (code int) {
	d, err := loadDocument()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for _, op := range d.ops {
		for _, status := range slices.Sorted(maps.Keys(op.responses)) {
			if _, seen := witnessed.Load(op.id + " " + status); !seen {
				fmt.Printf("no test has seen %s answer %s\n", op, status)
				code = 1
			}
		}
	}
	return code
}
