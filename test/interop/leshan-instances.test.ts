/**
 * Layout `instances` at Leshan, which knows no prefixes, in plain text and with a pre-shared key: what devices have are instances of
 * the gateway's own objects.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { dtlsAddon } from "../support/dtls.ts";
import { FEEDERS } from "./leshan/cabinet.ts";
import { VALUES } from "./leshan/every-type.ts";
import { COMPOSITE_FORMATS, dimmer, expect, FORMATS, newest } from "./leshan/expectations.ts";
import { valuesOfAll } from "./leshan/messages.ts";
import { type Session, type SessionSetup, sharedSession } from "./leshan/session.ts";
import { checkDeciphered, checkWellFormed } from "./leshan/tshark.ts";

const ROOM = "{ id: room-1, mapping: simulated-climate, link: trial }";
const DEVICES = [...FEEDERS, ROOM];
const REPORT = 'report: [{ paths: ["/feeder-1/3342/0/5500"], every: change }]';
const SERVER = `lifetime: 60s, layout: instances, ${REPORT}`;

const PLAIN: SessionSetup = { server: SERVER, devices: DEVICES };
const IDENTITY = "gw-instances";
const KEY = Buffer.from("instances-of-all");
// Without a key that is agreed on for the session alone, tshark can read what was said.
const SECURED: SessionSetup = {
  ...PLAIN,
  server: `${SERVER}, psk: { identity: ${IDENTITY}, key: !secret psk }, dtls: { suites: [TLS_PSK_WITH_AES_128_CCM_8] }`,
  security: { clients: [{ endpoint: "urn:dev:ops:32473-instances-psk", identity: IDENTITY, key: KEY }] },
  files: { "secrets.yaml": `psk: ${KEY.toString("hex")}\n` },
};
const MODES = [
  { name: "instances", setup: PLAIN, afterKill: "UPDATED" },
  // The session of DTLS is gone with the process, and the registration belongs to that.
  { name: "instances-psk", setup: SECURED, afterKill: "REGISTRATION" },
] as const;

/** Instance 0 is that of feeder-1, instance 1 that of feeder-2. */
const POWER = ["/3305/0/5800", "/3305/1/5800"] as const;
/** Change in no test. */
const ENERGY = ["/3305/0/5805", "/3305/1/5805"] as const;
const DIMMER = ["/3306/0/5851", "/3306/1/5851"] as const;

