/*
 * Commands to a mount of dmsfs for other programs, installed as <dmsfs_ioctl.h>. They
 * are ioctls, so that nothing that reads, copies, touches or removes files gives one.
 *
 *	struct dmsfs_command command = {.name = "oracle-src"};
 *	int fd = open("/mnt/dms/orders-prod", O_RDONLY);
 *	int r = ioctl(fd, DMSFS_IOC_TEST, &command);
 *
 * The ioctl returns 0 once the service has taken the command, and not before the file
 * of the connection says so: `testing` or `deleting`, or already the result. It is -1
 * with errno otherwise, and the reason in the second half of the structure: FUSE copies
 * it out along with an error, which other ioctls seldom do. ENOTTY and EINTR leave it
 * as it was. The reply may take 20 seconds; a signal ends the wait with EINTR, and the
 * command goes on. dmsfs(1) lists the values of errno.
 */
#ifndef DMSFS_IOCTL_H
#define DMSFS_IOCTL_H

#include <linux/ioctl.h>
#include <stdint.h>

#define DMSFS_NAME_SIZE 512
#define DMSFS_MESSAGE_SIZE 4096
#define DMSFS_WORD_SIZE 128

/* dmsfs_command.state: the file shows the service's response. Without it the file could
 * not be changed in time and may still hold an older status. */
#define DMSFS_STATE_PUBLISHED ((uint32_t)1)

/* dmsfs_command.code, with EBUSY: the limits of dmsfs itself. Nothing was sent. */
#define DMSFS_CODE_TOO_MANY_TESTS "TooManyTests" /* as many run as may at once */
#define DMSFS_CODE_TEST_INTERVAL "TestInterval"	 /* this pair was tested too recently */

/* The same on every architecture; there is no padding. All texts are terminated. */
struct dmsfs_command {
	/*
	 * In. The name is empty on the file of a connection; on the directory of an
	 * instance it is that of the endpoint's file; on the root of the mount it is
	 * INSTANCE/ENDPOINT, for an instance that has no directory yet. On a mount of
	 * several sources that is so on a source's directory, and on the root it is
	 * SOURCE/INSTANCE/ENDPOINT.
	 */
	char name[DMSFS_NAME_SIZE];
	uint32_t flags;	      /* 0 */
	uint32_t reserved[7]; /* 0 */

	/*
	 * Out. Control characters and bytes that are not UTF-8 are written \xHH in the
	 * texts, as in the files.
	 */
	uint32_t state;
	uint32_t reserved_out[7];
	char path[DMSFS_NAME_SIZE]; /* of the file, from the root of the mount; empty
				     * if it is too long */
	char code[DMSFS_WORD_SIZE]; /* the service's type of error, or a word above */
	char request_id[DMSFS_WORD_SIZE]; /* the service's, or empty */
	char message[DMSFS_MESSAGE_SIZE]; /* the reason, for people */
};

/* EPERM unless the mount has --allow-test, or --allow-delete. */
#define DMSFS_IOC_TEST _IOWR(0xD5, 1, struct dmsfs_command)
#define DMSFS_IOC_DELETE _IOWR(0xD5, 2, struct dmsfs_command)

#endif
