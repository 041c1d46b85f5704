/*
 * Commands by ioctl (dmsfs_ioctl.h). The handler checks who may give which, and what
 * the command is about, and hands it over; the reply may come much later, from any
 * thread. An ioctl holds no lock of the kernel's meanwhile, so nobody else waits for
 * it.
 */
#ifndef DMSFS_FS_FUSE_IOCTL_H
#define DMSFS_FS_FUSE_IOCTL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fs/fuse/dmsfs_ioctl.h"
#include "fs/fuse/request.h"
#include "fs/tree/tree_read.h"

/* A caller that waits for the end of its command. */
struct ioctl_call {
	bool is_deletion; /* else a test */
	uid_t uid;
	pid_t pid;
	/* The name of the source's directory; empty where there is one source, or the
	 * caller names none that is there. */
	char source[TREE_NAME_SIZE];
	/* Names in the tree; where the caller's are no names, both may be empty. */
	char instance[TREE_NAME_SIZE];
	char endpoint[TREE_NAME_SIZE];
	/* Owned: of the record in the file that the command was given on; else NULL. */
	char *instance_arn;
	char *endpoint_arn;
	/* For the log: the path as the caller has it, below the source. */
	char path[DMSFS_NAME_SIZE];
	/* Not 0: the handler refuses it, for this reason. It is to be replied to all
	 * the same. */
	int r;
	const char *reason;

	/* For ioctl.c alone. */
	struct request_context *context;
	fuse_req_t request; /* guarded by context->ioctl_calls.lock; NULL: is gone */
	struct ioctl_call *next; /* guarded by the same */
};

/* What the caller gets; texts are safe to show. */
struct ioctl_result {
	int r;		   /* 0 or a negative errno */
	bool is_published; /* the file shows what the service said */
	const char *path;  /* below the source of the call */
	const char *code;
	const char *request_id;
	const char *message;
};

/* Replies to a call, unless a signal has ended the wait for it, and frees it. Any
 * thread, before session_free(). */
void ioctl_reply(struct ioctl_call *call, const struct ioctl_result *result);

void handle_ioctl(fuse_req_t request, fuse_ino_t id, unsigned number, void *argument,
		  struct fuse_file_info *file, unsigned flags, const void *in,
		  size_t in_size, size_t out_size);

#endif
