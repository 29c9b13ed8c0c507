"""python -m DevelopmentChain [--port N] [--chain-id N] [--accounts N] [--genesis-time N]

Prints one line, `listening on http://127.0.0.1:PORT`, and serves until it is ended. Port 0 (the
default) takes a free one. Keys 1 … N hold a million ether each. Exit 2 when the port is taken.
"""
import argparse
import signal
import sys

from .chain import DevelopmentChain
from .server import server


def main():
    parser = argparse.ArgumentParser(prog="python -m DevelopmentChain")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--chain-id", type=int, default=31337)
    parser.add_argument("--accounts", type=int, default=10, help="keys 1 ... N that hold ether")
    parser.add_argument("--genesis-time", type=int, help="seconds since the epoch; default now")
    arguments = parser.parse_args()
    chain = DevelopmentChain(arguments.chain_id, arguments.accounts, arguments.genesis_time)
    try:
        service = server(chain, arguments.port)
    except (OSError, OverflowError) as error:
        print(f"DevelopmentChain: cannot listen on port {arguments.port}: {error}",
              file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"listening on http://127.0.0.1:{service.server_address[1]}", flush=True)
    try:
        service.serve_forever()
    except KeyboardInterrupt:
        pass


main()