for (const { name, setup, afterKill } of MODES) {
  const shared = sharedSession(name, setup);
  const aSession = async (t: TestContext): Promise<Session | undefined> =>
    setup.security !== undefined && dtlsAddon(t) === undefined ? undefined : shared(t);

  test(`${name}: one registration lists the instances of all devices, in the order of the configuration`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, endpoint } = session;
    assert.deepEqual(await leshan.clients(), [endpoint]);
    const urls = (await leshan.registration()).objectLinks.map(({ url }) => url);
    const folded = urls.filter((url) => /^\/(33\d\d|26241)\//.test(url));
    assert.deepEqual(folded, [
      ...["/3301/0", "/3303/0", "/3304/0", "/3305/0", "/3305/1", "/3306/0", "/3306/1", "/3311/0", "/3342/0", "/3342/1"],
      ...["/26241/0", "/26241/1"],
    ]);
    // The inventory is still there, and of object 3 only the gateway's own.
    assert.deepEqual(
      urls.filter((url) => /^\/(3|25)\//.test(url)),
      ["/3/0", "/25/0", "/25/1", "/25/2", "/25/3"],
    );
  });

  for (const format of FORMATS) {
    test(`${name}: Leshan reads objects, instances and resources of several devices in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan } = session;
      const all = await leshan.values("/3305", format);
      assert.deepEqual(
        ENERGY.map((path) => all[path]),
        ["2000.0", "3000.0"],
      );
      assert.deepEqual(await leshan.values(ENERGY[1], format), { [ENERGY[1]]: "3000.0" });
      assert.deepEqual(await leshan.values("/26241/0", format), VALUES);
    });

    test(`${name}: Leshan writes to the device that an instance belongs to in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, cabinet } = session;
      await expect(leshan.write(DIMMER[0], dimmer(21), format), "CHANGED(204)");
      await expect(leshan.write(DIMMER[1], dimmer(22), format), "CHANGED(204)");
      assert.deepEqual(
        cabinet.feeders.map((feeder) => feeder.dimmer),
        [21, 22],
      );
      await expect(leshan.write(DIMMER[0], dimmer(101), format), "BAD_REQUEST(400)");
      assert.deepEqual(await leshan.values(DIMMER[0], format), { [DIMMER[0]]: "21" });
    });

    test(`${name}: a change at a device is notified in ${format} where Leshan observes the instance, and the object`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, cabinet } = session;
      for (const [i, path] of [POWER[1], "/3305/1", "/3305"].entries()) {
        await expect(leshan.observe(path, format), "CONTENT(205)");
        const mark = leshan.events.mark;
        const watts = 1000 + 100 * FORMATS.indexOf(format) + i;
        cabinet.feeders[1].setPower(watts);
        const said = `${watts}.0`;
        const told = await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER[1]] === said);
        assert.deepEqual([told.res, told.ep], [path, session.endpoint]);
        await leshan.cancelActively(path);
      }
    });
  }

  test(`${name}: Leshan reads, writes and observes one value of a device as TEXT`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, cabinet } = session;
    assert.deepEqual(await leshan.values(ENERGY[1], "TEXT"), { [ENERGY[1]]: "3000.0" });
    await expect(leshan.write(DIMMER[1], dimmer(53), "TEXT"), "CHANGED(204)");
    assert.equal(cabinet.feeders[1].dimmer, 53);
    await expect(leshan.observe(POWER[1], "TEXT"), "CONTENT(205)");
    const mark = leshan.events.mark;
    cabinet.feeders[1].setPower(4321);
    await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER[1]] === "4321.0");
    await leshan.cancelActively(POWER[1]);
  });

  test(`${name}: Leshan executes at the device that an instance belongs to`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, cabinet } = session;
    await expect(leshan.execute("/3305/1/5822"), "CHANGED(204)");
    assert.deepEqual(
      cabinet.feeders.map(({ reset }) => reset),
      [0, 1],
    );
    await expect(leshan.execute("/3305/2/5822"), "NOT_FOUND(404)");
  });

  test(`${name}: Leshan discovers the instances of several devices, with the attributes that it has written`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    await expect(leshan.writeAttributes("/3305/1", "pmin=2"), "CHANGED(204)");
    const { objectLinks = [] } = await leshan.discover("/3305");
    assert.deepEqual(
      objectLinks.map(({ url }) => url),
      ["/3305", ...[0, 1].flatMap((i) => ["", "/5800", "/5805", "/5822"].map((rest) => `/3305/${i}${rest}`))],
    );
    assert.deepEqual(objectLinks.find(({ url }) => url === "/3305/1")?.attributes, { pmin: "2" });
    await expect(leshan.writeAttributes("/3305/1", "pmin"), "CHANGED(204)");
  });

  test(`${name}: an instance says by its Application Type which device it belongs to, where the object has it`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan } = session;
    assert.deepEqual(await leshan.values("/3306/0/5750", "TLV"), { "/3306/0/5750": "feeder-1" });
    assert.deepEqual(await leshan.values("/3342/1/5750", "SENML_CBOR"), { "/3342/1/5750": "feeder-2" });
    // What the mapping says stands.
    assert.deepEqual(await leshan.values("/3303/0/5750", "TEXT"), { "/3303/0/5750": "Room temperature" });
  });

  for (const format of COMPOSITE_FORMATS) {
    test(`${name}: one composite request reads, writes and observes several devices in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, cabinet } = session;
      const { contents } = await expect(leshan.readComposite([...ENERGY, "/3/0/0"], format), "CONTENT(205)");
      assert.deepEqual(valuesOfAll(contents), { [ENERGY[0]]: "2000.0", [ENERGY[1]]: "3000.0", "/3/0/0": "Example" });
      await expect(leshan.writeComposite({ [DIMMER[0]]: dimmer(31), [DIMMER[1]]: dimmer(32) }, format), "CHANGED(204)");
      const refused = { [DIMMER[0]]: dimmer(41), [DIMMER[1]]: dimmer(101) };
      await expect(leshan.writeComposite(refused, format), "BAD_REQUEST(400)");
      assert.deepEqual(
        cabinet.feeders.map((feeder) => feeder.dimmer),
        [31, 32],
      );
      const list = [POWER[0], ENERGY[1], "/3/0/0"];
      await expect(leshan.observeComposite(list, format), "CONTENT(205)");
      const mark = leshan.events.mark;
      const watts = 2000 + COMPOSITE_FORMATS.indexOf(format);
      cabinet.feeders[0].setPower(watts);
      const told = await leshan.events.next(mark, "NOTIFICATION", (one) => newest(one)[POWER[0]] === `${watts}.0`);
      assert.deepEqual([told.res, newest(told)[ENERGY[1]]], [list.join(","), "3000.0"]);
      await leshan.cancelCompositeActively(list);
    });

    test(`${name}: a Send names what Leshan sees, whatever is asked for, in ${format}`, async (t) => {
      const session = await aSession(t);
      if (session === undefined) return;
      const { leshan, gateway, endpoint } = session;
      const mark = leshan.events.mark;
      const name = format.toLowerCase().replace("_", "-");
      const { code, stdout, stderr } = await gateway.send("--format", name, "/feeder-2/3305/0/5805", "/3/0/0");
      assert.deepEqual([code, stdout], [0, "101: delivered\n"], stderr);
      const { ep, timestampedVals } = await leshan.events.next(mark, "SEND");
      const values = Object.assign({}, ...timestampedVals.map(({ vals }) => valuesOfAll(vals)));
      assert.deepEqual([ep, values], [endpoint, { [ENERGY[1]]: "3000.0", "/3/0/0": "Example" }]);
    });
  }

  test(`${name}: what the gateway reports by itself names what Leshan sees, with the time of the measurement`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, cabinet } = session;
    const mark = leshan.events.mark;
    const before = Date.now();
    cabinet.feeders[0].setClosed(false);
    const path = "/3342/0/5500";
    const said = ({ timestampedVals }: { timestampedVals: readonly { vals: object; time?: string }[] }) =>
      timestampedVals.find(({ vals }) => path in vals);
    const told = await leshan.events.next(mark, "SEND", (one) => said(one) !== undefined);
    assert.ok(Math.abs(Date.parse(said(told)?.time ?? "") - before) < 10_000);
    cabinet.feeders[0].setClosed(true);
  });

  test(`${name}: there is one way to a device: its prefix is none here`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    await expect(session.leshan.read("/feeder-1/3305/0/5800"), "NOT_FOUND(404)");
  });

  test(`${name}: devices that come and go do not move the others, and keep their numbers`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway } = session;
    const { registrationId } = await leshan.registration();
    const instances = async (devices: readonly string[]) => {
      const mark = leshan.events.mark;
      gateway.reload(devices);
      const { update } = await leshan.events.next(mark, "UPDATED", (one) => one.update.objectLinks !== undefined);
      return (update.objectLinks ?? []).map(({ url }) => url).filter((url) => /^\/330[35]\//.test(url));
    };
    const another = "{ id: room-2, mapping: simulated-climate, link: trial }";
    assert.deepEqual(await instances([...FEEDERS.slice(1), ROOM, another]), ["/3303/0", "/3303/1", "/3305/1"]);
    await expect(leshan.read(ENERGY[0]), "NOT_FOUND(404)");
    assert.deepEqual(await leshan.values(ENERGY[1], "TLV"), { [ENERGY[1]]: "3000.0" });
    assert.deepEqual(await instances(DEVICES), ["/3303/0", "/3305/0", "/3305/1"]);
    assert.equal((await leshan.registration()).registrationId, registrationId);
  });

  test(`${name}: a gateway that was killed has every device where it was`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    const { leshan, gateway } = session;
    const mark = leshan.events.mark;
    await gateway.killAndStart();
    await leshan.events.next(mark, afterKill);
    await gateway.printed(/"device":"feeder-2"[^\n]*the device is online/);
    assert.equal(leshan.events.since(mark, "REGISTRATION").length, afterKill === "REGISTRATION" ? 1 : 0);
    assert.deepEqual(await leshan.values(ENERGY[0], "TLV"), { [ENERGY[0]]: "2000.0" });
    assert.deepEqual(await leshan.values(ENERGY[1], "TLV"), { [ENERGY[1]]: "3000.0" });
  });

  test(`${name}: tshark finds nothing malformed in the whole session`, async (t) => {
    const session = await aSession(t);
    if (session === undefined) return;
    if (setup.security === undefined) await checkWellFormed(t, session.wire);
    else await checkDeciphered(t, session.wire, new Map([[IDENTITY, KEY]]));
  });
}
