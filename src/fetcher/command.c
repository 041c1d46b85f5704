#include "src/fetcher/command.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "src/aws/refusal.h"
#include "src/aws/retry.h"

static bool is_tested_already(const struct error *error)
{
	return strcmp(error->code, "InvalidResourceStateFault") == 0 &&
	       strcasestr(error->text, "already being tested");
}

int command_result(const struct error *error)
{
	static const struct {
		const char *code;
		int r;
	} codes[] = {
		{"ResourceNotFoundFault", -ENOENT},
		{"InvalidResourceStateFault", -EBUSY},
		{"KMSKeyNotAccessibleFault", -ENOKEY},
		{"ResourceQuotaExceededFault", -EDQUOT},
	};
	unsigned meaning = refusal_meaning(error->code);

	if (is_tested_already(error))
		return -EALREADY;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (!strcmp(error->code, codes[i].code))
			return codes[i].r;
	if (meaning & REFUSAL_DENIED)
		return -EACCES;
	if (meaning & (REFUSAL_CREDENTIALS | REFUSAL_CLOCK) ||
	    error->kind == ERROR_CREDENTIALS)
		return -EKEYEXPIRED;
	if (retry_classify(error) == RETRY_THROTTLED)
		return -EBUSY;
	if (error->kind == ERROR_TIMEOUT)
		return -ETIMEDOUT;
	if (error->kind == ERROR_NETWORK && error->is_unsent)
		return -EHOSTUNREACH;
	/* Nothing was sent: it failed for the credentials, whatever is wrong there. */
	if (error->is_unsent &&
	    (error->kind == ERROR_CONFIG || error->kind == ERROR_SERVICE ||
	     error->kind == ERROR_RESPONSE))
		return -EKEYEXPIRED;
	return error->kind == ERROR_CANCELED ? -ECANCELED : -EIO;
}
