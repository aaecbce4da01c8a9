// The macros of OpenSSL that Swift cannot import, as functions.
#include "COpenSSLShim.h"

EVP_PKEY *COpenSSLShim_EC_gen(const char *group) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", (char *)group);
}

EVP_PKEY *COpenSSLShim_RSA_gen(size_t bits) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

EVP_PKEY *COpenSSLShim_ED25519_gen(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

const unsigned char *COpenSSLShim_BIO_get_mem_data(BIO *bio, size_t *count) {
  char *data = NULL;
  long length = BIO_get_mem_data(bio, &data);
  *count = (data != NULL && length > 0) ? (size_t)length : 0;
  return (const unsigned char *)data;
}

STACK_OF(X509) *COpenSSLShim_sk_X509_new_null(void) { return sk_X509_new_null(); }

int COpenSSLShim_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
  return sk_X509_push(stack, certificate);
}

void COpenSSLShim_sk_X509_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }

GENERAL_NAMES *COpenSSLShim_sk_GENERAL_NAME_new_null(void) { return sk_GENERAL_NAME_new_null(); }

int COpenSSLShim_sk_GENERAL_NAME_num(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

GENERAL_NAME *COpenSSLShim_sk_GENERAL_NAME_value(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

int COpenSSLShim_sk_GENERAL_NAME_push(GENERAL_NAMES *names, GENERAL_NAME *name) {
  return sk_GENERAL_NAME_push(names, name);
}

EXTENDED_KEY_USAGE *COpenSSLShim_sk_ASN1_OBJECT_new_null(void) { return sk_ASN1_OBJECT_new_null(); }

int COpenSSLShim_sk_ASN1_OBJECT_num(const EXTENDED_KEY_USAGE *usages) { return sk_ASN1_OBJECT_num(usages); }

ASN1_OBJECT *COpenSSLShim_sk_ASN1_OBJECT_value(const EXTENDED_KEY_USAGE *usages, int index) {
  return sk_ASN1_OBJECT_value(usages, index);
}

int COpenSSLShim_sk_ASN1_OBJECT_push(EXTENDED_KEY_USAGE *usages, ASN1_OBJECT *usage) {
  return sk_ASN1_OBJECT_push(usages, usage);
}

typedef struct {
  COpenSSLShim_Failure *failures;
  int capacity;
  int count;
} Failures;

static int note_failure(int ok, X509_STORE_CTX *context) {
  Failures *noted = X509_STORE_CTX_get_app_data(context);
  if (!ok && noted != NULL && noted->count < noted->capacity) {
    noted->failures[noted->count].code = X509_STORE_CTX_get_error(context);
    noted->failures[noted->count].depth = X509_STORE_CTX_get_error_depth(context);
    noted->count += 1;
  }
  return 1;
}

int COpenSSLShim_verify_all(X509_STORE_CTX *context, COpenSSLShim_Failure *failures, int capacity) {
  Failures noted = {failures, capacity, 0};
  if (!X509_STORE_CTX_set_app_data(context, &noted)) return -1;
  X509_STORE_CTX_set_verify_cb(context, note_failure);
  int verified = X509_verify_cert(context);
  // Some failures, such as that of memory, end the verification without a call of the callback.
  if (verified != 1 && noted.count == 0) return -1;
  return noted.count;
}

int COpenSSLShim_sk_X509_num(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }

X509 *COpenSSLShim_sk_X509_value(const STACK_OF(X509) *stack, int index) {
  return sk_X509_value(stack, index);
}

int COpenSSLShim_SSL_set_tlsext_host_name(SSL *connection, const char *name) {
  return (int)SSL_set_tlsext_host_name(connection, name);
}
