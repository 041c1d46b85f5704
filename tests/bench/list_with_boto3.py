"""All connections by boto3's paginator: URL. Prints how many, the CPU seconds of the
listing alone (without imports), and the peak of memory in bytes."""

import pathlib
import sys
import time

import boto3


def main():
    client = boto3.client('dms', endpoint_url=sys.argv[1])
    began = time.process_time()
    connections = []
    for page in client.get_paginator('describe_connections').paginate():
        connections += page['Connections']
    cpu_s = time.process_time() - began
    peak = next(int(line.split()[1]) * 1024
                for line in pathlib.Path('/proc/self/status').read_text().splitlines()
                if line.startswith('VmHWM:'))
    print(len(connections), cpu_s, peak)


main()
