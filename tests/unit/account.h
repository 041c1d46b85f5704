/*
 * An account for the tests of what asks the service: a user's set-up with keys, a fake
 * of DMS and a clock.
 */
#ifndef DMSFS_TESTS_UNIT_ACCOUNT_H
#define DMSFS_TESTS_UNIT_ACCOUNT_H

#include "src/fetcher/fetcher_options.h"
#include "tests/unit/aws_setup.h"
#include "tests/unit/fake_dms.h"
#include "tests/unit/stepped_clock.h"

struct account {
	struct aws_setup *setup;
	struct fake_dms *dms;
	struct stepped_clock *clock;
};

/* Options by which the account is asked, to which a test adds. */
static inline struct fetcher_options account_make(struct account *account)
{
	void *setup = NULL;

	aws_setup_make(&setup);
	aws_setup_env(setup, "AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
	aws_setup_env(setup, "AWS_SECRET_ACCESS_KEY", "secret");
	*account = (struct account){
		.setup = setup, .dms = fake_dms_new(), .clock = stepped_clock_new()};
	return (struct fetcher_options){
		.region = "eu-west-3",
		.max_records = 100,
		.connect_timeout_ms = 10000,
		.read_timeout_ms = 30000,
		.clock = stepped_clock_clock(account->clock),
		.transport = fake_dms_transport(account->dms),
		.environment = {aws_setup_getenv, setup},
	};
}

/* As a teardown of cmocka's. */
static inline int account_remove(struct account *account)
{
	void *setup = account->setup;

	fake_dms_free(account->dms);
	stepped_clock_free(account->clock);
	return aws_setup_remove(&setup);
}

#endif
