import assert from "node:assert/strict";
import { test } from "node:test";
import { endOf } from "../../../adapters/modbus/link-end.ts";
import { nameOf } from "../../../adapters/modbus/modbus-link.ts";
import {
  asciiOptionsSchema,
  rtuOptionsSchema,
  rtuOverTcpOptionsSchema,
  tcpOptionsSchema,
  udpOptionsSchema,
} from "../../../adapters/modbus/options.ts";
import { parseSerialSettings } from "../../../adapters/wires/serial-settings.ts";

const RECONNECT = { first: 1000, longest: 30_000 };

test("a serial link waits as its line needs, rests 20 ms and asks twice", () => {
  assert.deepEqual(rtuOptionsSchema.parse({ port: "/dev/ttyS1", line: "9600-8N1" }), {
    transport: "serial",
    framing: "rtu",
    port: "/dev/ttyS1",
    line: parseSerialSettings("9600-8N1"),
    gap: 20,
    retries: 1,
    echo: "auto",
    reconnect: RECONNECT,
  });
  const { framing, line } = asciiOptionsSchema.parse({ port: "/dev/ttyS1", line: "9600-7E1" });
  assert.deepEqual([framing, line.dataBits], ["ascii", 7]);
});

test("RTU over TCP has the silence of a serial line, UDP that of a network", () => {
  assert.deepEqual(rtuOverTcpOptionsSchema.parse({ host: "box", port: 4001, echo: true }), {
    transport: "rtu-over-tcp",
    host: "box",
    port: 4001,
    gap: 20,
    retries: 1,
    echo: true,
    reconnect: RECONNECT,
  });
  const { port, gap, retries } = udpOptionsSchema.parse({ host: "plc" });
  assert.deepEqual([port, gap, retries], [502, 0, 1]);
  assert.equal(rtuOverTcpOptionsSchema.safeParse({ host: "box" }).success, false, "there is no usual port");
});

test("a link is named by where it leads to", () => {
  assert.equal(nameOf(rtuOptionsSchema.parse({ port: "/dev/ttyS1", line: "19200-8E1" })), "/dev/ttyS1 (19200-8E1)");
  assert.equal(nameOf(udpOptionsSchema.parse({ host: "::1" })), "[::1]:502");
  const port = { type: "port", port: "/dev/ttyS1", baudRate: 19200, dataBits: 8, parity: "even", stopBits: 1 };
  assert.deepEqual(endOf(rtuOptionsSchema.parse({ port: "/dev/ttyS1", line: "19200-8E1" })), port);
  const host = { type: "host", protocol: "tcp", host: "plc", port: 502 };
  assert.deepEqual(endOf(tcpOptionsSchema.parse({ host: "plc" })), host);
});
