/** Layout `clients` at Leshan, in plain text and with a pre-shared key for each: every device is a client of its own. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { dtlsAddon } from "../support/dtls.ts";
import { FEEDERS } from "./leshan/cabinet.ts";
import { VALUES } from "./leshan/every-type.ts";
import { COMPOSITE_FORMATS, dimmer, expect, FORMATS, newest } from "./leshan/expectations.ts";
import type { LeshanServer } from "./leshan/leshan-server.ts";
import { valuesOfAll } from "./leshan/messages.ts";
import { keysOf, pskClients } from "./leshan/psk-clients.ts";
import { type Session, type SessionSetup, sharedSession } from "./leshan/session.ts";
import { checkDeciphered, checkWellFormed } from "./leshan/tshark.ts";

const ROOM = "{ id: room-1, mapping: simulated-climate, link: trial }";
const ROOM_2 = "{ id: room-2, mapping: simulated-climate, link: trial }";
const DEVICES = [...FEEDERS, ROOM];
const IDS = ["feeder-1", "feeder-2", "meter-1", "room-1"];
const POWER = "/3305/0/5800";
/** Changes in no test. */
const ENERGY = "/3305/0/5805";
const DIMMER = "/3306/0/5851";
const REPORT = 'report: [{ paths: ["/feeder-1/3342/0/5500"], every: change }]';

interface Mode {
  readonly name: string;
  readonly setup: SessionSetup;
  /** Of a gateway that was killed: the session of DTLS is gone with it, and the registration belongs to that. */
  readonly afterKill: "UPDATED" | "REGISTRATION";
}

const PLAIN: SessionSetup = { server: `lifetime: 60s, layout: clients, ${REPORT}`, devices: DEVICES };
const KEYED = pskClients({
  name: "psk",
  ids: [...IDS, "room-2"],
  server: `lifetime: 60s, ${REPORT}`,
  devices: DEVICES,
});
const MODES: readonly Mode[] = [
  { name: "plain", setup: PLAIN, afterKill: "UPDATED" },
  { name: "psk", setup: KEYED, afterKill: "REGISTRATION" },
];

