import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outgoing } from "../../../adapters/mqtt/broker/connection.ts";
import { mqtt } from "../../../adapters/mqtt/index.ts";
import { Message } from "../../../adapters/mqtt/message.ts";
import type { RequestSpec } from "../../../adapters/mqtt/request-spec.ts";
import { Requester, type RequestLine } from "../../../adapters/mqtt/requester.ts";
import { Router } from "../../../adapters/mqtt/router.ts";
import { DeviceError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/log.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { settled } from "../../support/settled.ts";

/** A broker that takes everything, and gives what a test says. */
class FakeLine implements RequestLine {
  readonly responseTopic = "me/replies";
  readonly sent: Outgoing[] = [];
  readonly subscribed: string[] = [];
  onSent: (message: Outgoing) => void = () => {};
  failing: DeviceError | undefined;
  private readonly router = new Router();
  private ids = 0;

  nextId(): number {
    return ++this.ids;
  }

  async publish(message: Outgoing): Promise<void> {
    this.sent.push(message);
    if (this.failing !== undefined) throw this.failing;
    this.onSent(message);
  }

  subscribe(filter: string): () => void {
    this.subscribed.push(filter);
    return () => this.subscribed.splice(this.subscribed.indexOf(filter), 1);
  }

  route(feed: Parameters<Router["add"]>[0]): () => void {
    return this.router.add(feed);
  }

  receive(
    topic: string,
    payload: string,
    others: { readonly correlation?: Uint8Array; readonly retained?: boolean } = {},
  ): number {
    return this.router.route(new Message({ topic, payload: Buffer.from(payload), retained: false, ...others }));
  }
}

function aWorld(requests: Readonly<Record<string, unknown>>) {
  const line = new FakeLine();
  const clock = new FakeClock();
  const life = new AbortController();
  const specs = mqtt.device.parse({ requests }).requests;
  const context = { clock, log: silentLogger, random: (bytes: number) => new Uint8Array(bytes) };
  const requester = new Requester(line, specs.values(), context, life.signal);
  const named = (name: string): RequestSpec => specs.get(name) ?? assert.fail(name);
  return { line, clock, life, requester, named };
}

const REPLY = { topic: "rsp", match: { t: "{id}" }, ok: { status: "ok" }, error: "why" };

test("an answer may come before the broker has confirmed, and is told from what others got", async () => {
  const { line, clock, requester, named } = aWorld({ ask: { topic: "req", json: { t: "{id}" }, reply: REPLY } });
  line.onSent = () => {
    line.receive("rsp", '{"t":99,"status":"error"}');
    line.receive("rsp", "{");
    line.receive("rsp", '{"t":1,"status":"ok"}', { retained: true });
    line.receive("rsp", '{"t":1,"status":"ok","v":5}');
  };
  const answer = await settled(requester.ask(named("ask")), clock);
  assert.equal(answer?.text, '{"t":1,"status":"ok","v":5}');
  assert.deepEqual(line.subscribed, ["rsp"]);
  assert.equal(line.receive("rsp", "{}"), 0);
  requester.close();
  assert.deepEqual(line.subscribed, []);
});

test("an answer that says no has its reason, and silence what came instead", async () => {
  const { line, clock, requester, named } = aWorld({
    ask: { topic: "req", json: { t: "{id}" }, reply: REPLY, timeout: "2s" },
    plain: { topic: "req", send: "", reply: { topic: "rsp", ok: { ok: true } } },
  });
  line.onSent = () => line.receive("rsp", '{"t":1,"status":"error","why":"too hot"}');
  const refused = settled(requester.ask(named("ask")), clock);
  await assert.rejects(refused, { kind: "rejected", message: "ask: too hot" });
  const silent = settled(requester.ask(named("ask")), clock);
  await assert.rejects(silent, {
    kind: "unreachable",
    message: 'ask: no answer on "rsp" within 2s; 1 message came that is none',
  });
  line.onSent = () => line.receive("rsp", '{"ok":false}');
  await assert.rejects(settled(requester.ask(named("plain")), clock), {
    kind: "rejected",
    message: 'plain: the device says "{\\"ok\\":false}"',
  });
});

test("with MQTT 5 the answer has the data of the request, on the topic that it names", async () => {
  const { line, clock, requester, named } = aWorld({ ask: { topic: "req", send: "?", reply: "auto" } });
  line.onSent = ({ response }) => {
    assert.equal(response?.topic, "me/replies");
    line.receive("me/replies", "other", { correlation: Buffer.from("else") });
    line.receive("me/replies", "none");
    if (response !== undefined) line.receive(response.topic, "mine", { correlation: response.correlation });
  };
  assert.equal((await settled(requester.ask(named("ask")), clock))?.text, "mine");
});

test("requests keep their order, and one that fails does not stop the next", async () => {
  const { line, clock, requester, named } = aWorld({
    silent: { topic: "a", send: "", reply: { topic: "rsp" }, timeout: "1s" },
    next: { topic: "b", send: "{value}" },
  });
  const first = requester.ask(named("silent"));
  const second = requester.ask(named("next"), 5);
  await assert.rejects(settled(first, clock), { kind: "unreachable" });
  await settled(second, clock);
  assert.deepEqual(
    line.sent.map(({ topic, payload }) => `${topic} ${payload}`),
    ["a ", "b 5"],
  );
  line.failing = new DeviceError("rejected", "the broker refuses");
  await assert.rejects(settled(requester.ask(named("next"), 6), clock), {
    kind: "rejected",
    message: "next: the broker refuses",
  });
});

test("a device that is detached leaves nobody waiting", async () => {
  const { clock, life, requester, named } = aWorld({ ask: { topic: "a", send: "", reply: { topic: "rsp" } } });
  const asked = [requester.ask(named("ask")), requester.ask(named("ask"))];
  life.abort(new DeviceError("unreachable", "the device was detached"));
  for (const one of asked) await assert.rejects(settled(one, clock), /detached/);
});
