/*
 * The bare exchange: sends prepared requests, one after the other, over one kept
 * connection, and drops the answers. What a client takes beyond this is its own.
 *
 * exchange URL FILE: three lines a request in FILE: the value of x-amz-date, that of
 * Authorization, the body. Prints the seconds from the first request to the last
 * response.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE_SIZE 4096
#define HTTP_OK 200
#define NS_PER_S 1e9

struct request {
	char date[LINE_SIZE];
	char authorization[LINE_SIZE];
	char body[LINE_SIZE];
};

static size_t drop(char *, size_t size, size_t count, void *)
{
	return size * count;
}

/* One line without its end; 0 at the end of the file, -1 for a line too long. */
static int read_line(FILE *file, char line[LINE_SIZE])
{
	char *end = NULL;

	if (!fgets(line, LINE_SIZE, file))
		return 0;
	end = strchr(line, '\n');
	if (!end)
		return -1;
	*end = '\0';
	return 1;
}

/* 1, 0 at the end of the file, or -1. */
static int read_request(FILE *file, struct request *request)
{
	int first = read_line(file, request->date);

	if (first <= 0)
		return first;
	if (read_line(file, request->authorization) != 1 ||
	    read_line(file, request->body) != 1)
		return -1;
	return 1;
}

static struct curl_slist *append(struct curl_slist *list, const char *header)
{
	struct curl_slist *longer = curl_slist_append(list, header);

	if (!longer)
		curl_slist_free_all(list);
	return longer;
}

static struct curl_slist *headers_of(const struct request *request)
{
	char line[LINE_SIZE + 32];
	struct curl_slist *list = append(NULL,
					 "Content-Type: application/x-amz-json-1.1");

	if (list)
		list = append(list,
			      "X-Amz-Target: AmazonDMSv20160101.DescribeConnections");
	snprintf(line, sizeof(line), "X-Amz-Date: %s", request->date);
	if (list)
		list = append(list, line);
	snprintf(line, sizeof(line), "Authorization: %s", request->authorization);
	return list ? append(list, line) : NULL;
}

static int send_request(CURL *easy, const struct request *request)
{
	struct curl_slist *headers = headers_of(request);
	long status = 0;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	if (headers) {
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
		code = curl_easy_perform(easy);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	}
	curl_slist_free_all(headers);
	if (code == CURLE_OK && status == HTTP_OK)
		return 0;
	fprintf(stderr, "exchange: HTTP status %ld: %s\n", status,
		curl_easy_strerror(code));
	return -1;
}

static int send_all(CURL *easy, FILE *file)
{
	struct request request;
	int r = read_request(file, &request);

	while (r > 0) {
		if (send_request(easy, &request) < 0)
			return -1;
		r = read_request(file, &request);
	}
	if (r < 0)
		fputs("exchange: a request of the file is cut or too long\n", stderr);
	return r;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / NS_PER_S;
}

static int exchange(const char *url, const char *path)
{
	FILE *file = fopen(path, "r");
	CURL *easy = curl_easy_init();
	double began = 0;
	int r = -1;

	if (!file || !easy) {
		fprintf(stderr, "exchange: cannot begin: %s\n",
			file ? "no memory" : path);
		goto out;
	}
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	began = now_s();
	r = send_all(easy, file);
	if (r == 0)
		printf("%.6f\n", now_s() - began);
out:
	curl_easy_cleanup(easy);
	if (file)
		fclose(file);
	return r;
}

int main(int argc, char **argv)
{
	int r = -1;

	if (argc != 3) {
		fputs("usage: exchange URL FILE\n", stderr);
		return 2;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
		r = exchange(argv[1], argv[2]);
	curl_global_cleanup();
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
