"""
An LwM2M Server made of aiocoap's CoAP over TCP: it takes registrations at /rd and Sends at /dp, and asks the client over the
connection on which it registered. Orders come as JSON, one a line, on standard input; what happens goes to standard output.
"""
import asyncio
import json
import sys

import aiocoap
from aiocoap import Code, Message, resource


def tell(**what):
    print(json.dumps(what), flush=True)


def content(message):
    return {"format": message.opt.content_format, "payload": message.payload.hex()}


class Registrations(resource.Resource):
    def __init__(self, server):
        super().__init__()
        self.server = server

    async def render_post(self, request):
        self.server.client = request.remote
        tell(event="register", query=list(request.opt.uri_query), objects=request.payload.decode())
        return Message(code=Code.CREATED, location_path=("rd", "1"))


class Registration(resource.Resource):
    async def render_post(self, request):
        tell(event="update", query=list(request.opt.uri_query), objects=request.payload.decode())
        return Message(code=Code.CHANGED)

    async def render_delete(self, request):
        tell(event="deregister")
        return Message(code=Code.DELETED)


class Sends(resource.Resource):
    async def render_post(self, request):
        tell(event="send", **content(request))
        return Message(code=Code.CHANGED)


class Server:
    def __init__(self):
        self.client = None
        self.context = None
        self.observations = {}

    async def obey(self, order):
        name = order["id"]
        message = Message(code=Code[order["method"]], payload=bytes.fromhex(order.get("payload", "")))
        message.opt.uri_path = tuple(part for part in order["path"].split("/") if part)
        for option in ("accept", "content_format", "observe"):
            if option in order:
                setattr(message.opt, option, order[option])
        message.remote = self.client
        try:
            if order.get("cancel"):
                self.observations.pop(order["cancel"]).observation.cancel()
                tell(id=name, code="cancelled", format=None, payload="")
                return
            running = self.context.request(message)
            answer = await running.response
            tell(id=name, code=str(answer.code), **content(answer))
            if order.get("observe") == 0:
                self.observations[order["path"]] = running
                async for notification in running.observation:
                    tell(event="notification", path=order["path"], **content(notification))
        except aiocoap.error.Error as failure:
            tell(id=name, code="failed", format=None, payload=repr(failure).encode().hex())

    async def run(self, port):
        site = resource.Site()
        site.add_resource(["rd"], Registrations(self))
        site.add_resource(["rd", "1"], Registration())
        site.add_resource(["dp"], Sends())
        self.context = await aiocoap.Context.create_server_context(
            site, bind=("127.0.0.1", port), transports=["tcpserver"]
        )
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        tell(event="ready")
        tasks = set()
        async for line in reader:
            task = asyncio.create_task(self.obey(json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


asyncio.run(Server().run(int(sys.argv[1])))
