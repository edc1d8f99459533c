"""Carries out what the rehearsal is told to make, at an endpoint that speaks AWS's API. One request a line on standard input, one answer a line."""

import json
import os
import sys

import boto3
import makers
import stores

MAKERS = {**makers.MAKERS, **stores.MAKERS}


def clients():
    known = {}

    def client(name):
        if name not in known:
            known[name] = boto3.client(
                name,
                endpoint_url=os.environ["QUAI_AWS_ENDPOINT"],
                region_name=os.environ["QUAI_AWS_REGION"],
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return known[name]

    return client


def main():
    aws = clients()
    print(json.dumps(sorted(MAKERS)), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            made, outputs = MAKERS[request["type"]](aws, request["inputs"])
            answer = {"id": made, "outputs": outputs}
        except Exception as error:  # whatever the service refuses is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"number": request["number"], **answer}), flush=True)


main()
