/*
 * credential_process, and the bounds within which it runs.
 */
#include "tests/unit/credentials/chain.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "src/base/clock.h"
#include "src/base/subprocess.h"

/* Makes a program of the shell's, and a profile p that runs it. */
static void write_program(struct chain *chain, const char *script)
{
	char path[96];
	char config[160];
	char text[2048];

	snprintf(path, sizeof(path), "%s/program", chain->setup->home);
	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	aws_setup_write(path, text);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(config, sizeof(config),
		 "[profile p]\ncredential_process = '%s' 'two words' \"x\"\n", path);
	aws_setup_write(chain->setup->config, config);
}

static int remove_program(void **state)
{
	struct chain *chain = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/program", chain->setup->home);
	unlink(path);
	snprintf(path, sizeof(path), "%s/child", chain->setup->home);
	unlink(path);
	return chain_remove(state);
}

static void takes_what_the_program_prints(void **state)
{
	struct chain *chain = *state;

	/* The arguments are split as a shell would, and not expanded. */
	write_program(
		chain,
		"[ \"$#,$1,$2\" = '2,two words,x' ] || exit 9\n"
		"echo a warning >&2\n"
		"echo '{\"Version\":1,\"AccessKeyId\":\"PROC-ID\","
		"\"SecretAccessKey\":\"hidden\",\"SessionToken\":\"hidden-token\","
		"\"Expiration\":\"2026-11-23T15:19:57+00:00\"}'");
	chain_start(chain, "p");
	chain_require(chain, "PROC-ID");
	assert_string_equal(chain->found.secret_access_key, "hidden");
	assert_string_equal(chain->found.session_token, "hidden-token");
	assert_int_equal(chain->found.expires_at_s, FAKE_TIME_S + 3600);
	assert_string_equal(chain->found.source, "credential_process (profile p)");
	chain_hides(chain, "hidden");
}

static void runs_again_when_the_credentials_near_their_end(void **state)
{
	struct chain *chain = *state;

	write_program(chain,
		      "echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"ID-$(cat "
		      "$(dirname $0)/child || echo 0)\\\",\\\"SecretAccessKey\\\":"
		      "\\\"s\\\",\\\"Expiration\\\":\\\"2026-11-23T15:19:57Z\\\"}\"\n"
		      "echo 1 > $(dirname $0)/child");
	chain_start(chain, "p");
	chain_require(chain, "ID-0");
	assert_null(chain->found.session_token);
	chain_require(chain, "ID-0");
	chain->now_s += 3600 - 900;
	chain_require(chain, "ID-1");
}

static void says_how_the_program_failed(void **state)
{
	static const struct {
		const char *script, *message;
	} rows[] = {
		{"echo hidden; echo first >&2; printf 'last word\\n\\n' >&2; exit 3",
		 "program exited with status 3: first; last word"},
		{"printf 'error: no session\\n  hint: log in\\r\\nbye\\n' >&2; exit 1",
		 "program exited with status 1: error: no session;   hint: log in; "
		 "bye"},
		{"for i in $(seq 100); do echo line $i >&2; done; exit 1",
		 "program exited with status 1: line 1; line 2; line 3; "},
		{"for i in $(seq 100); do echo line $i >&2; done; exit 1",
		 " ... line 100"},
		{"echo hidden; exit 1",
		 "program exited with status 1 and no error output"},
		{"kill -TERM $$", "program exited with status 143"},
		{"printf hidden", "credential_process (profile p): its output is not "
				  "JSON"},
		{"true", "its output is empty"},
		{"echo '{\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"hidden\"}'",
		 "Version in its output is missing; it must be 1"},
		{"echo '{\"Version\":\"1\",\"AccessKeyId\":\"i\"}'",
		 "Version in its output is a string"},
		{"echo '{\"Version\":2,\"SecretAccessKey\":\"hidden\"}'",
		 "Version in its output is 2; it must be 1"},
		{"echo '{\"Version\":1,\"AccessKeyId\":\"i\"}'",
		 "SecretAccessKey is missing"},
		{"echo '{\"Version\":1,\"AccessKeyId\":\"i\",\"SecretAccessKey\":"
		 "\"hidden\",\"Expiration\":\"never\"}'",
		 "Expiration is not a time"},
		{"echo '{\"Version\":1,\"AccessKeyId\":\"i\",\"SecretAccessKey\":"
		 "\"hidden\",\"Expiration\":\"2026-11-23T14:00:00Z\"}'",
		 "expired at 2026-11-23T14:00:00Z"},
		{"echo '{\"Version\":1,\"AccessKeyId\":\"i\",\"SecretAccessKey\":"
		 "\"hidden\\nhidden\"}'",
		 "SecretAccessKey (credential_process (profile p)) contains"},
		{"head -c 70000 /dev/zero | tr '\\0' h", "wrote more than 64 KiB"},
	};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		write_program(chain, rows[i].script);
		chain_refuses(chain, "p", rows[i].message);
		assert_int_equal(chain->error.kind == ERROR_CREDENTIALS ||
					 chain->error.kind == ERROR_RESPONSE,
				 1);
		chain_hides(chain, "hidden");
	}
}

