/* Certificate and key files as libmicrohttpd takes them. */
#ifndef DMS_SIM_TLS_H
#define DMS_SIM_TLS_H

#include <stdbool.h>

struct tls {
	char *cert; /* PEM text */
	char *key;
};

/* False after telling stderr which file cannot be read. */
bool tls_load(struct tls *tls, const char *cert_path, const char *key_path);
void tls_fini(struct tls *tls);

#endif
