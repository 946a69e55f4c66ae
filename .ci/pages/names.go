package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"
)

// packages are those whose names pages write as Go does.
var packages = map[string]string{
	"chat": "chat", "client": "chat/client", "chattest": "chat/chattest", "natsbroker": "chat/natsbroker",
	"httpapi": "httpapi", "webhooks": "webhooks", "webpush": "webhooks/webpush",
	"sqlite": "storage/sqlite", "postgres": "storage/postgres", "storagetest": "storage/storagetest",
}

// values are what examples call things.
var values = map[string]string{"svc": "chat.Service", "store": "sqlite.Store", "handler": "httpapi.Handler"}

var goName = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*(?:\.[A-Z]\w*)*)`)

// checkNames looks up the Go names that stand in prose, such as
// `chat.Options.Files` or `svc.Consume`.
func (r *repository) checkNames() error {
	known := map[string]bool{}
	for name, dir := range packages {
		if err := r.declare(known, name, dir); err != nil {
			return err
		}
	}
	for _, p := range r.pages {
		if path.Base(p.name) == "CHANGELOG.md" { // what it names may have another name since
			continue
		}
		for _, l := range p.lines {
			for _, code := range inlineCode.FindAllString(l.text, -1) {
				for _, m := range goName.FindAllStringSubmatch(code, -1) {
					name := m[1]
					if of, ok := values[name]; ok {
						name = of
					} else if packages[name] == "" {
						continue
					}
					r.found++
					if name += "." + m[2]; !known[name] {
						r.fault(p, l.number, "there is no %s", name)
					}
				}
			}
		}
	}
	return nil
}

// declare notes what a package exports: chat.Options, chat.Options.Files,
// chat.Service.Run.
func (r *repository) declare(known map[string]bool, pkg, dir string) error {
	files := 0
	for name := range r.files {
		if path.Dir(name) != dir || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		for _, d := range f.Decls {
			declareIn(known, pkg+".", d)
		}
	}
	if files == 0 {
		return fmt.Errorf("there is no package in %s", dir)
	}
	return nil
}

func declareIn(known map[string]bool, pkg string, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		of := ""
		if d.Recv != nil {
			of = receiver(d.Recv.List[0].Type) + "."
		}
		known[pkg+of+d.Name.Name] = true
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				for _, n := range s.Names {
					known[pkg+n.Name] = true
				}
			case *ast.TypeSpec:
				known[pkg+s.Name.Name] = true
				declareFields(known, pkg+s.Name.Name+".", s.Type)
			}
		}
	}
}

func declareFields(known map[string]bool, of string, t ast.Expr) {
	var fields *ast.FieldList
	switch t := t.(type) {
	case *ast.StructType:
		fields = t.Fields
	case *ast.InterfaceType:
		fields = t.Methods
	default:
		return
	}
	for _, f := range fields.List {
		for _, n := range f.Names {
			known[of+n.Name] = true
		}
	}
}

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}
