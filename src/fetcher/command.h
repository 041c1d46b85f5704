/*
 * Commands: all that the fetcher does at the service beside asking. A command is sent
 * at once, whatever is listed meanwhile, by threads of their own. The record in its
 * response counts from then on: that in a listing which began before is void.
 *
 * A test is a login, and databases lock accounts: so at most FETCHER_TESTS_MAX tests
 * are under way at once, each until its connection is seen not to be testing, or for an
 * hour; and a pair is tested at most once in test_interval_s, from start to start. A
 * test that was refused, or of which nothing was sent, starts no interval.
 */
#ifndef DMSFS_SRC_FETCHER_COMMAND_H
#define DMSFS_SRC_FETCHER_COMMAND_H

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/snapshot/snapshot.h"

#define FETCHER_TESTS_MAX 4
/* The longest that a command may take until its end is told, beside what getting
 * credentials takes over that. */
#define FETCHER_COMMAND_NS (15 * NS_PER_S)

/* What error.code says where a limit of the fetcher's own refused a test with -EBUSY,
 * in place of a type of the service's. */
#define FETCHER_CODE_TESTS "TooManyTests"
#define FETCHER_CODE_INTERVAL "TestInterval"

enum fetcher_command_kind {
	FETCHER_TEST,	/* TestConnection */
	FETCHER_DELETE, /* DeleteConnection */
};

/*
 * The connection of a command. With both ARNs it is that one. Without (NULL) it is the
 * one at the path of both names in the newest snapshot; and if there is none, the names
 * are those of an instance and of an endpoint that were not tested together yet: the
 * snapshot is looked through, then the service is asked.
 */
struct fetcher_pair {
	const char *instance_arn; /* both, or neither */
	const char *endpoint_arn;
	const char *instance; /* names in the tree, as in struct snapshot_entry; with */
	const char *endpoint; /* ARNs they may be NULL */
};

/*
 * Results by cause:
 *  -ENOENT        no such instance, endpoint or connection, or none that the filters of
 *                 the mount let through; ResourceNotFoundFault
 *  -EINVAL        names or ARNs that cannot be sent
 *  -EALREADY      InvalidResourceStateFault that says it is being tested already
 *  -EBUSY         that fault otherwise; a limit (see the codes above); throttled after
 *                 all retries
 *  -EACCES        refused by IAM; AccessDeniedFault
 *  -ENOKEY        KMSKeyNotAccessibleFault
 *  -EKEYEXPIRED   no valid credentials
 *  -EDQUOT        ResourceQuotaExceededFault
 *  -ETIMEDOUT     no response in time: it may have been done all the same
 *  -EHOSTUNREACH  no way to the service, a refused connection too
 *  -ECANCELED     the fetcher was stopped
 *  -EIO           all else
 */
struct fetcher_command_result {
	int r; /* 0, or one of these */
	/* On failure: code, text and request id; the kind does not matter, @r does. On
	 * success the request id alone. */
	struct error error;
	/*
	 * The first snapshot that has the record in the response, and the entry of it;
	 * borrowed until the callback returns; none where the record has no name. With
	 * -EALREADY the same of what the service said of the connection when it was
	 * asked once more, if it was. Else NULL, and all NULL.
	 */
	struct snapshot *snapshot;
	struct snapshot_entry entry;
};

/* Which of the results above a failed request stands for: the only table of them. */
int command_result(const struct error *error);

#endif
