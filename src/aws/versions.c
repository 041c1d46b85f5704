#include "src/aws/versions.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>

char *versions_format(char out[VERSIONS_SIZE])
{
	snprintf(out, VERSIONS_SIZE, "libcurl %s, %s, cJSON %s",
		 curl_version_info(CURLVERSION_NOW)->version,
		 OpenSSL_version(OPENSSL_VERSION), cJSON_Version());
	return out;
}
