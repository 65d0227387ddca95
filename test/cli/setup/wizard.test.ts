/** The questions of `setup`, each without a terminal. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Facts, MappingFact } from "../../../src/cli/setup/facts.ts";
import type { Known, QuestionId } from "../../../src/cli/setup/question.ts";
import { QUESTIONS } from "../../../src/cli/setup/questions.ts";
import { answered, back, begin, did, knownOf, nextOf, type Wizard } from "../../../src/cli/setup/wizard.ts";

const MAPPINGS: readonly MappingFact[] = [
  {
    ...{
      name: "acme-m1",
      protocol: "modbus",
      vendor: "Acme",
      model: "M-1",
      text: "acme-m1 acme m-1 three-phase meter",
    },
    parameters: [
      { name: "unit_id", spec: { type: "int", range: [1, 247] }, preset: "1", required: false },
      { name: "ratio", spec: { type: "number", range: [1, 100] }, preset: "1", required: false },
    ],
  },
  {
    ...{ name: "room", protocol: "simulated", vendor: undefined, model: undefined, text: "room simulated" },
    parameters: [{ name: "label", spec: { type: "string" }, preset: undefined, required: true }],
  },
];

const FACTS: Facts = {
  isNew: true,
  file: "config.yaml",
  endpoint: "urn:dev:mac:0024befffe4f7f0a",
  ports: ["/dev/serial/by-id/usb-1", "/dev/ttyAMA0"],
  links: [],
  deviceIds: ["old"],
  secretNames: [],
  mappings: MAPPINGS,
  watches: true,
  runs: false,
};

/** What comes next, as its id or the name of the step. */
function next(wizard: Wizard): string {
  const found = nextOf(wizard);
  return found.kind === "ask" ? found.question.id : found.kind === "do" ? `do ${found.step}` : "end";
}

/** Through all of it: each question has its answer here, or what was proposed. Returns what came, in order. */
function through(
  facts: Facts,
  answers: Partial<Record<QuestionId, string>>,
  found?: Facts["found"],
): readonly string[] {
  const came: string[] = [];
  let wizard = begin(facts);
  for (;;) {
    const step = nextOf(wizard);
    came.push(next(wizard));
    if (step.kind === "end") return came;
    if (step.kind === "do") {
      const told = step.step === "scan" ? { found: found ?? [] } : step.step === "watch" ? { valuesCame: true } : {};
      wizard = did(wizard, step.step, told);
      continue;
    }
    const given = answered(wizard, step.question, answers[step.question.id] ?? "", true);
    if ("wrong" in given) assert.fail(`${step.question.id}: ${given.wrong}`);
    wizard = given;
  }
}

test("the simple case has few questions, in this order", () => {
  const came = through(FACTS, { server: "coap://h", kind: "simulated", params: "label=x" });
  assert.deepEqual(came, [
    ...["server", "do reach", "endpoint", "layout", "kind", "mapping", "params", "id"],
    ...["do check", "do watch", "plausible", "do preview", "save", "do save", "end"],
  ]);
});

test("a secured server is asked its key, a serial port its line, a broker its user; what is there already is not asked", () => {
  const place = { kind: "modbus-rtu", place: "1", scan: "no", mapping: "acme-m1" };
  const secured = through(FACTS, { server: "coaps://h", psk: "given", key: "00".repeat(16), ...place });
  assert.deepEqual(secured.slice(0, 14), [
    ...["server", "do reach", "endpoint", "psk", "identity", "key", "layout", "kind", "place", "line", "scan"],
    ...["mapping", "unit", "params"],
  ]);
  const broker = { kind: "mqtt", place: "mqtt://h", user: "u", password: "p", scan: "no" };
  const mqtt: readonly MappingFact[] = [
    { ...MAPPINGS[1], name: "m", protocol: "mqtt", vendor: "", model: "", text: "m", parameters: [] },
  ];
  const second = through({ ...FACTS, isNew: false, runs: true, mappings: mqtt }, broker);
  assert.deepEqual(second.slice(0, 6), ["kind", "place", "user", "password", "scan", "mapping"]);
  assert.deepEqual(second.slice(-4), ["do save", "reload", "do follow", "end"]);
  const link = { id: "bus", type: "modbus-tcp", protocol: "modbus" };
  const third = through(
    { ...FACTS, isNew: false, links: [link], watches: false },
    { kind: "1", scan: "no", mapping: "acme-m1" },
  );
  assert.deepEqual(third, [
    ...["kind", "scan", "mapping", "unit", "params", "id", "do check", "do preview", "save", "do save", "end"],
  ]);
  assert.deepEqual(through(FACTS, { server: "coap://h", kind: "none" }), [
    ...["server", "do reach", "endpoint", "layout", "kind", "do check", "do preview", "save", "do save", "end"],
  ]);
});

