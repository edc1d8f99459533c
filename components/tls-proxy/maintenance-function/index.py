"""What a load balancer asks while the stack is in maintenance: the same answer to everybody."""

import os


def handler(event, context):
    return {
        "statusCode": 503,
        "statusDescription": "503 Service Unavailable",
        "isBase64Encoded": False,
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Retry-After": os.environ["RETRY_AFTER"],
        },
        "body": os.environ["PAGE"],
    }
