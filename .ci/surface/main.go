// Surface holds what our packages export to the lists in api: one line for each
// name that a host can write, with its type. Whoever changes one sees it in the
// diff of their commit, and says so in the changelog.
//
//	go run ./.ci/surface          compares
//	go run ./.ci/surface -update  writes the lists
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// packages are those that a host may import, of whatever module.
var packages = []string{
	"chat", "chat/brokertest", "chat/chattest", "chat/client", "chat/natsbroker",
	"httpapi", "storage/postgres", "storage/postgres/pgtest", "storage/sqlite", "storage/storagetest",
	"webhooks", "webhooks/webpush", "widget",
}

func main() {
	update := len(os.Args) > 1 && os.Args[1] == "-update"
	changed := false
	for _, dir := range packages {
		names, err := exported(dir)
		if err == nil {
			list := filepath.Join(".ci", "surface", "api", strings.ReplaceAll(dir, "/", "_")+".txt")
			if update {
				err = os.WriteFile(list, []byte(strings.Join(names, "\n")+"\n"), 0o644)
			} else {
				var differs bool
				differs, err = compare(dir, list, names)
				changed = changed || differs
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "surface:", err)
			os.Exit(1)
		}
	}
	if changed {
		fmt.Println("What is exported has changed. If that is meant: go run ./.ci/surface -update")
		os.Exit(1)
	}
}

func compare(dir, list string, names []string) (differs bool, err error) {
	kept, err := os.ReadFile(list)
	if err != nil {
		return false, err
	}
	old := strings.Split(strings.TrimSuffix(string(kept), "\n"), "\n")
	for _, n := range old {
		if !slices.Contains(names, n) {
			differs = true
			fmt.Printf("%s: - %s\n", dir, n)
		}
	}
	for _, n := range names {
		if !slices.Contains(old, n) {
			differs = true
			fmt.Printf("%s: + %s\n", dir, n)
		}
	}
	return differs, nil
}

// exported returns a line for each exported name of a package, sorted.
func exported(dir string) (names []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if !ast.FileExports(f) { // takes away all that nobody outside can see
			continue
		}
		for _, d := range f.Decls {
			names = append(names, lines(fset, d)...)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s exports nothing: has it moved?", dir)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func lines(fset *token.FileSet, d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		d.Doc, d.Body = nil, nil
		return []string{text(fset, d)}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names = append(names, d.Tok.String()+" "+n.Name)
				}
			case *ast.TypeSpec:
				names = append(names, typeLines(fset, spec)...)
			}
		}
	}
	return names
}

func typeLines(fset *token.FileSet, spec *ast.TypeSpec) (names []string) {
	members := func(kind string, list *ast.FieldList) []string {
		names := []string{"type " + spec.Name.Name + " " + kind}
		for _, f := range list.List {
			of := text(fset, f.Type)
			if len(f.Names) == 0 {
				names = append(names, spec.Name.Name+" has "+of)
			}
			for _, n := range f.Names {
				if n.IsExported() {
					names = append(names, spec.Name.Name+"."+n.Name+" "+of)
				}
			}
		}
		return names
	}
	switch t := spec.Type.(type) {
	case *ast.StructType:
		return members("struct", t.Fields)
	case *ast.InterfaceType:
		return members("interface", t.Methods)
	}
	return []string{"type " + spec.Name.Name + " " + text(fset, spec.Type)}
}

// text prints a piece of Go on one line.
func text(fset *token.FileSet, node any) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, fset, node); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
