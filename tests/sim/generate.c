#include "tests/sim/generate.h"

#include <stdlib.h>

/* Texts as people post them, identifiers replaced: JSON string contents, so that what
 * goes out has the escapes that the service writes. */
static const char *const failures[] = {
	"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
	"Failed "
	"to connect  Network error has occurred, Application-Detailed-Message: "
	"RetCode: "
	"SQL_ERROR  SqlState: 08001 NativeError: 101 Message: [unixODBC]FATAL:  no "
	"pg_hba.conf entry for host \\\"10.20.30.40\\\", user \\\"dms\\\", database "
	"\\\"orders\\\", no encryption\\n\\nAdditional info:\\nCode: [DMS-00100], "
	"Message: [Connection rejected by the server], NativeErrorCode: [28000]",
	"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
	"Failed "
	"to build connection string Unable to find Secrets Manager secret, "
	"Application-Detailed-Message: Unable to find AWS Secrets Manager secret Arn "
	"'arn:aws:secretsmanager:us-east-1:123456789012:secret:dms/orders-AbCdEf' The "
	"secrets_manager get secret value failed: curlCode: 28, Timeout was reached "
	"Too "
	"many retries: curlCode: 28, Timeout was reached\\n\\nAdditional info:\\nRead "
	"timed out",
	"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
	"Cannot "
	"connect to SQL Server Authentication failed, Application-Detailed-Message: "
	"RetCode: SQL_ERROR  SqlState: 28000 NativeError: 18456 Message: [Microsoft]"
	"[ODBC Driver 18 for SQL Server][SQL Server]Login failed for user 'dms'.",
	"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
	"Cannot "
	"connect to ODBC provider ODBC general error., Application-Detailed-Message: "
	"RetCode: SQL_ERROR  SqlState: HY000 NativeError: 2003 Message: [MySQL][ODBC "
	"8.0(w) Driver]Can't connect to MySQL server on '10.20.30.41' (110)",
	"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
	"LogMiner "
	"is not supported in Oracle PDB environment Endpoint initialization failed.",
	"Error Details: [errType=ERROR_RESPONSE, status=1022305, errMessage=ORA-12545: "
	"Connect failed because target host or object does not exist   OCI connection "
	"failure., errDetails=]",
};

#define FAILURE_COUNT (sizeof(failures) / sizeof(*failures))

static const char *const subjects[] = {"orders",   "warehouse", "billing", "crm",
				       "payments", "stock",	"claims",  "people"};
static const char *const stages[] = {"prod", "test", "dev", "stage"};
static const char *const engines[] = {"oracle", "postgres", "mysql", "sqlserver",
				      "aurora", "s3",	    "db2",   "redshift"};

/* splitmix64 */
static uint64_t scramble(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t draw(const struct generate_options *options, uint64_t kind, uint64_t i)
{
	return scramble(scramble(options->seed ^ kind << 56) ^ i);
}

static void add_arn(struct buf *out, const struct generate_options *options,
		    const char *type, uint64_t kind, uint64_t number)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint64_t bits = 0;
	char resource[26];

	for (size_t i = 0; i < sizeof(resource); i++) {
		if (i % 12 == 0)
			bits = draw(options, kind + i / 12, number);
		resource[i] = letters[bits & 31];
		bits >>= 5;
	}
	buf_adds(out, "\"arn:aws:dms:");
	buf_adds(out, options->region);
	buf_adds(out, ":123456789012:");
	buf_adds(out, type);
	buf_add(out, resource, sizeof(resource));
	buf_adds(out, "\"");
}

static void add_instance(struct buf *out, const struct generate_options *options,
			 size_t number)
{
	buf_adds(out, "{\"ReplicationInstanceArn\": ");
	add_arn(out, options, "rep:", 1, number);
	buf_addf(out, ", \"ReplicationInstanceIdentifier\": \"%s-%s-%zu\"",
		 subjects[number % 8], stages[number / 8 % 4], number);
}

static void add_endpoint(struct buf *out, const struct generate_options *options,
			 size_t number)
{
	uint64_t bits = draw(options, 8, number);

	buf_adds(out, ", \"EndpointArn\": ");
	add_arn(out, options, "endpoint:", 4, number);
	buf_addf(out, ", \"EndpointIdentifier\": \"%s-%s-%s-%zu\"", engines[bits & 7],
		 subjects[bits >> 3 & 7], bits & 64 ? "src" : "tgt", number);
}

static void add_failure(struct buf *out, uint64_t choice)
{
	buf_adds(out, ", \"LastFailureMessage\": \"");
	buf_adds(out, generate_failure(choice));
	buf_adds(out, "\"");
}

static void add_status(struct buf *out, const struct generate_options *options,
		       size_t i)
{
	uint64_t bits = draw(options, 9, i);
	unsigned percent = bits % 100;

	if (percent < options->failed_percent) {
		buf_adds(out, ", \"Status\": \"failed\"");
		add_failure(out, bits >> 8);
	} else if (percent < options->failed_percent + options->testing_percent) {
		buf_adds(out, ", \"Status\": \"testing\"");
	} else {
		buf_adds(out, ", \"Status\": \"successful\"");
		/* The text of an earlier failure may outlive it. */
		if (options->failed_percent > 0 && bits >> 16 & 1 && percent > 95)
			add_failure(out, bits >> 8);
	}
	buf_adds(out, "}");
}

struct listing *generate_listing(const struct generate_options *options)
{
	struct listing *listing = NULL;
	const char *why = NULL;
	struct buf out = {0};

	buf_adds(&out, "[");
	for (size_t i = 0; i < options->connections; i++) {
		/* Neighbours have different instances, so no pair repeats. */
		bool is_shared = i % 10 == 9 && options->instances > 1;

		buf_adds(&out, i > 0 ? ",\n" : "");
		add_instance(&out, options, i % options->instances);
		add_endpoint(&out, options, is_shared ? i - 1 : i);
		add_status(&out, options, i);
	}
	buf_adds(&out, "]");
	listing = listing_take(&out, &why);
	if (!listing)
		abort();
	return listing;
}

const char *generate_failure(uint64_t choice)
{
	return failures[choice % FAILURE_COUNT];
}
