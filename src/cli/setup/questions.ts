/** Every question of `setup`: when it is asked, what is proposed, what is taken, and which option answers it. */
import { serverSchema } from "../../config/schema.ts";
import { idOf } from "../../yaml-text.ts";
import { kindQuestion, lineQuestion, placeQuestion, scanQuestion } from "./device-places.ts";
import { layoutQuestion } from "./layout-question.ts";
import { mappingQuestion } from "./mapping-question.ts";
import { paramsQuestion } from "./params-question.ts";
import { type Known, mappingOf, pickedOf, type Question, type QuestionId } from "./question.ts";

const server: Question = {
  id: "server",
  option: "--server URI",
  text: "LwM2M Server",
  help: [
    "Where the LwM2M Server listens: coaps://host:port is secured, coap://host:port and coap+tcp://host:port are plain text.",
    "Without a port: 5683, for coaps 5684. No server at hand? npm run server in a clone starts one on coap://127.0.0.1:5683.",
  ],
  applies: ({ facts }) => facts.isNew,
  check(text) {
    const { data, error } = serverSchema.shape.uri.safeParse(text);
    if (data !== undefined) return { value: data.uri };
    return {
      wrong: text === "" ? "a server must be named, e.g. coap://127.0.0.1:5683" : (error?.issues[0]?.message ?? ""),
    };
  },
};

const endpoint: Question = {
  id: "endpoint",
  option: "--endpoint NAME",
  text: "Name of this gateway at the server (endpoint)",
  help: ["The server tells gateways apart by it, so no other one may have it. Some servers want it registered first."],
  applies: ({ facts }) => facts.isNew,
  proposal: ({ facts }) => facts.endpoint,
  check: (text) =>
    /^[!-~]{1,255}$/.test(text) ? { value: text } : { wrong: "expected 1 to 255 letters of ASCII, without spaces" },
};

const psk: Question = {
  id: "psk",
  option: "--psk new|@FILE",
  text: "Pre-shared key: new makes one, given takes the server's",
  help: [
    "A pre-shared key is the simplest way to secure coaps://: both sides have the same 16 bytes or more.",
    "For raw public keys and certificates: lwm2m-gateway keys pair, keys request, and docs/security.md; setup does not make them.",
  ],
  applies: ({ answers }) => isSecured(answers),
  proposal: () => "new",
  check(text) {
    if (["new", "given"].includes(text) || text.startsWith("@")) return { value: text };
    if (/^(rpk|x509)$/i.test(text)) {
      return {
        wrong:
          "setup makes pre-shared keys alone: lwm2m-gateway keys pair or keys request, and docs/security.md, for these",
      };
    }
    return { wrong: 'expected "new" or "given"; --psk takes @FILE with the key in hex, too' };
  },
};

const identity: Question = {
  id: "identity",
  option: "--identity NAME",
  text: "By which name does the server know the key (identity)",
  help: ["It is sent in plain text, and tells the server which key is meant. Often it is the endpoint."],
  applies: ({ answers }) => isSecured(answers),
  proposal: ({ answers }) => answers.get("endpoint"),
  check: (text) =>
    /^[ -~]{1,128}$/.test(text)
      ? { value: text }
      : { wrong: "expected 1 to 128 letters of ASCII, which every server takes" },
};

const key: Question = {
  id: "key",
  option: "--psk @FILE",
  secret: true,
  text: "The key, in hex",
  help: ["As the server has it: an even number of digits, 32 at least."],
  applies: ({ answers }) => isSecured(answers) && answers.get("psk") === "given",
  check(text) {
    const digits = text.replaceAll(/[\s:]/g, "").toLowerCase();
    const isKey = /^(?:[0-9a-f]{2}){16,64}$/.test(digits);
    return isKey ? { value: digits } : { wrong: "expected 16 to 64 bytes in hex, two digits each" };
  },
};

const user: Question = {
  id: "user",
  option: "--user NAME",
  text: "User name at the broker (empty: none)",
  help: ["Brokers that ask nobody who he is need none."],
  applies: ({ answers }) => answers.get("kind") === "mqtt",
  proposal: () => "",
  check: (text) => ({ value: text }),
};

const password: Question = {
  id: "password",
  option: "--password @FILE",
  secret: true,
  text: "Its password",
  help: ["It goes to secrets.yaml, which its owner alone reads."],
  applies: ({ answers }) => answers.get("kind") === "mqtt" && (answers.get("user") ?? "") !== "",
  check: (text) => (text === "" ? { wrong: "a user has a password" } : { value: text }),
};