static void names_a_program_that_cannot_be_run(void **state)
{
	static const struct {
		const char *config, *message;
	} rows[] = {
		{"[profile p]\ncredential_process = /nowhere/at-all --secret s3\n",
		 "cannot start /nowhere/at-all: No such file or directory"},
		{"[profile p]\ncredential_process = 'open\n", "an unclosed "
							      "quote"},
		{"[profile p]\ncredential_process = ''\n", "the command is empty"},
	};
	struct chain *chain = *state;

	for (size_t i = 0; i < CHAIN_COUNT(rows); i++) {
		aws_setup_write(chain->setup->config, rows[i].config);
		chain_refuses(chain, "p", rows[i].message);
		assert_contains(chain->error.text, "credential_process (profile p): ");
		assert_null(strstr(chain->error.text, "s3"));
	}
}

static int run(const char *script, int timeout_ms, struct buffer *out,
	       struct error *error)
{
	char shell[] = "sh", option[] = "-c", text[512];
	char *const argv[] = {shell, option, text, NULL};
	char said[SUBPROCESS_SAID_SIZE];
	int status = -1;
	int rc;

	snprintf(text, sizeof(text), "%s", script);
	rc = subprocess_run(argv, NULL, timeout_ms, &clock_system, out, said, &status,
			    error);
	return rc < 0 ? rc : status;
}

static int64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void kills_what_does_not_end_and_its_children(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};
	int64_t start = seconds();
	long child;

	assert_int_equal(run("sleep 600 & echo $!; wait", 300, &out, &error),
			 -ETIMEDOUT);
	assert_string_equal(error.text, "sh did not finish within 0.3 s");
	assert_true(seconds() - start < 30);
	child = strtol(out.data, NULL, 10);
	assert_true(child > 1);
	/* Gone, or a zombie that nobody has fetched yet. */
	for (int i = 0; i < 500 && kill((pid_t)child, 0) == 0; i++) {
		char path[64], text[64] = "";
		FILE *file = NULL;

		snprintf(path, sizeof(path), "/proc/%ld/stat", child);
		file = fopen(path, "r");
		if (!file || !fgets(text, sizeof(text), file) || strstr(text, ") Z"))
			i = 500;
		else
			assert_true(i < 499);
		if (file)
			fclose(file);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	buffer_fini(&out);
}

static void kills_what_closes_its_output_and_stays(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};

	assert_int_equal(run("exec >&- 2>&-; sleep 600", 300, &out, &error),
			 -ETIMEDOUT);
	buffer_fini(&out);
}

static int canceled(void *, int64_t)
{
	return -ECANCELED;
}

