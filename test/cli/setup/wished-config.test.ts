import assert from "node:assert/strict";
import test from "node:test";
import { clientHello } from "../../../src/cli/setup/client-hello.ts";
import { foundDevices } from "../../../src/cli/setup/found-devices.ts";
import { addedLines, extendedConfig, extendedSecrets } from "../../../src/cli/setup/wished-config.ts";
import { appendToMap } from "../../../src/yaml/append.ts";

test("what a scan reports becomes devices to choose from, whatever else it holds", () => {
  const modbus = {
    found: [{ unit: 3, identity: { vendor: "Acme", product: "M1" }, mappings: ["acme-m1", "other"] }, { unit: 4 }],
  };
  assert.deepEqual(foundDevices("modbus", modbus), [
    { text: "unit 3 Acme, M1", mappings: ["acme-m1", "other"], parameters: [["unit_id", "3"]] },
    { text: "unit 4, which does not say who it is", mappings: [], parameters: [["unit_id", "4"]] },
  ]);
  const mqtt = {
    devices: [
      {
        name: "kitchen",
        model: "WSDCGQ11LM",
        mapping: "z2m-climate",
        line: '- { id: kitchen, mapping: z2m-climate, link: LINK, topic: "zigbee2mqtt/kitchen" }  # WSDCGQ11LM',
      },
      { name: "lamp", line: "- { id: lamp, mapping: MAPPING, link: LINK, name: x }" },
      { line: "- { broken" },
    ],
  };
  assert.deepEqual(foundDevices("mqtt", mqtt), [
    {
      text: "kitchen, WSDCGQ11LM",
      mappings: ["z2m-climate"],
      parameters: [["topic", '"zigbee2mqtt/kitchen"']],
      id: "kitchen",
    },
    { text: "lamp", mappings: [], parameters: [], id: "lamp" },
  ]);
  const ble = [
    {
      address: "A4:C1:38:00:00:01",
      format: "atc",
      mappings: ["atc-climate", "x"],
      line: '- { id: atc-1, mapping: atc-climate, link: LINK, address: "A4:C1:38:00:00:01" }',
    },
  ];
  assert.deepEqual(foundDevices("ble", ble)[0]?.mappings, ["atc-climate", "x"]);
  assert.deepEqual(foundDevices("serial", ble), []);
  for (const nothing of [undefined, null, 7, "x", {}, { found: 1 }])
    assert.deepEqual(foundDevices("modbus", nothing), []);
});

test("lines are added where lists and maps end, and all else stays as it is, comments first of all", () => {
  const text =
    "# a\nlinks:   # wires\n    one: { type: simulated } # 1\n\n    two:\n        type: modbus-tcp\n        host: h   # its name\n# between\ndevices:\n- { id: a }\n";
  const wished = {
    link: { id: "three", text: "{ type: simulated }" },
    device: { id: "b", link: "three", text: "{ id: b }" },
    secrets: new Map(),
  };
  const after = extendedConfig(text, wished);
  assert.equal(after.replace("    three: { type: simulated }\n", "").replace("- { id: b }\n", ""), text);
  assert.match(after, /host: h {3}# its name\n {4}three: \{ type: simulated \}\n# between/);
  assert.deepEqual(addedLines("a\nb\nc\nd\n", "a\nb\nx\nc\nd\n"), ["  a", "  b", "+ x", "  c", "  d"]);
});

test("where there is no place for lines it says so", () => {
  for (const [text, sentence] of [
    ["links: {}\n", /no map with an entry a line/],
    ["links:\n", /is empty/],
    ["- 1\n", /expected keys at the top/],
  ] as const) {
    assert.throws(() => appendToMap(text, "links", ["a: 1"]), sentence);
  }
  assert.equal(appendToMap("a: 1\n", "links", ["b: { }"]), "a: 1\n\nlinks:\n  b: { }\n");
});

test("secrets stand behind those that are there", () => {
  assert.equal(extendedSecrets("", new Map([["a", "1"]])), 'a: "1"\n');
  assert.equal(extendedSecrets("# ours\nb: x", new Map([["a", 'q"']])), '# ours\nb: x\na: "q\\""\n');
});

test("the ClientHello has the lengths that its records say", () => {
  const bytes = clientHello(new Uint8Array(32).fill(7));
  assert.deepEqual([...bytes.slice(0, 3)], [22, 0xfe, 0xfd]);
  assert.equal((bytes[11] ?? 0) * 256 + (bytes[12] ?? 0), bytes.length - 13);
  assert.equal((bytes[15] ?? 0) * 256 + (bytes[16] ?? 0), bytes.length - 25);
});
