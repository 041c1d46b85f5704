/*
 * What a publisher is made of; for the files that are its thread's work.
 */
#ifndef DMSFS_FS_PUBLISH_PUBLISHER_PRIVATE_H
#define DMSFS_FS_PUBLISH_PUBLISHER_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>

#include "fs/content/changes.h"
#include "fs/content/status.h"
#include "fs/editor/orders.h"
#include "fs/publish/control.h"
#include "fs/publish/publisher.h"

struct publisher {
	struct fetcher *fetcher;
	struct tree *tree;
	struct log *log;
	const struct notify *notify;
	struct orders orders;
	size_t max_warm_files;
	void (*ready)(void *data);
	void *data;
	struct control control;
	struct changes changes;
	/* What the tree shows; its records are borrowed by the tree. */
	struct snapshot *shown;
	struct status_counts counts; /* of it */
	int64_t changed_at_ns;
	/* What is being published, while it could not be finished; the tree may show
	 * records of it too. */
	struct snapshot *unfinished;
	int64_t unfinished_at_ns; /* when it was received */
	bool is_waiting;	  /* it was logged that changes have to wait */
	/* Since the last ORDER_BEGIN: something was not done, since another file system
	 * lies over it. */
	bool is_covered;
	bool are_changes_due; /* .dmsfs/changes could not be told of */
	unsigned trims_due;   /* memory is to be given back so many times */
	/* State and error as the last event of .dmsfs/status told them. */
	bool was_stale;
	char told_error[STATUS_ERROR_SIZE];
	pthread_t thread;
	bool is_started;
	bool is_stopping; /* atomic */
	int wake;	  /* an eventfd */
};

/* Begins a piece of work on the mount, to orders_end() whatever the result. 0 or a
 * negative errno. */
int publisher_begin(struct publisher *publisher);

/* Gives a text file at @path new content, with its events; within such a piece. */
int publisher_replace_text(struct publisher *publisher, struct node *node,
			   const char *path, const char *text, size_t len,
			   int64_t mtime_ns);

/* --- publisher_status.c; 0 or a negative errno --- */

/* Brings .dmsfs/status up to date: in silence, or, where its state or error is
 * another, with an event and a line in the log; tells the service manager, too. */
int publisher_set_status(struct publisher *publisher,
			 const struct fetcher_state *state);
int publisher_bring_status(struct publisher *publisher,
			   const struct fetcher_state *state);

#endif
