import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../../../../src/clock.ts";
import { aUartWorld, TX, UART_ADDRESS } from "../../../support/uart-world.ts";

const values = ({ readings }: { readonly readings: readonly { readonly value: unknown }[] }) =>
  readings.map(({ value }) => value);

test("a request is written to one characteristic, and its answer comes by the other, in whatever pieces", async () => {
  const { peripheral, say, written, read } = await aUartWorld();
  peripheral.onWrite = () => {
    for (const piece of ["T=2", "1.5", "\n"]) say(piece);
  };
  assert.deepEqual(await read("temperature"), { temperature: "21.5" });
  assert.deepEqual(written(), ["T?\n (no response)"]);
});

test("what a device refuses is told by it, and the others have their values", async () => {
  const { answering, read } = await aUartWorld();
  answering({ "T?\n": "ERR\n", "N?\n": "N=shed\n" });
  assert.deepEqual(await read("temperature", "name"), { name: "shed", temperature: "none: temperature: no sensor" });
});

test("after silence nothing is asked while a late answer may come, which would be taken for the next one", async () => {
  const { clock, answering, device, written } = await aUartWorld();
  const silent = assert.rejects(device.read(["name"]), { kind: "unreachable", message: "name: no answer within 2s" });
  await clock.advance(2 * SECOND);
  await silent;
  answering({ "N?\n": "N=attic\n" });
  const later = device.read(["name"]);
  await clock.advance(2 * SECOND - 1);
  assert.equal(written().length, 1);
  await clock.advance(1);
  assert.deepEqual(values(await later), ["attic"]);
});

test("what comes beside the answer is told, and what is not the answer is no value", async () => {
  const { clock, answering, said, device } = await aUartWorld();
  answering({ "T?\n": "LEVEL 12 cm\nnonsense\n" });
  const message = 'temperature: no answer within 2s; "nonsense" came, which is none';
  const reading = assert.rejects(device.read(["temperature"]), { kind: "malformed", message });
  await clock.advance(2 * SECOND);
  await reading;
  assert.deepEqual(said, [{ level: 0.12 }]);
});

test("what is longer than a packet goes in pieces, with a response where the characteristic knows nothing else", async () => {
  const ways = [
    ["write-without-response", " (no response)"],
    ["write", ""],
  ] as const;
  for (const [property, suffix] of ways) {
    const { clock, peripheral, say, device, written } = await aUartWorld({ properties: [property], connect: "poll" });
    peripheral.mtu = 23;
    peripheral.onWrite = (_, bytes) => say(bytes.at(-1) === 0x0a ? "OK\n" : "");
    const writing = device.write("lamp", "x".repeat(25));
    await clock.advance(0);
    await writing;
    assert.deepEqual(written(), [`L ${"x".repeat(18)}${suffix}`, `${"x".repeat(7)}\n${suffix}`]);
  }
});

test("what one connection began another does not end", async () => {
  const { clock, peripheral, radio, say, said } = await aUartWorld();
  await clock.advance(10 * SECOND);
  say("LEVEL 1");
  peripheral.drop();
  await clock.advance(0);
  while (!radio.connected.includes(UART_ADDRESS)) await clock.advance((clock.next ?? 0) - clock.monotonic());
  say("2 mm\n");
  say("LEVEL 30 mm\n");
  assert.deepEqual(said, [{ level: 0.03 }]);
});

test("a device that is polled is connected to for its answer", async () => {
  const { clock, answering, radio, read } = await aUartWorld({ connect: "poll" });
  answering({ "T?\n": "T=3\n" });
  await clock.advance(0);
  assert.deepEqual(radio.connected, []);
  assert.deepEqual(await read("temperature"), { temperature: "3" });
  assert.ok(radio.log.includes(`connected ${UART_ADDRESS}`));
});

test("where nothing of it can be heard, what nobody answers is sent all the same", async () => {
  const { clock, peripheral, device, read, written } = await aUartWorld({ connect: "poll" });
  peripheral.fates.set(TX, "refused");
  const { temperature } = await read("temperature");
  assert.match(String(temperature), /^none: temperature: nothing of the UART can be heard: .*0x03/);
  const asked = device.invoke([{ request: "quiet" }]);
  await clock.advance(0);
  await asked;
  assert.deepEqual(written(), ["Q\n (no response)"]);
});

test("a connection that is lost ends what is awaited, at once", async () => {
  const { clock, peripheral, device } = await aUartWorld();
  const message = "the peripheral is out of reach";
  const reading = assert.rejects(device.read(["temperature"]), { kind: "unreachable", message });
  await clock.advance(0);
  peripheral.drop();
  await clock.advance(0);
  await reading;
});

test("what is said over the UART stands beside what characteristics have", async () => {
  const { answering, read } = await aUartWorld();
  answering({ "T?\n": "T=4\n" });
  assert.deepEqual(await read("temperature", "battery"), { temperature: "4", battery: Buffer.of(0x57) });
});

test("steps ask over the UART between those that write to characteristics, each in its turn", async () => {
  const { clock, device, peripheral, say } = await aUartWorld();
  peripheral.onWrite = (_, bytes) => say(bytes[0] === 0x4c ? "OK\n" : "");
  const write = { write: { uuid: "2a19" }, bytes: Uint8Array.of(1) };
  const done = device.invoke([
    { request: "lamp", value: 1 },
    write,
    { wait: 10 },
    write,
    { request: "lamp", value: 0 },
  ]);
  await clock.advance(10);
  await done;
  const texts = peripheral.log.filter((line) => line.startsWith("write")).map((line) => line.split(" ")[2]);
  assert.deepEqual(texts, ["4c20310a", "01", "01", "4c20300a"]);
});
