import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { AttClient } from "../../../../../../adapters/ble/radio/child/hci/att-client.ts";
import { configure, discover, exchangeMtu, read, write } from "../../../../../../adapters/ble/radio/child/hci/gatt.ts";
import { RadioError } from "../../../../../../adapters/ble/radio/radio-error.ts";
import { DeviceError } from "../../../../../../src/adapter.ts";

/** A peripheral that answers each request, as hex, with what the test has for it. */
function aClient(answers: Readonly<Record<string, string>>, encrypt: () => Promise<void> = async () => {}) {
  const sent: string[] = [];
  const told: string[] = [];
  const att: AttClient = new AttClient(
    {
      send: (pdu) => {
        const request = Buffer.from(pdu).toString("hex");
        sent.push(request);
        const answer = answers[request];
        if (answer !== undefined) queueMicrotask(() => att.take(Buffer.from(answer, "hex")));
      },
      encrypt,
    },
    (handle, value) => told.push(`${handle} ${Buffer.from(value).toString("hex")}`),
  );
  return { att, sent, told };
}

test("a refused read is an error with its reason, not an empty value", async () => {
  const { att } = aClient({ "0a0500": "010a050002" });
  await assert.rejects(read(att, 5), { kind: "rejected", message: "refused: Read Not Permitted (0x02)" });
});

test("a refused write settles, and the connection stays usable", async () => {
  const { att } = aClient({ "12050001": "0112050003", "0a0500": "0b07" });
  await assert.rejects(write(att, 5, Uint8Array.of(1)), {
    kind: "rejected",
    message: "refused: Write Not Permitted (0x03)",
  });
  assert.deepEqual(await read(att, 5), Uint8Array.of(7));
});

test("an empty value is an empty value", async () => {
  const { att } = aClient({ "0a0500": "0b" });
  assert.deepEqual(await read(att, 5), new Uint8Array());
});

test("a long value comes whole, also where its end is the end of a packet", async () => {
  const part = "61".repeat(22);
  const { att } = aClient({
    "0a0500": `0b${part}`,
    "0c05001600": "0d6262",
    "0a0600": `0b${part}`,
    "0c06001600": "010c060007",
  });
  assert.equal((await read(att, 5)).length, 24);
  assert.equal((await read(att, 6)).length, 22);
});

test("a long write is prepared, compared with what came back, and carried out", async () => {
  const [first, rest] = ["61".repeat(18), "62"];
  const { att, sent } = aClient({
    [`1605000000${first}`]: `1705000000${first}`,
    [`1605001200${"61".repeat(3)}${rest}`]: `1705001200${"61".repeat(3)}${rest}`,
    "1801": "19",
  });
  await write(att, 5, Buffer.from(`${first}${"61".repeat(3)}${rest}`, "hex"));
  assert.equal(sent.at(-1), "1801");
});

test("a long write that came back in other words is not carried out", async () => {
  const [first] = ["61".repeat(18)];
  const { att, sent } = aClient({ [`1605000000${first}`]: `1705000000${"63".repeat(18)}`, "1800": "19" });
  await assert.rejects(write(att, 5, Buffer.from(`${first}616161`, "hex")), { kind: "malformed" });
  assert.equal(sent.at(-1), "1800");
});

test("a peripheral that knows no other packets than the shortest keeps those", async () => {
  const { att } = aClient({ "02f700": "0102000006" });
  await exchangeMtu(att);
  assert.equal(att.mtu, 23);
  const other = aClient({ "02f700": "030502" });
  await exchangeMtu(other.att);
  assert.equal(other.att.mtu, 247);
});

test("two characteristics of one UUID are two", async () => {
  const { att } = aClient({
    "100100ffff0028": "1106010006001a18",
    "100700ffff0028": "011007000a",
    "08010006000328": "090702000203006e2a04001205006e2a",
    "08050006000328": "010805000a",
  });
  const [service] = await discover(att);
  assert.equal(service?.uuid, "181a");
  assert.deepEqual(
    service?.characteristics.map(({ uuid, handle, last, properties }) => [uuid, handle, last, [...properties]]),
    [
      ["2a6e", 3, 3, ["read"]],
      ["2a6e", 5, 6, ["read", "notify"]],
    ],
  );
});

test("a subscription writes the configuration: notifications, else indications; and neither to end it", async () => {
  const asks = { "0406000800": "050107000229", "1207000100": "13", "1207000200": "13", "1207000000": "13" };
  const { att, sent } = aClient(asks);
  const one = { uuid: "2a6e", handle: 5, last: 8 };
  await configure(att, { ...one, properties: new Set(["notify", "indicate"]) }, true);
  await configure(att, { ...one, properties: new Set(["indicate"]) }, true);
  await configure(att, { ...one, properties: new Set(["indicate"]) }, false);
  assert.deepEqual(
    sent.filter((pdu) => pdu.startsWith("12")),
    ["1207000100", "1207000200", "1207000000"],
  );
});

test("an indication is confirmed, and told like a notification", () => {
  const { att, sent, told } = aClient({});
  att.take(Buffer.from("1d0500aa", "hex"));
  att.take(Buffer.from("1b0500bb", "hex"));
  assert.deepEqual([sent, told], [["1e"], ["5 aa", "5 bb"]]);
});

test("a peripheral that asks for a key is paired with once, and asked again", async () => {
  let paired = 0;
  const answers: Record<string, string> = { "0a0500": "010a050005" };
  const { att } = aClient(answers, async () => {
    paired++;
    answers["0a0500"] = "0b07";
  });
  assert.deepEqual(await read(att, 5), Uint8Array.of(7));
  assert.equal(paired, 1);
});

test("a peripheral that wants more than any key is one that must be paired with in BlueZ", async () => {
  const { att } = aClient({ "0a0500": "010a050005" });
  await assert.rejects(read(att, 5), (error) => error instanceof RadioError && error.fault === "pairing");
});

test("what a peripheral asks of us is answered, and is no answer to what we asked", async () => {
  const { att, sent } = aClient({});
  const waiting = read(att, 5);
  att.take(Buffer.from("021700", "hex"));
  att.take(Buffer.from("0a0100", "hex"));
  att.take(Buffer.from("13", "hex"));
  att.take(Buffer.from("0b09", "hex"));
  assert.deepEqual(await waiting, Uint8Array.of(9));
  assert.deepEqual(sent, ["0a0500", "031700", "010a000006"]);
});

test("whatever a peripheral answers, it is a result, a DeviceError, or more to ask", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 30 }), async (answers) => {
      let next = 0;
      const att: AttClient = new AttClient(
        {
          send: ([opcode = 0]) => {
            const answer = answers[next++];
            // Beyond those it ends: what no peripheral answers is a matter of time.
            const pdu = answer === undefined ? [1, opcode, 0, 0, 0x0a] : [opcode + 1, ...answer];
            queueMicrotask(() => att.take(Buffer.from(pdu)));
          },
          encrypt: async () => {},
        },
        () => {},
      );
      for (const work of [() => discover(att), () => read(att, 1), () => configure(att, ANY, true)]) {
        await work().catch((error) => assert.ok(error instanceof DeviceError, String(error)));
      }
    }),
  );
});

const ANY = { uuid: "2a6e", handle: 1, last: 9, properties: new Set(["notify"] as const) };
