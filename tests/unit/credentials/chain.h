/*
 * A chain of credentials over a set-up, a scripted service and a clock that tests
 * move. As cmocka's setup and teardown of a test.
 */
#ifndef DMSFS_TESTS_UNIT_CREDENTIALS_CHAIN_H
#define DMSFS_TESTS_UNIT_CREDENTIALS_CHAIN_H

#include <errno.h>

#include "src/credentials/chain.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/call_client.h"

struct chain {
	struct aws_setup *setup;
	struct fake_service service;
	int64_t now_s;
	unsigned sleeps;
	struct call_client client;
	char explained[8192];
	char warned[2048];
	struct credentials_chain *chain;
	struct credentials found;
	struct error error;
};

static inline int64_t chain_now_ns(void *data)
{
	const struct chain *chain = data;

	return chain->now_s * NS_PER_S;
}

static inline int chain_sleep(void *data, int64_t ns)
{
	struct chain *chain = data;

	if (ns > 0)
		chain->sleeps++;
	chain->now_s += ns / NS_PER_S;
	return 0;
}

static inline void chain_explain(void *data, const char *line)
{
	struct chain *chain = data;
	size_t used = strlen(chain->explained);

	snprintf(chain->explained + used, sizeof(chain->explained) - used, "%s\n",
		 line);
}

static inline void chain_warn(void *data, const char *line)
{
	struct chain *chain = data;
	size_t used = strlen(chain->warned);

	snprintf(chain->warned + used, sizeof(chain->warned) - used, "%s\n", line);
}

static inline int chain_make(void **state)
{
	struct chain *chain = calloc(1, sizeof(*chain));
	const struct clock clock = {
		.data = chain,
		.realtime_ns = chain_now_ns,
		.boottime_ns = chain_now_ns,
		.sleep = chain_sleep,
	};
	void *setup = NULL;

	assert_non_null(chain);
	assert_int_equal(aws_setup_make(&setup), 0);
	chain->setup = setup;
	chain->now_s = FAKE_TIME_S;
	call_client_make(&chain->client, &clock);
	aws_setup_env(chain->setup, "AWS_REGION", "eu-west-1");
	*state = chain;
	return 0;
}

static inline int chain_remove(void **state)
{
	struct chain *chain = *state;
	void *setup = chain->setup;

	credentials_fini(&chain->found);
	credentials_chain_free(chain->chain);
	call_client_fini(&chain->client);
	aws_setup_remove(&setup);
	free(chain);
	return 0;
}

/* What the services answer from now on, from the first request on. */
static inline void chain_script(struct chain *chain,
				const struct fake_response *responses, size_t count)
{
	memset(&chain->service, 0, sizeof(chain->service));
	chain->service.responses = responses;
	chain->service.response_count = count;
}

/* A chain for profile @name (NULL: by the variables), in the place of an earlier. */
static inline void chain_start(struct chain *chain, const char *name)
{
	struct credentials_options options = {
		.transport = fake_service_transport(&chain->service),
		.client = &chain->client,
		.explain = chain_explain,
		.warn = chain_warn,
		.explain_data = chain,
	};

	credentials_chain_free(chain->chain);
	chain->chain = NULL;
	aws_setup_require(chain->setup, name, NULL);
	options.profile = chain->setup->profile;
	assert_int_equal(credentials_chain_new(&options, &chain->chain), 0);
}

static inline int chain_get(struct chain *chain)
{
	credentials_fini(&chain->found);
	memset(&chain->error, 0, sizeof(chain->error));
	return credentials_chain_get(chain->chain, &chain->found, &chain->error);
}

static inline void chain_require(struct chain *chain, const char *access_key_id)
{
	int rc = chain_get(chain);

	assert_string_equal(chain->error.text, "");
	assert_int_equal(rc, 0);
	assert_string_equal(chain->found.access_key_id, access_key_id);
}

/* Starts a chain for @name that must fail, with @text in the error. */
static inline void chain_refuses(struct chain *chain, const char *name,
				 const char *text)
{
	chain_start(chain, name);
	if (chain_get(chain) == 0)
		fail_msg("got %s", chain->found.source);
	assert_null(chain->found.secret_access_key);
	assert_contains(chain->error.text, text);
}

/* Neither the error nor what was explained shows @secret. */
static inline void chain_hides(const struct chain *chain, const char *secret)
{
	assert_null(strstr(chain->error.text, secret));
	assert_null(strstr(chain->error.code, secret));
	assert_null(strstr(chain->explained, secret));
	assert_null(strstr(chain->warned, secret));
}

#define CHAIN_COUNT(array) (sizeof(array) / sizeof(*(array)))

#define CHAIN_TEST(function) \
	cmocka_unit_test_setup_teardown(function, chain_make, chain_remove)

#endif
