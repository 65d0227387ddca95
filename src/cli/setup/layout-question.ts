/** How the server is shown the devices: most servers of today open no prefix, and would show nothing of a device. */
import { LAYOUTS } from "../../config/types.ts";
import type { Question } from "./question.ts";

/** In the order of the list that is shown; the first is what fits a server of which nobody knows. */
const CHOICES: readonly (readonly [(typeof LAYOUTS)[number], string])[] = [
  ["auto", "nobody knows: as instances, until the server asks for a prefix"],
  ["instances", "it knows one client with many sensors: /3303/0/5700, /3303/1/5700"],
  ["clients", "each device is a client of its own there"],
  ["gateway", "it knows gateways, object 25: /meter-1/3303/0/5700"],
];

export const layoutQuestion: Question = {
  id: "layout",
  option: "--layout NAME",
  text: "How the server is to see the devices (a number or a name)",
  help: [
    "LwM2M 1.2 shows devices behind a gateway by prefixes, which few servers open today.",
    "docs/servers.md says what servers are known to want, docs/layouts.md what each layout is. It can be changed in the file later.",
  ],
  applies: ({ facts }) => facts.isNew,
  choices: () => CHOICES.map(([name, text]) => `${name}: ${text}`),
  proposal: () => "auto",
  check(text, { answers }) {
    const name = /^\d$/.test(text) ? CHOICES[Number(text) - 1]?.[0] : LAYOUTS.find((each) => each === text);
    if (name === undefined) return { wrong: `expected a number from 1 to 4, or ${LAYOUTS.join(", ")}` };
    const isSecured = /^coaps/i.test(answers.get("server") ?? "");
    return name === "clients" && isSecured
      ? { wrong: "over coaps:// clients have a key each, which setup does not make: docs/security.md" }
      : { value: name };
  },
};
