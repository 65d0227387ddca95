import assert from "node:assert/strict";
import { test } from "node:test";
import { adviseLinks } from "../../../adapters/serial/link-advice.ts";
import { portOptionsSchema, tcpOptionsSchema } from "../../../adapters/serial/options.ts";

test("two links to one line are told, and what is odd about a port", async () => {
  const port = { id: "one", options: portOptionsSchema.parse({ port: "/dev/ttyUSB7", line: "9600-8N1" }) };
  const box = { id: "box", options: tcpOptionsSchema.parse({ host: "box", port: 4001 }) };
  const advice = await adviseLinks([port, box, { ...port, id: "two" }, { ...box, id: "other" }]);
  assert.deepEqual(
    advice.map(({ link, message }) => `${link}: ${message}`),
    [
      'two: /dev/ttyUSB7 is that of the link "one" already: a port can be opened once; put the devices of both on one link',
      'other: box:4001 is that of the link "box" already: two talkers on one line; put the devices of both on one link',
      ...["one", "two"].map(
        (id) =>
          `${id}: /dev/ttyUSB7 may be another adapter after the next start or plugging in; use a name under /dev/serial/by-id`,
      ),
    ],
  );
});
