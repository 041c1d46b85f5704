/*
 * The partitions of AWS: which regions belong together and under which domains
 * their services are. By botocore's partitions.json, as of 1.43.
 */
#ifndef DMSFS_SRC_AWS_PARTITION_H
#define DMSFS_SRC_AWS_PARTITION_H

enum partition_id {
	PARTITION_AWS,
	PARTITION_CN,
	PARTITION_US_GOV,
	PARTITION_EUSC,
	PARTITION_ISO,
	PARTITION_ISO_B,
	PARTITION_ISO_E,
	PARTITION_ISO_F,
};

struct partition {
	enum partition_id id;
	const char *regions; /* POSIX extended */
	const char *suffix;
	const char *dual_stack_suffix;
	const char *signin_suffix; /* of the sign-in service alone */
};

/* The partition of @region; one that no partition knows is taken for one of aws. */
const struct partition *partition_find(const char *region);

#endif
