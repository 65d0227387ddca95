/** Many peers on one socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { exchangeId } from "../../src/coap/endpoint.ts";
import { decodeMessage, encodeEmpty, encodeMessage, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { OPTION, uintOption } from "../../src/coap/options.ts";
import { CoapPeers, type Peer, type PeerEffect } from "../../src/coap/peers.ts";
import { TIMEOUT } from "../../src/machine.ts";
import { fakeRandom } from "../support/fake-clock.ts";
import { CHANGED, content, only, request, TOKEN } from "./bench.ts";

const [A, B, EVIL] = ["192.0.2.1:5683", "192.0.2.2:5683", "192.0.2.1:6666"];
const FIRST = exchangeId(1);

function somePeers(maxPeers = 10): CoapPeers {
  return new CoapPeers({ random: fakeRandom(3), maxPeers });
}

function ask(peers: CoapPeers, peer: Peer): UdpMessage {
  const event = { type: "request", exchange: FIRST, message: request(CODE.post, "rd"), confirmable: true } as const;
  const [effect] = peers.handle({ peer, event }, 0);
  assert.ok(effect?.effect.type === "send" && effect.peer === peer);
  return decodeMessage(effect.effect.bytes);
}

function receive(peers: CoapPeers, peer: Peer, bytes: Uint8Array, now = 0): PeerEffect[] {
  return peers.handle({ peer, event: { type: "datagram", bytes } }, now);
}

/** A request of this peer that waits for its answer. */
function post(peers: CoapPeers, peer: Peer, messageId = 1): PeerEffect[] {
  return receive(peers, peer, encodeMessage(TYPE.con, messageId, TOKEN, request(CODE.post, "a")));
}

function answer(peers: CoapPeers, peer: Peer, exchange = FIRST): PeerEffect[] {
  return peers.handle({ peer, event: { type: "respond", exchange, message: CHANGED } }, 0);
}

test("a reply from another address or port is no reply", () => {
  const peers = somePeers();
  const asked = ask(peers, A);
  const reply = encodeMessage(TYPE.ack, asked.messageId, asked.token, content("evil"));
  assert.deepEqual(receive(peers, EVIL, reply), []);
  assert.deepEqual(receive(peers, B, reply), []);
  assert.equal(only(receive(peers, A, reply)).effect.type, "response");
});

test("an acknowledgement of another peer with the same message ID does not stop our repetitions", () => {
  const peers = somePeers();
  const asked = ask(peers, A);
  receive(peers, B, encodeEmpty(TYPE.ack, asked.messageId));
  receive(peers, B, encodeEmpty(TYPE.rst, asked.messageId));
  const again = peers.handle(TIMEOUT, 3000);
  assert.deepEqual(
    again.map(({ peer, effect }) => [peer, effect.type]),
    [[A, "send"]],
  );
});

test("two peers that use the same message ID and token are two", () => {
  const peers = somePeers();
  assert.equal(only(post(peers, A)).effect.type, "serve");
  assert.equal(only(post(peers, B)).effect.type, "serve");
  assert.equal(only(answer(peers, A)).peer, A);
  assert.equal(only(answer(peers, B)).peer, B);
});

test("client and server at once on one socket: while our request waits, the peer's is served", () => {
  const peers = somePeers();
  const asked = ask(peers, A);
  assert.equal(only(post(peers, A, asked.messageId)).effect.type, "serve");
  assert.equal(only(answer(peers, A)).effect.type, "send");
  const reply = encodeMessage(TYPE.ack, asked.messageId, asked.token, content("x"));
  assert.equal(only(receive(peers, A, reply)).effect.type, "response");
});

test("the deadline is that of the peer that comes first", () => {
  const peers = somePeers();
  assert.equal(peers.deadline, undefined);
  ask(peers, A);
  const first = peers.deadline ?? 0;
  ask(peers, B);
  assert.ok(first >= 2000 && (peers.deadline ?? 0) <= first);
});

test("where all places are taken, the idle peer that was silent longest makes room; busy ones stay", () => {
  const peers = somePeers(3);
  post(peers, "busy");
  for (const idle of ["idle-1", "idle-2"]) {
    post(peers, idle);
    answer(peers, idle);
  }
  receive(peers, "idle-1", encodeEmpty(TYPE.con, 9));
  post(peers, "new");
  assert.deepEqual(
    ["busy", "idle-1", "idle-2", "new"].map((peer) => peers.endpoint(peer) !== undefined),
    [true, true, false, true],
  );
  post(peers, "another");
  assert.deepEqual(post(peers, "one too many"), []);
  assert.deepEqual([peers.size, peers.refused], [3, 1]);
});

test("a peer with an observation is not idle", () => {
  const peers = somePeers(1);
  const observe = uintOption(OPTION.observe, 0);
  receive(peers, A, encodeMessage(TYPE.con, 1, TOKEN, request(CODE.get, "a", [observe])));
  peers.handle({ peer: A, event: { type: "respond", exchange: FIRST, message: content("1", [observe]) } }, 0);
  assert.deepEqual(post(peers, B), []);
});

test("what comes late for a peer that is gone does not begin it again; a notification to it failed", () => {
  const peers = somePeers();
  assert.deepEqual(answer(peers, A), []);
  const event = { type: "notify", exchange: FIRST, notification: 5, message: content("x"), confirmable: true } as const;
  const failed = { type: "failed", exchange: FIRST, notification: 5, reason: "reset" };
  assert.deepEqual(peers.handle({ peer: A, event }, 0), [{ peer: A, effect: failed }]);
  assert.equal(peers.size, 0);
});