static void ends_a_program_when_the_daemon_stops(void **)
{
	const struct clock clock = {.sleep = canceled};
	char program[] = "sleep", time[] = "600";
	char *const argv[] = {program, time, NULL};
	struct buffer out = {.max_bytes = 4096};
	char said[SUBPROCESS_SAID_SIZE];
	struct error error = {0};
	int status;

	assert_int_equal(
		subprocess_run(argv, NULL, 60000, &clock, &out, said, &status, &error),
		-ECANCELED);
	buffer_fini(&out);
}

static void says_so_where_no_descriptor_is_left(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};
	struct rlimit before;
	struct rlimit few;
	int rc;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* None, one pipe's ends, one pipe and a half. */
	for (rlim_t more = 0; more < 4; more++) {
		few = (struct rlimit){.rlim_cur = 3 + more,
				      .rlim_max = before.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		rc = run("exit 0", 60000, &out, &error);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(rc, -EINVAL);
		assert_string_equal(error.text, "cannot start sh: Too many open files");
	}
	assert_int_equal(run("exit 7", 60000, &out, &error), 7);
	buffer_fini(&out);
}

static void tells_when_somebody_else_has_reaped_the_program(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};
	int rc;

	signal(SIGCHLD, SIG_IGN);
	rc = run("exit 7", 60000, &out, &error);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(rc, -EBADMSG);
	assert_string_equal(error.text, "sh: its exit status was lost");
	buffer_fini(&out);
}

static void gives_the_program_clean_signals_and_no_terminal(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};
	sigset_t blocked, old;
	char *end = NULL;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGUSR1);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(
		run("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\n'; "
		    "read x; echo \" $?\"; (: </dev/tty) 2>/dev/null && echo tty",
		    30000, &out, &error) <= 2,
		1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_memory_equal(out.data, "SigBlk:\t", 8);
	assert_int_equal(strtoull(out.data + 8, &end, 16), 0);
	/* glibc has its own two ignored, 32 and 33. */
	assert_memory_equal(end, "SigIgn:\t", 8);
	assert_int_equal(strtoull(end + 8, &end, 16) & 0x7FFFFFFF, 0);
	/* What read said at the end of /dev/null; and nothing of a terminal. */
	assert_string_equal(end, " 1\n");
	buffer_fini(&out);
}

static void gives_the_program_no_other_descriptor(void **)
{
	struct buffer out = {.max_bytes = 4096};
	struct error error = {0};
	/* Far from those that a shell opens for itself. */
	int leaky = fcntl(STDERR_FILENO, F_DUPFD, 100);
	char command[128];

	assert_true(leaky >= 100);
	snprintf(command, sizeof(command),
		 "[ -e /proc/$$/fd/%d ] && echo open || echo closed", leaky);
	assert_int_equal(run(command, 30000, &out, &error), 0);
	close(leaky);
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 34)
	assert_string_equal(out.data, "closed\n");
#endif
#endif
	buffer_fini(&out);
}

#define PROCESS_TEST(function) \
	cmocka_unit_test_setup_teardown(function, chain_make, remove_program)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PROCESS_TEST(takes_what_the_program_prints),
		PROCESS_TEST(runs_again_when_the_credentials_near_their_end),
		PROCESS_TEST(says_how_the_program_failed),
		PROCESS_TEST(names_a_program_that_cannot_be_run),
		cmocka_unit_test(kills_what_does_not_end_and_its_children),
		cmocka_unit_test(kills_what_closes_its_output_and_stays),
		cmocka_unit_test(ends_a_program_when_the_daemon_stops),
		cmocka_unit_test(says_so_where_no_descriptor_is_left),
		cmocka_unit_test(tells_when_somebody_else_has_reaped_the_program),
		cmocka_unit_test(gives_the_program_clean_signals_and_no_terminal),
		cmocka_unit_test(gives_the_program_no_other_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
