// Says whether Go's crypto/x509, by which API servers verify servers, accepts a chain.
//
// usage: go-verifier TRUSTED.pem CHAIN.pem PURPOSE NAME SECONDS-SINCE-1970     (PURPOSE: serving, client or ca)
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Every certificate of a file; one that Go can't parse spoils all.
func certificates(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return all, nil
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, certificate)
	}
}

func verify(trustedPath, chainPath, purpose, name string, seconds int64) error {
	trusted, err := certificates(trustedPath)
	if err != nil {
		return err
	}
	chain, err := certificates(chainPath)
	if err != nil {
		return err
	}
	if len(chain) == 0 {
		return fmt.Errorf("there is no certificate")
	}
	options := x509.VerifyOptions{
		Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: name, CurrentTime: time.Unix(seconds, 0),
		KeyUsages: []x509.ExtKeyUsage{map[string]x509.ExtKeyUsage{
			"serving": x509.ExtKeyUsageServerAuth, "client": x509.ExtKeyUsageClientAuth,
			"ca": x509.ExtKeyUsageAny}[purpose]},
	}
	for _, certificate := range trusted {
		options.Roots.AddCert(certificate)
	}
	for _, certificate := range chain[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err = chain[0].Verify(options)
	return err
}

func main() {
	if len(os.Args) != 6 {
		os.Exit(64)
	}
	seconds, err := strconv.ParseInt(os.Args[5], 10, 64)
	if err == nil {
		err = verify(os.Args[1], os.Args[2], os.Args[3], os.Args[4], seconds)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
