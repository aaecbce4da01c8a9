#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <stddef.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// What OpenSSL offers only as macros, inline stack functions or variadic functions, which Swift
// cannot call. Each function is the macro of the same name; ownership is the macro's.

EVP_PKEY *COpenSSLShim_EC_gen(const char *group);
EVP_PKEY *COpenSSLShim_RSA_gen(size_t bits);
EVP_PKEY *COpenSSLShim_ED25519_gen(void);

// The bytes of a memory BIO; they belong to it.
const unsigned char *COpenSSLShim_BIO_get_mem_data(BIO *bio, size_t *count);

STACK_OF(X509) *COpenSSLShim_sk_X509_new_null(void);
int COpenSSLShim_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate);
// Frees the stack, not the certificates in it.
void COpenSSLShim_sk_X509_free(STACK_OF(X509) *stack);
int COpenSSLShim_sk_X509_num(const STACK_OF(X509) *stack);
X509 *COpenSSLShim_sk_X509_value(const STACK_OF(X509) *stack, int index);

// The name that a client asks for (RFC 6066, section 3); it is copied.
int COpenSSLShim_SSL_set_tlsext_host_name(SSL *connection, const char *name);

GENERAL_NAMES *COpenSSLShim_sk_GENERAL_NAME_new_null(void);
int COpenSSLShim_sk_GENERAL_NAME_num(const GENERAL_NAMES *names);
GENERAL_NAME *COpenSSLShim_sk_GENERAL_NAME_value(const GENERAL_NAMES *names, int index);
int COpenSSLShim_sk_GENERAL_NAME_push(GENERAL_NAMES *names, GENERAL_NAME *name);

EXTENDED_KEY_USAGE *COpenSSLShim_sk_ASN1_OBJECT_new_null(void);
int COpenSSLShim_sk_ASN1_OBJECT_num(const EXTENDED_KEY_USAGE *usages);
ASN1_OBJECT *COpenSSLShim_sk_ASN1_OBJECT_value(const EXTENDED_KEY_USAGE *usages, int index);
int COpenSSLShim_sk_ASN1_OBJECT_push(EXTENDED_KEY_USAGE *usages, ASN1_OBJECT *usage);

// One thing that a verification objects to: an X509_V_ERR_ code and the certificate's place in the chain.
typedef struct {
  int code;
  int depth;
} COpenSSLShim_Failure;

// Runs X509_verify_cert to its end, whatever it objects to, and writes the first `capacity`
// failures. Returns their number, or -1 where the verification could not be run.
int COpenSSLShim_verify_all(X509_STORE_CTX *context, COpenSSLShim_Failure *failures, int capacity);

#endif