const pick: Question = {
  id: "pick",
  option: "--scan no with --mapping and --unit",
  text: "Which of them (a number; no: name one by hand)",
  help: ["One device at a time: setup adds the next one when it is called again."],
  applies: ({ facts }) => (facts.found ?? []).length > 0,
  choices: ({ facts }) =>
    (facts.found ?? []).map(({ text, mappings: [best] }) => `${text}${best === undefined ? "" : `: ${best}`}`),
  proposal: ({ facts }) =>
    String(
      Math.max(
        0,
        (facts.found ?? []).findIndex(({ mappings }) => mappings.length > 0),
      ) + 1,
    ),
  check(text, { facts }) {
    if (/^no?$/i.test(text)) return { value: "no" };
    const number = Number(text);
    const isThere = /^\d{1,4}$/.test(text) && facts.found?.[number - 1] !== undefined;
    return isThere ? { value: text } : { wrong: `expected a number from 1 to ${facts.found?.length ?? 0}, or no` };
  },
};

const unit: Question = {
  id: "unit",
  option: "--unit N",
  text: "Modbus address of the device",
  help: ["As it is set on the device, 1 to 247; most leave the factory with 1. lwm2m-gateway scan modbus finds it."],
  applies: (known) =>
    mappingOf(known)?.parameters.some(({ name }) => name === "unit_id") === true &&
    !pickedOf(known)?.parameters.some(([name]) => name === "unit_id"),
  proposal: () => "1",
  check(text) {
    const isUnit = /^\d{1,3}$/.test(text) && Number(text) <= 255;
    return isUnit ? { value: String(Number(text)) } : { wrong: "expected a number from 1 to 247" };
  },
};

const id: Question = {
  id: "id",
  option: "--id NAME",
  text: "Name of the device",
  help: ["Unique here; servers see it as the first part of its paths: /meter-1/3/0/0."],
  applies: ({ answers }) => answers.get("kind") !== "none",
  proposal(known) {
    const { answers, facts } = known;
    const picked = pickedOf(known);
    const number = answers.get("unit") ?? picked?.parameters.find(([name]) => name === "unit_id")?.[1];
    const base = picked?.id ?? [answers.get("mapping"), number].filter(Boolean).join("-");
    return idOf(base, new Set(facts.deviceIds));
  },
  check(text, { facts }) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)) {
      return { wrong: 'expected letters, digits, "-", "_" and ".", 64 at most' };
    }
    return facts.deviceIds.includes(text) ? { wrong: `there is a device "${text}" already` } : { value: text };
  },
};

const plausible: Question = {
  id: "plausible",
  option: "--yes",
  text: "Does it look right (y, or < to go back)",
  help: ["Compare with the device's display: a wrong mapping shows numbers, too, only not these."],
  applies: ({ answers, facts }) => answers.get("kind") !== "none" && facts.watches,
  proposal: ({ facts }) => (facts.valuesCame === true ? "y" : undefined),
  check(text, { facts }) {
    if (/^y(es)?$/i.test(text)) return { value: "y" };
    const none = facts.valuesCame === true ? "" : "no value has come; ";
    return { wrong: `${none}y goes on all the same, < goes back, q ends without a file written` };
  },
};

const save: Question = {
  id: "save",
  option: "--yes",
  text: "Write this (y/n)",
  help: ["Until now nothing is written."],
  applies: () => true,
  proposal: () => "y",
  check(text) {
    if (/^y(es)?$/i.test(text)) return { value: "y" };
    return { wrong: "y writes it, < goes back, q ends without a file written" };
  },
};

const reload: Question = {
  id: "reload",
  option: "--no-reload",
  text: "A gateway runs with this configuration: shall it take it now (y/n)",
  help: ["Devices that stay as they were are not disturbed; servers under servers: are new at the next start only."],
  applies: ({ facts }) => facts.runs,
  proposal: () => "y",
  check: (text) => (/^(?:y(?:es)?|no?)$/i.test(text) ? { value: text.charAt(0).toLowerCase() } : { wrong: "y or n" }),
};

/** By id; the order is the wizard's. */
export const QUESTIONS: Readonly<Record<QuestionId, Question>> = {
  server,
  endpoint,
  psk,
  identity,
  key,
  layout: layoutQuestion,
  kind: kindQuestion,
  place: placeQuestion,
  line: lineQuestion,
  user,
  password,
  scan: scanQuestion,
  pick,
  mapping: mappingQuestion,
  unit,
  params: paramsQuestion,
  id,
  plausible,
  save,
  reload,
};

function isSecured(answers: Known["answers"]): boolean {
  return (answers.get("server") ?? "").toLowerCase().startsWith("coaps:");
}
