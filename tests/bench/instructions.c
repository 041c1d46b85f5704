/*
 * One kind of work, done so many times: instructions WORK TIMES. Run under callgrind
 * with two numbers of times, the difference is what the work takes, and nothing of the
 * set-up is in it. Prints how many units (connections, entries) one time is.
 *
 * The requests of the kernel go through libfuse, as bytes, and the replies too: all
 * that the daemon does for one is counted but the two system calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "fs/fuse/operations.h"
#include "fs/fuse/request.h"
#include "fs/publish/populate.h"
#include "fs/publish/publish_diff.h"
#include "src/dms/page_parse.h"
#include "src/dms/page_scan.h"
#include "src/dms/shared_texts.h"
#include "src/snapshot/snapshot.h"

#define CONNECTIONS 1000
#define PAGE_CONNECTIONS 100
#define PAGES (CONNECTIONS / PAGE_CONNECTIONS)
#define RECORD_BYTES_MAX 1024
#define INSTANCE "replication-instance-07"
#define FILE_NUMBER 517
#define NAME_SIZE 64
#define READ_BYTES 4096
#define READDIR_BYTES 32768 /* what getdents64(2) of glibc asks for */
#define KERNEL_MINOR 36

struct bench {
	struct request_context context; /* the first: the session's userdata is both */
	char bodies[PAGES][PAGE_CONNECTIONS * RECORD_BYTES_MAX];
	struct snapshot *snapshots[2]; /* equal, of pages of their own */
	struct tree *tree;
	struct fuse_session *session;
	uint64_t directory_id;
	uint64_t file_id;
	char reply[READDIR_BYTES + 64]; /* the last one */
	size_t reply_len;
	double units;
};

static void must(int is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "instructions: %s\n", what);
	exit(EXIT_FAILURE);
}

static char *endpoint_name(int number, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "orders-oracle-source-%06d", number);
	return name;
}

/* One in 25 has failed, with a text as DMS writes them. */
static size_t write_record(char *out, size_t size, int number)
{
	char name[NAME_SIZE];
	int is_failed = number % 25 == 0;

	return (size_t)snprintf(
		out, size,
		"%s{\"ReplicationInstanceArn\":\"arn:aws:dms:us-east-1:123456789012:"
		"rep:"
		"6UTDJGBOUS3VI3SUWA66XFJCJQ\",\"EndpointArn\":\"arn:aws:dms:us-east-1:"
		"123456789012:endpoint:ZW5UAN6P4E77EC7YWHK4%06d\",\"Status\":\"%s\","
		"%s\"EndpointIdentifier\":\"%s\",\"ReplicationInstanceIdentifier\":"
		"\"" INSTANCE "\"}",
		number % PAGE_CONNECTIONS ? "," : "", number,
		is_failed ? "failed" : "successful",
		is_failed ? "\"LastFailureMessage\":\"Test Endpoint failed: "
			    "Application-Status: 1020912, Application-Message: Cannot "
			    "connect to ODBC provider, Application-Detailed-Message: "
			    "RetCode: SQL_ERROR  SqlState: HY000 NativeError: 2003 "
			    "Message: Can't connect to MySQL server (110)\","
			  : "",
		endpoint_name(number, name));
}

static void write_page(char *out, size_t size, int page)
{
	size_t len = (size_t)snprintf(out, size, "{\"Connections\":[");

	for (int i = 0; i < PAGE_CONNECTIONS; i++)
		len += write_record(out + len, size - len, page * PAGE_CONNECTIONS + i);
	snprintf(out + len, size - len, "],\"Marker\":\"%064d\"}", page);
}

/* With @shared, as the pages of a listing. */
static struct page *parse_page(const char *body, struct shared_texts *shared)
{
	struct error error = {.kind = ERROR_NONE};
	struct page *page = NULL;

	must(page_scan(body, strlen(body), shared, &page) ||
		     page_parse(body, strlen(body), &page, &error) == 0,
	     error.text);
	return page;
}

static struct snapshot *build_snapshot(struct page *const pages[PAGES])
{
	struct snapshot_builder *builder = snapshot_builder_new();
	struct snapshot *snapshot = NULL;

