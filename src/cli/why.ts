import type { Why, WhyFinding, WhyStep } from "../gateway/views/why/why.ts";
import { table } from "../table.ts";
import { SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { askedWhy } from "./device-asked.ts";

/** The first command where something is not there. */
export const why: Command = {
  name: "why",
  summary: "Tells why a device is offline, or a value is bad or does not arrive, and what to do about it.",
  positionals: "ID|PATH",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the steps as JSON." },
  },
  async run(args) {
    const [subject, surplus] = args.positionals;
    if (subject === undefined) throw new UsageError("why what? expected the id of a device, or a path");
    if (surplus !== undefined) throw new UsageError(`one at a time: "${surplus}" is too much`);
    const told = await askedWhy(args, subject);
    const text = args.flag("json") ? JSON.stringify(told, undefined, 2) : whyText(told).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  },
};

const MARKS: Readonly<Record<WhyFinding, string>> = { ok: "ok", doubt: "?", fault: "FAULT", unknown: "unknown" };

/** A line for each step, and the likeliest cause at the end. */
export function whyText({ subject, steps, cause }: Why): readonly string[] {
  const lines = table(steps.map(({ about, finding, looked, found }) => [MARKS[finding], about, looked, found]));
  return [
    ...steps.flatMap(({ finding, next }, i) => [
      lines[i] ?? "",
      ...(finding === "ok" || next === undefined ? [] : [`         next: ${next}`]),
    ]),
    "",
    cause === undefined
      ? `nothing is wrong with ${subject}, as far as the gateway knows`
      : `likeliest: ${causeOf(cause)}`,
    ...(cause?.next === undefined ? [] : [`try: ${cause.next}`]),
  ];
}

function causeOf({ looked, found }: WhyStep): string {
  return `${looked}: ${found}`;
}