test("what a scan found is chosen by its number, brings its mapping and address, and is asked no more", () => {
  const found = [
    { text: "unit 3", mappings: [], parameters: [["unit_id", "3"]] as const },
    { text: "unit 7 Acme", mappings: ["acme-m1"], parameters: [["unit_id", "7"]] as const },
  ];
  const came = through(FACTS, { server: "coap://h", kind: "modbus-tcp", place: "h", scan: "1-9" }, found);
  assert.deepEqual(came.slice(4, 14), [
    ...["kind", "place", "scan", "do scan", "pick", "mapping", "params", "id", "do check", "do watch"],
  ]);
  const known: Known = {
    answers: new Map([
      ["kind", "modbus-tcp"],
      ["pick", "2"],
      ["mapping", "acme-m1"],
    ]),
    facts: { ...FACTS, found },
  };
  assert.equal(QUESTIONS.pick.proposal?.(known), "2");
  assert.equal(QUESTIONS.mapping.proposal?.(known), "acme-m1");
  assert.equal(QUESTIONS.id.proposal?.(known), "acme-m1-7");
});

test("back forgets the last answer that was typed, and what came after it", () => {
  const typed = (wizard: Wizard, id: QuestionId, text: string, byHand = true): Wizard => {
    const given = answered(wizard, QUESTIONS[id], text, byHand);
    return "wrong" in given ? assert.fail(given.wrong) : given;
  };
  const first = typed(begin(FACTS), "server", "coap://h");
  const second = typed(did(first, "reach"), "endpoint", "gw", false);
  assert.equal(next(second), "layout");
  const before = back(second);
  assert.equal(next(before), "server");
  assert.equal(knownOf(before).answers.size, 0);
  assert.equal(back(before), before);
});

const WRONG: readonly (readonly [QuestionId, Partial<Record<QuestionId, string>>, string, RegExp])[] = [
  ["server", {}, "", /a server must be named/],
  ["server", {}, "coap://h:70000", /port 70000 is outside/],
  ["server", {}, "coaps+tcp://h", /needs TLS/],
  ["endpoint", {}, "a b", /without spaces/],
  ["psk", {}, "secret", /expected "new" or "given"/],
  ["psk", {}, "x509", /keys pair or keys request/],
  ["identity", {}, "gäw", /ASCII/],
  ["key", {}, "00", /16 to 64 bytes/],
  ["layout", {}, "prefixes", /a number from 1 to 4, or gateway, instances, clients, auto/],
  ["layout", { server: "coaps://h" }, "clients", /a key each, which setup does not make/],
  ["kind", {}, "99", /a number from 1 to 7/],
  ["kind", {}, "link:x", /there is no link "x"/],
  ["place", { kind: "modbus-tcp" }, "a:b:c", /expected HOST or HOST:PORT/],
  ["place", { kind: "modbus-tcp" }, "h:0", /from 1 to 65535/],
  ["place", { kind: "modbus-rtu" }, "ttyS0", /the path of a serial port/],
  ["place", { kind: "modbus-rtu" }, "7", /the path of a serial port/],
  ["place", { kind: "mqtt" }, "mqtt://u@h", /expected mqtt:\/\/HOST/],
  ["place", { kind: "ble" }, "bluetooth", /e\.g\. hci0/],
  ["line", {}, "fast", /such as 9600-8N1/],
  ["password", {}, "", /a user has a password/],
  ["scan", { kind: "modbus-tcp" }, "all", /addresses such as 1-16/],
  ["scan", { kind: "mqtt" }, "long", /a time such as 15s/],
  ["pick", {}, "1", /a number from 1 to 0/],
  ["mapping", { kind: "modbus-tcp" }, "acme-n1", /did you mean "acme-m1"/],
  ["mapping", { kind: "modbus-tcp" }, "three-phase acme", /one of these\?\n {2}acme-m1 {2}Acme M-1/],
  ["mapping", { kind: "modbus-tcp" }, "room", /of protocol simulated, and not of modbus/],
  ["unit", {}, "x", /a number from 1 to 247/],
  ["params", { mapping: "acme-m1" }, "ratio=1000", /ratio: expected a number from 1 to 100/],
  ["params", { mapping: "acme-m1" }, "ration=1", /there is no parameter "ration"; expected ratio/],
  ["params", { mapping: "room" }, "", /still missing: label=…/],
  ["id", {}, "a b", /expected letters, digits/],
  ["id", {}, "old", /there is a device "old" already/],
  ["plausible", {}, "n", /no value has come; y goes on all the same/],
  ["save", {}, "n", /q ends without a file written/],
  ["reload", {}, "maybe", /y or n/],
];

test("what makes no sense is refused with what was expected", () => {
  for (const [id, answers, text, expected] of WRONG) {
    const known: Known = { answers: new Map(Object.entries(answers) as [QuestionId, string][]), facts: FACTS };
    const checked = QUESTIONS[id].check(text, known);
    assert.match("wrong" in checked ? checked.wrong : "taken", expected, `${id}: ${text}`);
  }
  assert.deepEqual(
    Object.keys(QUESTIONS).filter((id) => !WRONG.some(([wrong]) => wrong === id)),
    ["user"],
  );
});

test("every question explains itself, and has an option", () => {
  for (const { id, help, option, text } of Object.values(QUESTIONS)) {
    assert.ok(help.length > 0 && option.startsWith("--") && text !== "", id);
  }
});