	must(builder != NULL, "no memory");
	for (int i = 0; i < PAGES; i++)
		must(snapshot_builder_add_page(builder, pages[i]) == 0, "no memory");
	must(snapshot_builder_finish(builder, &snapshot) == 0, "no memory");
	return snapshot;
}

static void parse_pages(struct bench *bench, struct page *pages[PAGES])
{
	struct shared_texts *shared = shared_texts_new();

	must(shared != NULL, "no memory");
	for (int i = 0; i < PAGES; i++)
		pages[i] = parse_page(bench->bodies[i], shared);
	shared_texts_close(shared);
	shared_texts_unref(shared);
}

static void unref_pages(struct page *pages[PAGES])
{
	for (int i = 0; i < PAGES; i++)
		page_unref(pages[i]);
}

static void prepare_input(struct bench *bench)
{
	struct page *pages[PAGES];

	for (int i = 0; i < PAGES; i++)
		write_page(bench->bodies[i], sizeof(bench->bodies[i]), i);
	for (int i = 0; i < 2; i++) {
		parse_pages(bench, pages);
		bench->snapshots[i] = build_snapshot(pages);
		unref_pages(pages);
	}
}

static void prepare_tree(struct bench *bench)
{
	const struct tree_options options = {.umask = 022};
	const struct request_hooks hooks = {.editor = NULL};
	struct subtree subtree = {.root = NULL};
	const struct node *directory = NULL;
	const struct node *file = NULL;
	char name[NAME_SIZE];

	must(tree_new(&options, 1, &bench->tree) == 0, "no memory");
	subtree.root = tree_root(bench->tree);
	must(populate_own_files(bench->tree, 1, &subtree) == 0 &&
		     populate(bench->tree, bench->snapshots[0], NULL, 1, &subtree) == 0,
	     "no memory");
	request_context_init(&bench->context, bench->tree, &hooks);
	directory = tree_find(bench->tree, tree_root(bench->tree), INSTANCE);
	must(directory != NULL, "the directory is not in the tree");
	file = tree_find(bench->tree, directory, endpoint_name(FILE_NUMBER, name));
	must(file != NULL, "the file is not in the tree");
	bench->directory_id = tree_id(directory);
	bench->file_id = tree_id(file);
}

static ssize_t keep_reply(int, struct iovec *parts, int count, void *data)
{
	struct bench *bench = data;

	bench->reply_len = 0;
	for (int i = 0; i < count; i++) {
		must(bench->reply_len + parts[i].iov_len <= sizeof(bench->reply),
		     "the reply is too long");
		memcpy(bench->reply + bench->reply_len, parts[i].iov_base,
		       parts[i].iov_len);
		bench->reply_len += parts[i].iov_len;
	}
	return (ssize_t)bench->reply_len;
}

static ssize_t read_nothing(int, void *, size_t, void *)
{
	errno = EAGAIN;
	return -1;
}

static void serve(struct bench *bench, uint32_t opcode, uint64_t id, const void *body,
		  size_t len)
{
	struct {
		struct fuse_in_header header;
		char body[256];
	} request = {.header = {.len = (uint32_t)(sizeof(request.header) + len),
				.opcode = opcode,
				.unique = 1,
				.nodeid = id,
				.pid = 1}};
	const struct fuse_buf buffer = {.mem = &request, .size = request.header.len};
	const struct fuse_out_header *reply = (const void *)bench->reply;

	memcpy(request.body, body, len);
	fuse_session_process_buf(bench->session, &buffer);
	must(bench->reply_len >= sizeof(*reply) && reply->error == 0,
	     "a request was answered with an error");
}

static void prepare_session(struct bench *bench)
{
	static const struct fuse_custom_io io = {.writev = keep_reply,
						 .read = read_nothing};
	const struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = KERNEL_MINOR,
		.max_readahead = 1 << 17,
		.flags = FUSE_DO_READDIRPLUS | FUSE_NO_OPEN_SUPPORT |
			 FUSE_NO_OPENDIR_SUPPORT | FUSE_AUTO_INVAL_DATA |
			 FUSE_MAX_PAGES,
	};
	char program[] = "instructions";
	char *argv[] = {program, NULL};
	struct fuse_args arguments = FUSE_ARGS_INIT(1, argv);

	bench->session = fuse_session_new(&arguments, &operations_table,
					  sizeof(operations_table), &bench->context);
	must(bench->session != NULL, "no session");
	must(fuse_session_custom_io(bench->session, &io, open("/dev/null", O_RDWR)) ==
		     0,
	     "this libfuse takes no I/O of another's");
	serve(bench, FUSE_INIT, FUSE_ROOT_ID, &init, sizeof(init));
}

