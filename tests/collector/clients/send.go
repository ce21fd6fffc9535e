// Posts what a list of cases names, with Go's own client.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func post(address string, told []string) error {
	body, err := os.ReadFile(told[1])
	if err != nil {
		return err
	}
	request, err := http.NewRequest("POST", address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", told[2])
	request.Header.Set("X-API-Key", told[3])
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	fmt.Printf("%s\t%d\t%s\n", told[0], answer.StatusCode, said)
	return err
}

func main() {
	cases, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(cases)), "\n") {
		if err := post(os.Args[1], strings.Split(line, "\t")); err != nil {
			panic(err)
		}
	}
}
