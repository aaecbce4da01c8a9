// The macros of OpenSSL that Swift cannot import, as functions.
#include "COpenSSLShim.h"