static size_t count_entries(const struct bench *bench)
{
	size_t at = sizeof(struct fuse_out_header);
	size_t count = 0;

	for (; at < bench->reply_len; count++) {
		const struct fuse_direntplus *entry = (const void *)(bench->reply + at);

		at += FUSE_DIRENTPLUS_SIZE(entry);
	}
	return count;
}

static void do_read(struct bench *bench)
{
	const struct fuse_read_in in = {.size = READ_BYTES};

	serve(bench, FUSE_READ, bench->file_id, &in, sizeof(in));
}

static void do_lookup(struct bench *bench)
{
	char name[NAME_SIZE] = "orders-oracle-source-000517";

	serve(bench, FUSE_LOOKUP, bench->directory_id, name, strlen(name) + 1);
}

static void do_getattr(struct bench *bench)
{
	const struct fuse_getattr_in in = {.getattr_flags = 0};

	serve(bench, FUSE_GETATTR, bench->file_id, &in, sizeof(in));
}

static void do_readdirplus(struct bench *bench)
{
	const struct fuse_read_in in = {.size = READDIR_BYTES};

	serve(bench, FUSE_READDIRPLUS, bench->directory_id, &in, sizeof(in));
	bench->units = (double)count_entries(bench);
}

static void do_parse(struct bench *bench)
{
	static struct shared_texts *shared;
	struct page *page = NULL;

	if (!shared)
		shared = shared_texts_new();
	must(shared != NULL, "no memory");
	page = parse_page(bench->bodies[1], shared);
	bench->units = (double)page_count(page);
	page_unref(page);
}

static void do_snapshot(struct bench *bench)
{
	static struct page *pages[PAGES];

	if (!pages[0])
		parse_pages(bench, pages);
	snapshot_unref(build_snapshot(pages));
	bench->units = CONNECTIONS;
}

static void do_diff(struct bench *bench)
{
	struct diff diff;

	must(snapshot_diff(bench->snapshots[0], bench->snapshots[1], &diff) == 0,
	     "no memory");
	must(diff.different == 0, "equal snapshots differ");
	diff_fini(&diff);
	bench->units = CONNECTIONS;
}

static void do_repoint(struct bench *bench)
{
	struct diff diff;

	must(snapshot_diff(bench->snapshots[0], bench->snapshots[1], &diff) == 0,
	     "no memory");
	publish_diff_repoint(bench->tree, tree_root(bench->tree), &diff);
	diff_fini(&diff);
	bench->units = CONNECTIONS;
}

static const struct work {
	const char *name;
	void (*run)(struct bench *bench);
} works[] = {
	{"read", do_read},
	{"lookup", do_lookup},
	{"getattr", do_getattr},
	{"parse", do_parse},
	{"readdirplus", do_readdirplus},
	{"diff", do_diff},
	{"snapshot", do_snapshot},
	{"repoint", do_repoint},
};

static const struct work *find_work(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	return NULL;
}

static void finish(struct bench *bench)
{
	fuse_session_destroy(bench->session);
	request_context_fini(&bench->context);
	tree_free(bench->tree);
	snapshot_unref(bench->snapshots[0]);
	snapshot_unref(bench->snapshots[1]);
}

int main(int argc, char **argv)
{
	static struct bench bench = {.units = 1};
	const struct work *work = argc == 3 ? find_work(argv[1]) : NULL;
	long times = work ? strtol(argv[2], NULL, 10) : 0;

	if (times < 1) {
		fputs("usage: instructions WORK TIMES\n", stderr);
		return 2;
	}
	prepare_input(&bench);
	prepare_tree(&bench);
	prepare_session(&bench);
	for (long i = 0; i < times; i++)
		work->run(&bench);
	printf("%g\n", bench.units);
	finish(&bench);
	return EXIT_SUCCESS;
}
