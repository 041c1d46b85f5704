#include "tests/sim/sim.h"

#include <math.h>
#include <openssl/rand.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/sim/transition.h"

#define HANG_STEP_MS 20

static struct listing *first_listing(const struct options *options)
{
	const char *why = NULL;
	struct listing *listing = NULL;

	if (!options->listing_path)
		return generate_listing(&options->generate);
	listing = listing_read_file(options->listing_path, &why);
	if (!listing)
		fprintf(stderr, "dms-sim: %s: %s\n", options->listing_path, why);
	return listing;
}

bool sim_init(struct sim *sim, const struct options *options)
{
	memset(sim, 0, sizeof(*sim));
	sim->options = *options;
	sim->settings = options->settings;
	sim->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&sim->lock, NULL);
	log_init(&sim->log);
	if (sim->stop_fd < 0 || RAND_bytes(sim->marker_key, MARKER_KEY_LEN) != 1) {
		fputs("dms-sim: no event descriptor, or no random bytes\n", stderr);
		return false;
	}
	keys_add(&sim->keys, options->access_key, options->secret_key,
		 options->session_token);
	for (size_t i = 0; i < options->fail_count; i++)
		fail_rule_add(&sim->fail_rules, options->fail[i], generate_failure(i));
	sim->listing = first_listing(options);
	return sim->listing != NULL;
}

void sim_fini(struct sim *sim)
{
	listing_free(sim->listing);
	deferred_edits_clear(&sim->deferred);
	inventory_fini(&sim->endpoints);
	inventory_fini(&sim->instances);
	transitions_clear(&sim->transitions);
	fail_rules_clear(&sim->fail_rules);
	keys_fini(&sim->keys);
	faults_clear(&sim->faults);
	log_fini(&sim->log);
	if (sim->stop_fd >= 0)
		close(sim->stop_fd);
	pthread_mutex_destroy(&sim->lock);
}

void sim_take_listing_locked(struct sim *sim, struct listing *listing)
{
	transitions_clear(&sim->transitions);
	listing_free(sim->listing);
	sim->listing = listing;
}

time_t sim_now_locked(const struct sim *sim)
{
	return time(NULL) + (time_t)sim->settings.clock_offset_s;
}

bool sim_wait(struct sim *sim, int fd, double ms)
{
	struct pollfd fds[] = {
		{.fd = sim->stop_fd, .events = POLLIN},
		{.fd = fd, .events = POLLRDHUP},
	};
	struct timespec timeout = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(fmod(ms, 1000) * 1e6),
	};

	return ms <= 0 || ppoll(fds, 2, &timeout, NULL) == 0;
}

void sim_hang(struct sim *sim, int fd, unsigned round)
{
	while (atomic_load(&sim->hang_round) == round) {
		if (!sim_wait(sim, fd, HANG_STEP_MS))
			return;
	}
}

void sim_apply_transitions_locked(struct sim *sim)
{
	const struct transition_world world = {.listing = sim->listing,
					       .endpoints = &sim->endpoints,
					       .instances = &sim->instances};

	transitions_apply(&sim->transitions, &world);
}