for (const { name, setup, afterKill } of MODES) {
  const shared = sharedSession(name, setup);
  const aSession = async (t: TestContext): Promise<Session | undefined> => {
    if (setup.security !== undefined && dtlsAddon(t) === undefined) return undefined;
    const session = await shared(t);
    if (session !== undefined) await allRegistered(session, IDS);
    return session;
  };

  test(`${name}: the gateway and every device are clients, each from a port of its own`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, endpoint } = session;
    assert.deepEqual(await leshan.clients(), [endpoint, ...IDS.map((id) => `${endpoint}-${id}`)]);
    const clients = [leshan, ...IDS.map((id) => deviceOf(session, id))];
    const registrations = await Promise.all(clients.map((client) => client.registration()));
    assert.equal(new Set(registrations.map(({ address }) => address)).size, clients.length);
    const [own = [], feeder = []] = registrations.map(({ objectLinks }) => objectLinks.map(({ url }) => url));
    assert.deepEqual(
      own.filter((url) => /^\/\d+\/\d+$/.test(url)),
      ["/1/0", "/3/0", ...IDS.map((_, i) => `/25/${i}`)],
    );
    assert.deepEqual(
      feeder.filter((url) => /^\/\d+\/\d+$/.test(url)),
      ["/1/0", "/3/0", "/3305/0", "/3306/0", "/3342/0"],
    );
  });

  for (const format of FORMATS) {
    test(`${name}: Leshan reads and writes each device as a client in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const [first, second] = [deviceOf(session, "feeder-1"), deviceOf(session, "feeder-2")];
      assert.deepEqual(await first.values(ENERGY, format), { [ENERGY]: "2000.0" });
      assert.equal((await second.values("/3305", format))[ENERGY], "3000.0");
      assert.deepEqual(await second.values("/3/0/2", format), { "/3/0/2": "3" });
      assert.deepEqual(await deviceOf(session, "meter-1").values("/26241/0", format), VALUES);
      await expect(first.write(DIMMER, dimmer(51), format), "CHANGED(204)");
      await expect(second.write(DIMMER, dimmer(52), format), "CHANGED(204)");
      await expect(second.write(DIMMER, dimmer(101), format), "BAD_REQUEST(400)");
      assert.deepEqual(dimmers(session), [51, 52]);
    });

    test(`${name}: a change is notified in ${format} by the device that it happened at, and by no other`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, cabinet, endpoint } = session;
      const [first, second] = [deviceOf(session, "feeder-1"), deviceOf(session, "feeder-2")];
      for (const [i, path] of [POWER, "/3305/0", "/3305"].entries()) {
        await expect(first.observe(path, format), "CONTENT(205)");
        await expect(second.observe(path, format), "CONTENT(205)");
        const mark = leshan.events.mark;
        const watts = 1000 + 100 * FORMATS.indexOf(format) + i;
        cabinet.feeders[1].setPower(watts);
        const told = await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER] === `${watts}.0`);
        assert.deepEqual([told.ep, told.res], [`${endpoint}-feeder-2`, path]);
        assert.ok(leshan.events.since(mark, "NOTIFICATION").every(({ ep }) => ep !== `${endpoint}-feeder-1`));
        for (const client of [first, second]) await client.cancelActively(path);
      }
    });
  }

  test(`${name}: Leshan reads, writes and observes one value as TEXT`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const client = deviceOf(session, "feeder-2");
    assert.deepEqual(await client.values(ENERGY, "TEXT"), { [ENERGY]: "3000.0" });
    await expect(client.write(DIMMER, dimmer(53), "TEXT"), "CHANGED(204)");
    assert.equal(dimmers(session)[1], 53);
    await expect(client.observe(POWER, "TEXT"), "CONTENT(205)");
    const { events } = session.leshan;
    const mark = events.mark;
    session.cabinet.feeders[1].setPower(4321);
    await events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER] === "4321.0");
    await client.cancelActively(POWER);
  });

  test(`${name}: Leshan executes and discovers`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const client = deviceOf(session, "feeder-2");
    await expect(client.execute("/3305/0/5822"), "CHANGED(204)");
    assert.deepEqual(
      session.cabinet.feeders.map(({ reset }) => reset),
      [0, 1],
    );
    const { objectLinks = [] } = await client.discover("/3305");
    assert.deepEqual(
      objectLinks.map(({ url }) => url),
      ["/3305", "/3305/0", POWER, ENERGY, "/3305/0/5822"],
    );
  });

  for (const format of COMPOSITE_FORMATS) {
    test(`${name}: composite requests to a device, and a Send of it, in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, gateway, cabinet, endpoint } = session;
      const client = deviceOf(session, "feeder-1");
      const list = [ENERGY, POWER, "/3/0/0", "/1/0/1"];
      const { contents } = await expect(client.readComposite(list, format), "CONTENT(205)");
      const read = valuesOfAll(contents);
      assert.deepEqual([read[ENERGY], read["/3/0/0"], read["/1/0/1"]], ["2000.0", "Example", "60"]);
      await expect(client.writeComposite({ [DIMMER]: dimmer(61) }, format), "CHANGED(204)");
      assert.equal(cabinet.feeders[0].dimmer, 61);
      await expect(client.observeComposite(list, format), "CONTENT(205)");
      const mark = leshan.events.mark;
      const watts = 2000 + COMPOSITE_FORMATS.indexOf(format);
      cabinet.feeders[0].setPower(watts);
      const told = await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER] === `${watts}.0`);
      assert.deepEqual([told.ep, told.res], [`${endpoint}-feeder-1`, list.join(",")]);
      await client.cancelCompositeActively(list);
      const name = format.toLowerCase().replace("_", "-");
      const { code, stdout, stderr } = await gateway.send("--format", name, "/feeder-1/3305/0/5805");
      assert.deepEqual([code, stdout], [0, "101: delivered\n"], stderr);
      const sent = await leshan.events.next(mark, "SEND", ({ ep }) => ep === `${endpoint}-feeder-1`);
      const values = Object.assign({}, ...sent.timestampedVals.map(({ vals }) => valuesOfAll(vals)));
      assert.deepEqual(values, { [ENERGY]: "2000.0" });
    });
  }

  test(`${name}: what the gateway reports by itself comes from the device`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, cabinet, endpoint } = session;
    const mark = leshan.events.mark;
    cabinet.feeders[0].setClosed(false);
    const path = "/3342/0/5500";
    const { ep } = await leshan.events.next(mark, "SEND", ({ timestampedVals }) =>
      timestampedVals.some(({ vals }) => path in vals),
    );
    assert.equal(ep, `${endpoint}-feeder-1`);
    cabinet.feeders[0].setClosed(true);
  });

  test(`${name}: a device that is added registers, one that is removed de-registers, the others go on`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway, endpoint } = session;
    const { registrationId } = await deviceOf(session, "feeder-2").registration();
    const mark = leshan.events.mark;
    gateway.reload([...FEEDERS.slice(1), ROOM, ROOM_2]);
    await leshan.events.next(mark, "REGISTRATION", (one) => one.endpoint === `${endpoint}-room-2`);
    const gone = await leshan.events.next(mark, "DEREGISTRATION");
    assert.deepEqual([gone.endpoint, gone.expired], [`${endpoint}-feeder-1`, false]);
    gateway.reload(DEVICES);
    await leshan.events.next(mark, "REGISTRATION", (one) => one.endpoint === `${endpoint}-feeder-1`);
    await leshan.events.next(mark, "DEREGISTRATION", (one) => one.endpoint === `${endpoint}-room-2`);
    assert.equal((await deviceOf(session, "feeder-2").registration()).registrationId, registrationId);
    assert.equal(leshan.events.since(mark, "REGISTRATION").length, 2);
  });

  test(`${name}: of a gateway that was killed Leshan has every client again (${afterKill})`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway, endpoint } = session;
    // Within a second everything is on the disk.
    await pause(1500);
    const mark = leshan.events.mark;
    await gateway.killAndStart();
    for (const id of IDS) {
      const name = `${endpoint}-${id}`;
      if (afterKill === "REGISTRATION") await leshan.events.next(mark, afterKill, (one) => one.endpoint === name);
      else await leshan.events.next(mark, afterKill, (one) => one.registration.endpoint === name);
    }
    if (afterKill === "UPDATED") assert.deepEqual(leshan.events.since(mark, "REGISTRATION"), []);
    assert.deepEqual(await deviceOf(session, "feeder-1").values(ENERGY, "TLV"), { [ENERGY]: "2000.0" });
  });

  test(`${name}: a gateway that is stopped de-registers every client`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway } = session;
    assert.equal((await gateway.stop()).code, 0);
    assert.deepEqual(await leshan.clients(), []);
  });

  test(`${name}: tshark finds nothing malformed in the whole session`, async (t) => {
    const session = await shared(t);
    if (session === undefined) return;
    if (setup.security === undefined) await checkWellFormed(t, session.wire);
    else await checkDeciphered(t, session.wire, keysOf(setup.security));
  });
}

/** Resolves when all of them are, and their devices are online. */
async function allRegistered({ leshan, endpoint }: Session, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === `${endpoint}-${id}`);
  }
}

/** Leshan, asked about the client that the device is. */
function deviceOf({ leshan, endpoint }: Session, id: string): LeshanServer {
  return leshan.of(`${endpoint}-${id}`);
}

function dimmers({ cabinet }: Session): readonly number[] {
  return cabinet.feeders.map((feeder) => feeder.dimmer);
}
