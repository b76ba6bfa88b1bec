// Prints the struct tags of every type of the Kubernetes API as JSON lines, for scripts/generate/wire-file.ts.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"sort"
	"strings"

	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes/scheme"
	agg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authv1 "k8s.io/api/authentication/v1"
)

type F struct {
	J string `json:"j"` // json name
	P string `json:"p"` // proto number
	W string `json:"w"` // proto wire type
	K string `json:"k"` // go kind
	Ptr bool `json:"ptr"`
	OE bool `json:"oe"`
	OZ bool `json:"oz"`
	T string `json:"t"`
}

var out = map[string][]F{}

func visit(t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasPrefix(t.PkgPath(), "k8s.io/") {
		return
	}
	n := t.PkgPath() + "." + t.Name()
	if _, ok := out[n]; ok {
		return
	}
	out[n] = []F{}
	var fs []F
	var walk func(t reflect.Type, hasWire bool)
	walk = func(t reflect.Type, hasWire bool) {
		for i := 0; i < t.NumField(); i++ {
			f := t.Field(i)
			tag := strings.Split(f.Tag.Get("json"), ",")
			pt := strings.Split(f.Tag.Get("protobuf"), ",")
			inline := false
			for _, x := range tag[1:] {
				if x == "inline" {
					inline = true
				}
			}
			if inline || (f.Anonymous && tag[0] == "") {
				if len(pt) > 1 {
					fs = append(fs, F{J: "+" + f.Type.Name(), P: pt[1], W: pt[0], K: f.Type.Kind().String(), T: f.Type.PkgPath() + "." + f.Type.Name()})
				}
				ft := f.Type
				if ft.Kind() == reflect.Pointer { ft = ft.Elem() }
				if ft.Kind() == reflect.Struct { walk(ft, hasWire && len(pt) > 1) }
				visit(f.Type)
				continue
			}
			if tag[0] == "-" || tag[0] == "" {
				continue
			}
			x := F{J: tag[0], K: f.Type.Kind().String()}
			ft := f.Type
			if ft.Kind() == reflect.Pointer {
				x.Ptr = true
				ft = ft.Elem()
			}
			x.K = ft.Kind().String()
			x.T = ft.PkgPath() + "." + ft.Name()
			if hasWire && len(pt) > 1 {
				x.P = pt[1]
				x.W = pt[0]
			}
			for _, o := range tag[1:] {
				if o == "omitempty" {
					x.OE = true
				}
				if o == "omitzero" {
					x.OZ = true
				}
			}
			fs = append(fs, x)
			visit(f.Type)
		}
	}
	walk(t, true)
	out[n] = fs
}

func main() {
	s := scheme.Scheme
	_ = apiext.AddToScheme(s)
	_ = agg.AddToScheme(s)
	_ = metrics.AddToScheme(s)
	for _, t := range s.AllKnownTypes() {
		visit(t)
	}
	visit(reflect.TypeOf(metav1.Status{}))
	visit(reflect.TypeOf(metav1.Table{}))
	visit(reflect.TypeOf(metav1.PartialObjectMetadataList{}))
	visit(reflect.TypeOf(authv1.TokenReview{}))
	keys := []string{}
	for k := range out {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	enc := json.NewEncoder(os.Stdout)
	for _, k := range keys {
		_ = enc.Encode(map[string]any{"n": k, "f": out[k]})
	}
}
